"""The questions of `init`: each answer is checked and tried before the next one is asked. What is asked, the pair declares."""

import getpass
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from syncdb.cli.output import Output
from syncdb.cli.prompts import ask, said_yes
from syncdb.config.keys import GENERAL, Key
from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.systems.check import Check, CheckState
from syncdb.systems.questions import Question, Topic


@dataclass(slots=True)
class Interview:
    """Answers by setting name. `given` came as options or from the environment and are not asked for.

    `facts` are what the answers brought to light, by name.
    """

    output: Output
    pair: PairType
    folder: Path
    given: dict[str, str]
    alone: bool = False  # nobody is there to answer
    test: bool = True
    answers: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def known(self) -> Mapping[str, Key]:
        return registry.known_keys().by_name

    @property
    def asked(self) -> tuple[str, ...]:
        """The settings that it asks for, in order."""
        return tuple(key for topic in self.pair.all_topics for key in topic.keys)

    def hold(self) -> None:
        """Ask everything. Raises ConfigurationError with all that is missing or wrong where nobody can be asked."""
        if self.alone:
            self._refuse_missing()
        for topic in self.pair.all_topics:
            if self.pair.explained(topic):
                self._explain(topic)
            self._ask_all(topic)
            while not self._works(topic):
                self._ask_all(topic)

    def _refuse_missing(self) -> None:
        """Name all that is lacking at once: nobody is there to be asked for one after the other."""
        lacking = [
            question
            for topic in self.pair.all_topics
            for question in topic.questions
            if question.needed
            and not question.default
            and question.key not in self.given
            and not (question.unless in self.given or (question.given and question.given not in self.given))
        ]
        if lacking:
            raise ConfigurationError(
                [
                    f"{question.key} is not given, and nobody is there to be asked. Give {self._way(question)}."
                    for question in lacking
                ]
            )

    def _way(self, question: Question) -> str:
        """How an answer is given where nobody is asked; secrets have no option."""
        variable = f"{self.known[question.key].env} in the environment"
        return f"{question.option} or {variable}" if question.option else variable

    def so_far(self) -> SimpleNamespace:
        """The answers so far as settings; all others as they are given or by default."""
        values = {}
        for key in (*self.pair.all_keys, *GENERAL):
            raw = self.answers.get(key.name) if key.name in self.asked else self.given.get(key.name)
            found = key.check(raw) if raw else key.default
            values[key.name] = self.folder / found if isinstance(found, Path) else found
        return SimpleNamespace(**values)

    def untried(self) -> list[str]:
        """What is left to do where nothing was tried."""
        return [topic.untried.format(**self.facts) for topic in self.pair.all_topics if topic.untried]

    def _ask_all(self, topic: Topic) -> None:
        for question in topic.questions:
            answered = question.unless in self.answers or (question.given and question.given not in self.answers)
            if not answered:
                self._ask(question)

    def _ask(self, question: Question) -> None:
        """Ask until the answer can be used. An answer from before is not asked for again."""
        key = self.known[question.key]
        while key.name not in self.answers:
            if key.name in self.given:
                raw, source = self.given[key.name], "given"
            elif self.alone:
                raw, source = self._unasked(question, key), "default"
            else:
                raw, source = self._line(question, key) or question.default, "typed"
            if not raw and not question.needed:
                return
            try:
                key.check(raw)
            except ValueError as why:
                told = f"{key.name} {why}."
                if source != "typed":
                    raise ConfigurationError([told]) from None
                self.output.hint(told)
            else:
                self.answers[key.name] = raw

    def _unasked(self, question: Question, key: Key) -> str:
        if question.needed and not question.default:
            raise ConfigurationError(
                [f"{key.name} is not given, and nobody is there to be asked."],
                next_step=f"Give {self._way(question)}.",
            )
        return question.default

    def _line(self, question: Question, key: Key) -> str:
        prompt = f"{question.text}{f' [{question.default}]' if question.default else ''}: "
        if key.secret and sys.stdin is sys.__stdin__:  # a real terminal: what is typed does not show
            return getpass.getpass(prompt).strip()
        return ask(prompt).strip()

    def _works(self, topic: Topic) -> bool:
        """Try what was answered and say what came of it; where it failed, whether the answers stay anyway."""
        attempt = self.pair.load_implementation().tries.get(topic.name)
        if attempt is None or not (self.test or topic.offline):
            return True
        tried = attempt(self.so_far())
        self.facts |= tried.facts
        checks = tried.whole() if self.test else tried.checks
        if not topic.offline or checks is not tried.checks:
            self._show(checks)
        bad = [check for check in checks if check.state is CheckState.FAILED]
        if not bad:
            return True
        told = (f"{check.told} {check.remedy}" if self.alone or topic.offline else check.remedy for check in bad)
        self._complain([problem.strip() for problem in told if problem])
        if not topic.must and said_yes("Keep these answers nevertheless?"):
            return True
        self._forget(topic.keys)
        return False

    def _show(self, checks: Sequence[Check]) -> None:
        for check in checks:
            told_with_the_remedy = self.alone and check.state is CheckState.FAILED
            if check.state is not CheckState.SKIPPED and not told_with_the_remedy:
                self.output.hint(f"  {check.state.value}: {check.name}: {check.told}")

    def _complain(self, problems: Sequence[str]) -> None:
        """Say what is wrong so that it can be answered anew; where nobody is there, that is the end."""
        if self.alone:
            raise ConfigurationError(problems, next_step="Correct it and run init again; --no-test writes it untried.")
        for problem in problems:
            self.output.hint(problem)

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            self.answers.pop(name, None)
            self.given.pop(name, None)

    def _explain(self, topic: Topic) -> None:
        if not self.alone:
            shown = [topic.shown.format(**self.facts)] if topic.shown else []
            for line in ["", *textwrap.wrap(self.pair.explained(topic), 79), *shown]:
                self.output.hint(line)
