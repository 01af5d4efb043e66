"""What people are told of at the moment, by which ways, what did not arrive, and about what there is silence."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from syncdb.ledger.web import alerts
from syncdb.ledger.web.alerts import Failing, Firing, Silence
from syncdb.services.alerts.alerting import Alerting
from syncdb.services.alerts.decisions import silenced
from syncdb.values import iso


@dataclass(frozen=True, slots=True)
class Alert:
    """A trouble that is not over. `told_at` None: nobody was told yet. `sent` counts what was, reminders included."""

    key: str
    pair: str
    code: str
    message: str
    remedy: str
    first_at: datetime
    told_at: datetime | None
    sent: int
    silenced_until: datetime | None


@dataclass(frozen=True, slots=True)
class AlertsOverview:
    """`ways` are those that are configured; `problems` what keeps others from being used."""

    firing: Sequence[Alert]
    failing: Sequence[Failing]
    silences: Sequence[Silence]
    ways: Sequence[str]
    problems: Sequence[str]


def alerts_overview(about: Alerting, now: datetime) -> AlertsOverview:
    """How it stands. Raises LedgerUnusable and LedgerBusy."""
    names = [one.name for one in about.settings.ways] + (["ping"] if about.settings.ping else [])
    if not os.path.exists(about.path):
        return AlertsOverview((), (), (), names, about.settings.problems)
    kept = alerts.kept(about.path, now)
    firing = [_alert(one, silenced(one.trouble, kept.silences)) for one in kept.firing.values()]
    return AlertsOverview(firing, alerts.failing(about.path), kept.silences, names, about.settings.problems)


def silence(path: Path, what: str, until: datetime, by: str, now: datetime) -> None:
    """Tell nobody of a code, a pair with a code (PAIR/CODE), or of "all", until then; a moment that is past lifts it."""
    alerts.silence(path, what, until, by, now)


def as_data(found: AlertsOverview) -> dict[str, Any]:
    """For scripts; the names are documented in docs/alerts.md."""
    return {
        "firing": [asdict(one) | _moments(asdict(one), "first_at", "told_at", "silenced_until") for one in found.firing],
        "failing": [asdict(one) | {"since": iso(one.since)} for one in found.failing],
        "silences": [{"what": one.what, "until": iso(one.until), "by": one.by} for one in found.silences],
        "ways": list(found.ways),
        "problems": list(found.problems),
    }


def _moments(data: dict[str, Any], *names: str) -> dict[str, str | None]:
    return {name: iso(data[name]) if data[name] else None for name in names}


def _alert(one: Firing, quiet: Silence | None) -> Alert:
    trouble, sent = one.trouble, (1 + one.reminders) if one.told_at else 0
    until = quiet.until if quiet else None
    return Alert(trouble.key, trouble.pair, trouble.code, trouble.message, trouble.remedy, one.first_at, one.told_at, sent, until)
