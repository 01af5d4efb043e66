"""`alerts`: what people are told of at the moment, a message to try it, and silence."""

import os
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.cli.output import Output
from syncdb.clock import SYSTEM
from syncdb.errors import ConfigurationError, Exit
from syncdb.services.alerts.alerting import Alerting, alerting
from syncdb.services.alerts.overview import AlertsOverview, alerts_overview, as_data, silence
from syncdb.services.alerts.trial import Tried, tried
from syncdb.services.calendar import Calendar
from syncdb.values import iso


class Act(StrEnum):
    """What to do."""

    list = "list"
    test = "test"
    silence = "silence"


def alerts(
    act: Annotated[Act, typer.Argument(metavar="list|test|silence", help="What to do.")],
    what: Annotated[
        str | None, typer.Argument(metavar="WHAT", help="For silence: a code that list shows, PAIR/CODE, or all.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="For silence: until when; `now` ends it (default: a day).")
    ] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `alerts`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=act is not Act.list) as output:
        about = alerting(config, db, os.environ, Path.cwd())
        if act is Act.list:
            _list(output, about)
        elif act is Act.silence:
            _silence(output, about, what, until)
        else:
            _test(output, about)


def _test(output: Output, about: Alerting) -> None:
    """Exit code 4 where one way did not take it."""
    found = tried(about, SYSTEM.now())
    code = Exit.DONE if all(one.error == "" for one in found) else Exit.REMOTE
    if output.as_json:
        told = [{"way": one.way, "arrived": one.error == "", "error": one.error} for one in found]
        output.data({"exit_code": int(code), "ways": told})
    else:
        for one in found:
            output.line(_sentence(one))
    raise typer.Exit(int(code))


def _sentence(one: Tried) -> str:
    return f"{one.way}: {f'not sent, {one.error}' if one.error else 'sent'}."


def _silence(output: Output, about: Alerting, what: str | None, until: str | None) -> None:
    now = SYSTEM.now()
    if what is None:
        raise ConfigurationError(["alerts silence: of what? Nothing was changed."], next_step="Name a code, PAIR/CODE, or all.")
    end = _moment(until, now)
    silence(about.path, what, end, "", now)
    text = f"Nobody is told of {what} until {iso(end)}." if end > now else f"People are told of {what} again."
    if output.as_json:
        output.data({"exit_code": 0, "what": what, "until": iso(end), "done": text})
    else:
        output.line(text)


def _moment(until: str | None, now: datetime) -> datetime:
    if until is None:
        return now + timedelta(days=1)
    if until == "now":
        return now
    try:
        return datetime.fromisoformat(until).astimezone()
    except (ValueError, OverflowError):
        raise ConfigurationError(
            [f"--until {until[:40]}: this is no date. Nothing was changed."],
            next_step="Write 2026-12-01, 2026-12-01T18:00 (of this computer's clock), or now.",
        ) from None


def _list(output: Output, about: Alerting) -> None:
    found = alerts_overview(about, SYSTEM.now())
    if output.as_json:
        data: dict[str, Any] = {"exit_code": 0, **as_data(found)}
        output.data(data)
        return
    _tell(output, found, Calendar.of(None, SYSTEM.now()))


def _tell(output: Output, found: AlertsOverview, calendar: Calendar) -> None:
    output.line("Nothing needs to be told." if not found.firing else f"People are told of {len(found.firing)}:")
    for one in found.firing:
        said = f"silenced until {iso(one.silenced_until)}" if one.silenced_until else f"since {calendar.ago(iso(one.first_at))}"
        where = f"{one.pair}/{one.code}" if one.pair else one.code
        output.points([[f"{where} ({said}): {one.message}", f"What to do: {one.remedy}"]])
    output.line(f"Told by: {', '.join(found.ways) or 'nobody is told; docs/alerts.md says how'}.")
    for failing in found.failing:
        output.line(f"{failing.messages} by {failing.channel} did not arrive: {failing.error}")
    for problem in found.problems:
        output.line(problem)
    for quiet in found.silences:
        output.line(f"Silence about {quiet.what} until {iso(quiet.until)}.")
