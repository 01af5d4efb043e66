"""`init`: from nothing to a working configuration, by a few questions or by options. Every pair brings its own."""

import inspect
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from syncdb.cli.interview import Interview
from syncdb.cli.options import JsonOption, answering, chosen_pair
from syncdb.cli.output import Output
from syncdb.cli.prompts import ask, confirmed
from syncdb.config.writing import UnreadableFile, set_aside, write_config, write_secrets
from syncdb.errors import ConfigurationError, NeedsPerson
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.programs import MANAGER
from syncdb.systems.questions import Question


def init(
    pair: Annotated[
        str | None,
        typer.Option("--pair", metavar="PAIR", help=f"What to set up: {' or '.join(one.name for one in registry.PAIRS)}."),
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="PATH", help="The file to write (config.json).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a configuration; the old one is kept aside.")] = False,
    no_test: Annotated[bool, typer.Option("--no-test", help="Contact nobody; write the answers untried.")] = False,
    as_json: JsonOption = False,
    **options: str | None,
) -> None:
    """The command `init`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=True) as output:
        file = (config or Path.cwd() / "config.json").absolute()
        answers = {name: value for name, value in options.items() if value is not None}
        alone = as_json or not sys.stdin.isatty()
        _make_way(output, file, overwrite, alone)
        chosen = chosen_pair(pair) or _which(output, answers, alone)
        interview = Interview(output, chosen, file.parent, _given(chosen, answers), alone, not no_test)
        interview.hold()
        kept = _write(file, interview)
        _tell(output, file, interview, kept)


def _declare_options() -> None:
    """Give `init` an option for each question of each pair that has one; pairs share those of a system."""
    asked = _optional()
    kind = inspect.Parameter.KEYWORD_ONLY
    hints = {
        key: Annotated[str | None, typer.Option(question.option, metavar=question.metavar, help=f"{question.text}.")]
        for key, question in asked.items()
    }
    signature = inspect.signature(init)
    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    more = [inspect.Parameter(key, kind, default=None, annotation=hint) for key, hint in hints.items()]
    setattr(init, "__signature__", signature.replace(parameters=[*own, *more]))  # noqa: B010  a function's type has none
    init.__annotations__ = {name: hint for name, hint in init.__annotations__.items() if name != "options"} | hints


def _optional() -> dict[str, Question]:
    """The questions of all pairs that an option can answer, by setting."""
    topics = (topic for pair in registry.PAIRS for topic in pair.all_topics)
    return {question.key: question for topic in topics for question in topic.questions if question.option}


def _which(output: Output, answers: Mapping[str, str], alone: bool) -> PairType:
    """The pair to set up where none was named: the only one that has all the given options, else a person is asked.

    Nobody there to be asked: the first that has them.
    """
    fitting = [pair for pair in registry.PAIRS if all(name in _keys(pair) for name in answers)] or [registry.PAIRS[0]]
    if alone or len(fitting) == 1:
        return fitting[0]
    output.hint("What shall be kept in step?")
    for number, pair in enumerate(fitting, 1):
        output.hint(f"  {number}  {pair.about} ({pair.name})")
    names = {str(number): pair for number, pair in enumerate(fitting, 1)} | {pair.name: pair for pair in fitting}
    while (said := ask("Number or name [1]: ").strip() or "1") not in names:
        output.hint(f"{said[:40]!r} is none of them.")
    return names[said]


def _keys(pair: PairType) -> set[str]:
    return {key for topic in pair.all_topics for key in topic.keys}


def _given(pair: PairType, answers: Mapping[str, str]) -> dict[str, str]:
    """What need not be asked: options, then the environment. Raises ConfigurationError for an option of another pair."""
    others = [_optional()[name].option for name in answers if name not in _keys(pair)]
    if others:
        raise ConfigurationError(
            [f"{', '.join(others)}: {pair.name} has no such setting."], next_step="Leave it out, or name another --pair."
        )
    found = {key.name: os.environ[key.env] for key in registry.known_keys().all if not key.unfilled(os.environ.get(key.env))}
    return found | dict(answers)


def _make_way(output: Output, file: Path, overwrite: bool, alone: bool) -> None:
    """Ask before anything is replaced, and before anything else is asked."""
    if not file.parent.is_dir():
        raise ConfigurationError([f"The folder {file.parent} does not exist."], next_step="Make it first.")
    if not file.exists() or overwrite:
        return
    if alone:
        raise ConfigurationError([f"{file} is there already and was left as it is."], next_step="Give --overwrite to replace it.")
    confirmed(output, [f"{file} is there already. It would be kept as {file.name}.old."], "Make a new one?", yes=False)


def _write(file: Path, interview: Interview) -> Path | None:
    """Both files; the name under which an old configuration is kept. Raises NeedsPerson where they cannot be written."""
    known = interview.known
    settings = {
        name: _as_json(known[name].check(interview.answers[name]), interview.answers[name])
        for name in interview.asked
        if name in interview.answers and not known[name].secret
    } | _kept_of(interview)
    secrets = {name: interview.answers.get(name) for name in interview.asked if known[name].secret}
    try:
        kept = set_aside(file) if file.exists() else None
        write_secrets(file.parent / ".env", secrets, registry.known_keys())
        write_config(file, settings)
    except (OSError, UnreadableFile) as error:
        raise NeedsPerson(
            f"The configuration cannot be written: {error}.", next_step="Check the rights of the folder."
        ) from error
    return kept


def _kept_of(interview: Interview) -> dict[str, object]:
    """Settings that were given and are not asked for (an address to send requests to instead): without them a run would fail."""
    known = interview.known
    extra = [key.name for key in interview.pair.all_keys if key.name not in interview.asked and key.name in interview.given]
    return {
        name: _as_json(known[name].check(interview.given[name]), interview.given[name])
        for name in extra
        if not known[name].secret
    }


def _as_json(value: Any, raw: str) -> object:
    """A setting as it shall stand in the file: numbers and lists as such, all else as it was answered."""
    if isinstance(value, bool | int | dict):
        return value
    return list(value) if isinstance(value, tuple) else raw


def _tell(output: Output, file: Path, interview: Interview, kept: Path | None) -> None:
    if output.as_json:
        output.data(
            {
                "exit_code": 0,
                "pair": interview.pair.name,
                "config": str(file),
                "secrets": str(file.parent / ".env"),
                "kept": str(kept) if kept else None,
                **interview.facts,
                "tested": interview.test,
            }
        )
        return
    output.line(f"Written: {file} and {file.parent / '.env'} (secrets, readable by you only).")
    if kept:
        output.line(f"The old configuration is kept as {kept.name}.")
    if not interview.test:
        todo = "".join(f"{one}, then: " for one in interview.untried())
        output.line(f"Nothing was tried. {todo}{MANAGER} validate")
    output.line(f"What to do now: {interview.pair.run_command} --test   (shows what a first run would do, changes nothing)")


_declare_options()
