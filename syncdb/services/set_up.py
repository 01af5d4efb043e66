"""Setting a pair up without a terminal: its questions, what is known of the answers, trying them, and keeping them.

Secrets go into the encrypted store, all else into the configuration file. What is stored is never told again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from syncdb.config.keys import GENERAL, Key
from syncdb.config.reading import Reading, read
from syncdb.config.secret_store import SecretStore, last4
from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.services.config_changes import ConfigChanges
from syncdb.systems.check import Check, CheckState
from syncdb.systems.questions import Question, Topic, Tried

PATIENCE = 10  # seconds for which a system is asked while somebody waits


@dataclass(frozen=True, slots=True)
class Asking:
    """One question as it is asked now. `value` is the present answer, or the one that is usual; never that of a secret.

    `known` says that a secret is there, `instead` is what the question is called with whose answer this one is needless.
    """

    question: Question
    key: Key
    value: str
    known: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of answering a topic: the checked answers by setting as they were given, and what is wrong with others.

    An empty answer takes away the one that was there.
    """

    given: Mapping[str, str]
    problems: Sequence[str] = ()


def in_labels(told: str, topic: Topic) -> str:
    """What is said of settings, by the words with which the topic asks for them."""
    for question in topic.questions:
        given = re.compile(rf"\b{re.escape(question.key)}(?: \([^()]*\))?:? (?=must|there)")
        told = re.sub(rf"\b{re.escape(question.key)}\b(?! = )", f'"{question.label}"', given.sub(f"{question.label} ", told))
    return told


@dataclass(slots=True)
class SetUp:
    """The set-up of one pair. `place` is the configuration that it changes."""

    pair: PairType
    place: ConfigChanges
    _reading: Reading = field(init=False)

    def __post_init__(self) -> None:
        place = self.place
        self._reading = read(self.pair.all_keys, registry.known_keys(), place.flags, place.env, place.folder, place.config)

    @property
    def topics(self) -> tuple[Topic, ...]:
        return self.pair.all_topics

    def asked(self, topic: Topic) -> list[Asking]:
        """The questions of a topic with what is known."""
        return [self._asking(question, topic) for question in topic.questions]

    def answered(self, topic: Topic) -> bool:
        """Whether everything that the topic needs is there."""
        return not any(self._lacking(question, {}) for question in topic.questions)

    def facts(self, topic: Topic) -> Mapping[str, str]:
        """What earlier answers bring to light without anybody being asked."""
        found: dict[str, str] = {}
        for one in self.topics[: self.topics.index(topic)]:
            if one.offline and self.answered(one):
                found |= self._tried(one, {}).facts
        return found

    def guarded(self, topic: Topic) -> bool:
        """Whether the password is asked for again: for secrets, and for what lets something be written."""
        editing = self.pair.load_implementation().editing
        switches = editing.switches if editing else {}
        return any(self._key(one).secret or one.key in switches for one in topic.questions)

    def judge(self, topic: Topic, form: Mapping[str, str]) -> Answered:
        """The answers as far as they were given; a secret that is left empty stays as it is."""
        given: dict[str, str] = {}
        problems = []
        for question in topic.questions:
            raw = form.get(question.key, "").strip()
            if not raw:
                if question.key in form and not self._key(question).secret and self._raw(question.key) is not None:
                    given[question.key] = ""
                continue
            try:
                self._key(question).check(raw)
            except ValueError as why:
                problems.append(f"{question.label} {why}.")
            else:
                given[question.key] = raw
        lacking = [question for question in topic.questions if not problems and self._lacking(question, given)]
        problems += [self._needed(question, topic) for question in lacking]
        return Answered(given, problems or list(self._unfit(topic, given)))

    def tried(self, topic: Topic, given: Mapping[str, str]) -> Sequence[Check]:
        """What comes of trying a topic with these answers; nothing where there is no way to try it."""
        found = [one for one in self._tried(topic, given).whole() if one.state is not CheckState.SKIPPED]
        return [replace(one, told=in_labels(one.told, topic), remedy=in_labels(one.remedy, topic)) for one in found]

    def keep(self, topic: Topic, given: Mapping[str, str], now: datetime) -> list[str]:
        """Keep answers, and say where, and what becomes of what they replace.

        Raises ConfigurationError where another place counts before that.
        """
        known = registry.known_keys().by_name
        secrets = {name: value for name, value in given.items() if known[name].secret}
        moved = {name: value for name, value in given.items() if name not in secrets and value != _text(self._raw(name))}
        plain = {name: _as_json(known[name], value) for name, value in moved.items()}
        self._refuse_from_environment(secrets)
        if plain:
            held = self.place.held()
            self.place.save(plain, {name: held.get(name) for name in plain}, now)
        store = SecretStore.of(self.place.file, self.place.env)
        for name, value in secrets.items():
            store.put(name, value, now)
        told = [f"{', '.join(plain)}: stored in {self.place.file.name}."] if plain else []
        told += [topic.replaced] if topic.replaced and any(self._raw(name) is not None for name in moved) else []
        return [*told, *([f"{', '.join(secrets)}: stored, encrypted."] if secrets else [])]

    def _key(self, question: Question) -> Key:
        return registry.known_keys().by_name[question.key]

    def _raw(self, name: str) -> Any:
        rank = self._reading.rank(name)
        return None if rank is None else self._reading.sources[rank].values[name]

    def _asking(self, question: Question, topic: Topic) -> Asking:
        key, raw = self._key(question), self._raw(question.key)
        instead = next((one.label for one in topic.questions if question.unless and one.key == question.unless), "")
        if key.secret:
            end = last4(raw) if isinstance(raw, str) else None
            known = f"set{f', ends in {end}' if end else ''} ({self._reading.where(key.name)})" if raw else ""
            return Asking(question, key, "", known, instead)
        return Asking(question, key, _text(raw) or question.default, "", instead)

    def _lacking(self, question: Question, given: Mapping[str, str]) -> bool:
        def there(name: str) -> bool:
            return bool(given[name]) if name in given else self._raw(name) is not None

        spared = bool(question.unless) and there(question.unless)
        idle = bool(question.given) and not there(question.given)
        usual = bool(question.default) and (not question.upload or (self.place.file.parent / question.default).exists())
        return question.needed and not usual and not there(question.key) and not spared and not idle

    def _needed(self, question: Question, topic: Topic) -> str:
        """That an answer is lacking, and what would do in its place."""
        others = [one.label for one in topic.questions if question.unless and one.key == question.unless]
        return f"{question.text}{f', or {others[0]} in its place' if others else ''}: this is needed."

    def _unfit(self, topic: Topic, given: Mapping[str, str]) -> Iterator[str]:
        """What the pair has against answers that are not tried otherwise: a name that there is not, for one."""
        if topic.name in self.pair.load_implementation().tries:
            return
        known = registry.known_keys().by_name
        try:
            self.place.usable([self.pair], {name: _as_json(known[name], value) for name, value in given.items()})
        except ConfigurationError as error:  # also for what other steps ask for; that is told there
            yield from (in_labels(one, topic) for one in error.problems if one.startswith(tuple(given)))

    def _tried(self, topic: Topic, given: Mapping[str, str]) -> Tried:
        attempt = self.pair.load_implementation().tries.get(topic.name)
        return attempt(self._so_far(given)) if attempt else Tried(())

    def _so_far(self, given: Mapping[str, str]) -> SimpleNamespace:
        """All settings as they would be; those that are not there by default."""
        values = dict(self._reading.values) | {"deadline_seconds": PATIENCE}
        for key in (*self.pair.all_keys, *GENERAL):
            if key.name in given:
                found = key.check(given[key.name]) if given[key.name] else key.default
                values[key.name] = self.place.file.parent / found if isinstance(found, Path) else found
        return SimpleNamespace(**values)

    def _refuse_from_environment(self, secrets: Mapping[str, str]) -> None:
        known = registry.known_keys().by_name
        if named := [known[name].env for name in secrets if not known[name].unfilled(self.place.env.get(known[name].env))]:
            raise ConfigurationError(
                [f"{', '.join(named)} stands in the environment and counts before what is stored. Nothing was changed."],
                next_step="Take it out of the environment, or change it there.",
            )


def _text(raw: Any) -> str:
    """An answer as it is typed."""
    return ", ".join(map(str, raw)) if isinstance(raw, list) else "" if raw is None else str(raw)


def _as_json(key: Key, raw: str) -> object:
    """A setting as it shall stand in the file: numbers, lists and switches as such, else as it was answered. None: not at all."""
    if not raw:
        return None
    value = key.check(raw)
    if isinstance(value, bool | int | dict):
        return value
    return list(value) if isinstance(value, tuple) else raw
