"""A message to see whether messages arrive: sent at once by each way, and kept nowhere."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from syncdb.connectors.alerts.outgoing import NotDelivered, Outgoing
from syncdb.errors import ConfigurationError
from syncdb.logs import LogRedaction
from syncdb.services.alerts.alerting import Alerting
from syncdb.values import iso

HOW = "docs/alerts.md has every step."


@dataclass(frozen=True, slots=True)
class Tried:
    """A way, and why it did not take the message; empty where it did."""

    way: str
    error: str


def tried(about: Alerting, now: datetime) -> list[Tried]:
    """What became of it on each way. Raises ConfigurationError where there is none that could be used."""
    settings = about.settings
    if settings.problems or not settings.anything:
        problems = settings.problems or ["Nobody is told of anything: neither alert_mail_to nor another way is set."]
        raise ConfigurationError(list(problems), next_step=HOW)
    text = "This is a test. Messages of syncdb arrive here.\n"
    message = Outgoing(f"test-{int(now.timestamp())}", "[syncdb] A test", text, {"kind": "test", "at": iso(now)})
    hidden = LogRedaction(settings.secrets)
    found = [Tried(one.name, hidden(_why(partial(one.send, message)))) for one in settings.ways]
    if settings.ping is not None:
        # a start without an end would raise an alarm
        found.append(Tried("ping", hidden(_why(partial(settings.ping.ended, 0)))))
    return found


def _why(send: Callable[[], None]) -> str:
    try:
        send()
    except NotDelivered as why:
        return str(why)
    return ""
