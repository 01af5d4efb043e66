"""What somebody who sets a pair up is asked: declared by systems and pairs, asked by the command line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.systems.check import Check, CheckState


@dataclass(frozen=True, slots=True)
class Question:
    """The question for one setting, named by `key`. An empty answer means `default`, or no answer where none is `needed`.

    It is not asked once the setting `unless` is answered, and only if `given` is. `option` answers it on the command line
    (`--shop`, shown with `metavar`); secrets have none, because other accounts can see a command line. `upload`: the answer is
    the path of a small text file, which can also be sent and is then kept under this name.
    """

    key: str
    text: str
    default: str = ""
    needed: bool = True
    unless: str = ""
    given: str = ""
    option: str = ""
    metavar: str = ""
    upload: str = ""

    @property
    def label(self) -> str:
        """What it asks for, without the remark behind it."""
        return self.text.partition(" (")[0].partition("; ")[0].partition(", ")[0]


@dataclass(frozen=True, slots=True)
class Topic:
    """Questions that belong together: what they are about is explained, they are asked, and then the answers are tried.

    `name` is what a pair tries the answers under. `shown` is a line below the explanation and `untried` what is left to do where
    nothing was tried; both are filled with what earlier answers brought to light (`{share_with}`). `must`: an answer that does
    not work is not kept. `offline`: trying contacts nobody, so it is always done.
    `writing` is explained in addition where the pair may write to the system, `reading` where it never does.
    `replaced` is said when an answer takes another one's place: what becomes of what was there.
    `called` is its name as a heading has it, where that is not the name with a capital.
    """

    name: str
    questions: tuple[Question, ...]
    explained: str = ""
    shown: str = ""
    untried: str = ""
    must: bool = False
    offline: bool = False
    writing: str = ""
    reading: str = ""
    replaced: str = ""
    called: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.called or self.name[:1].upper() + self.name[1:]

    @property
    def keys(self) -> tuple[str, ...]:
        """The settings that it asks for."""
        return tuple(question.key for question in self.questions)

    def of_instance(self, instance: str, names: Mapping[str, str]) -> "Topic":
        """The same questions for one of several instances of a system; `names` are what its settings are called there.

        Their options carry the instance's name.
        """
        questions = (
            replace(
                question,
                key=names[question.key],
                unless=names.get(question.unless, ""),
                given=names.get(question.given, ""),
                option=f"--{instance}-{question.option.removeprefix('--')}" if question.option else "",
            )
            for question in self.questions
            if question.key in names
        )
        return replace(self, name=f"{instance} {self.name}", questions=tuple(questions), called=f"{self.title}: {instance}")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying the answers of a topic, and what was learned that later topics and the user need, by name.

    `asked` contacts somebody, of a topic that is tried without: it is called where somebody waits for it and `checks` passed.
    """

    checks: Sequence[Check]
    facts: Mapping[str, str] = field(default_factory=dict)
    asked: Callable[[], Sequence[Check]] | None = None

    def whole(self) -> Sequence[Check]:
        """The checks, with what those who are asked say."""
        if self.asked is None or any(check.state is CheckState.FAILED for check in self.checks):
            return self.checks
        return [*self.checks, *self.asked()]


LOOK_BACK = Topic(
    "look back",
    (Question("lookback_days", "How many days back the first run looks", "30", option="--lookback-days", metavar="N"),),
)
