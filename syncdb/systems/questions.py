"""What somebody who sets a pair up is asked: declared by systems and pairs, asked by the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.systems.check import Check


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


@dataclass(frozen=True, slots=True)
class Topic:
    """Questions that belong together: what they are about is explained, they are asked, and then the answers are tried.

    `name` is what a pair tries the answers under. `shown` is a line below the explanation and `untried` what is left to do where
    nothing was tried; both are filled with what earlier answers brought to light (`{share_with}`). `must`: an answer that does
    not work is not kept. `offline`: trying contacts nobody, so it is always done.
    """

    name: str
    questions: tuple[Question, ...]
    explained: str = ""
    shown: str = ""
    untried: str = ""
    must: bool = False
    offline: bool = False

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
        return replace(self, name=f"{instance} {self.name}", questions=tuple(questions))


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying the answers of a topic, and what was learned that later topics and the user need, by name."""

    checks: Sequence[Check]
    facts: Mapping[str, str] = field(default_factory=dict)


LOOK_BACK = Topic(
    "look back",
    (Question("lookback_days", "How many days back the first run looks", "30", option="--lookback-days", metavar="N"),),
)
