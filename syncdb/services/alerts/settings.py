"""Where messages go, from the configuration. Settings of a run that cannot be used do not keep people from being told of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.config.alerting import ALERTING
from syncdb.config.reading import read
from syncdb.config.serving import SERVING
from syncdb.connectors.alerts.mail import Mail
from syncdb.connectors.alerts.others import Others
from syncdb.connectors.alerts.outgoing import Way
from syncdb.connectors.alerts.webhook import Ping, Webhook
from syncdb.pairs import registry

OURS = frozenset(key.name for key in (*ALERTING, *SERVING))
LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """The ways to people by which messages go, the address that runs call, and when the digest is sent (a time of the day).

    `problems` are what keeps some of it from being used, without any secret.
    """

    ways: Sequence[Way] = ()
    ping: Ping | None = None
    digest: str = "off"
    digest_at: str = "07:00"
    link: str | None = None
    problems: Sequence[str] = ()
    secrets: Sequence[str] = field(default=(), repr=False)

    @property
    def anything(self) -> bool:
        """Whether anybody wants to be told at all."""
        return bool(self.ways or self.ping)


def alert_settings(config: Path | None, env: Mapping[str, str], directory: Path) -> AlertSettings:
    """What is configured; nothing is contacted."""
    reading = read((*ALERTING, *SERVING), registry.known_keys(), {}, env, directory, config)
    values = reading.values
    problems = [one for one in reading.problems if any(one.startswith(name) for name in OURS)]
    ways = [*_mail(values, problems), *_webhook(values, problems)]
    ways += [Others(values["alert_apprise"])] if values["alert_apprise"] else []
    return AlertSettings(
        ways,
        Ping(values["alert_ping_url"]) if values["alert_ping_url"] else None,
        values["alert_digest"] or "off",
        values["alert_digest_at"] or "07:00",
        values["web_url"],
        reading.hidden(problems),
        [one for key in ALERTING if key.secret for one in _texts(values[key.name])],
    )


def _mail(values: Mapping[str, Any], problems: list[str]) -> list[Way]:
    if not values["alert_mail_to"]:
        return []
    lacking = [name for name in ("alert_mail_from", "alert_smtp") if not values[name]]
    if lacking:
        problems.append(f"alert_mail_to is set, but not {' and '.join(lacking)}: no mail is sent.")
        return []
    (host, port), security = values["alert_smtp"], values["alert_smtp_security"]
    if security == "none" and host not in LOCAL:
        problems.append("alert_smtp_security = none is for a mail server on this computer only: no mail is sent.")
        return []
    login = (values["alert_smtp_user"], values["alert_smtp_password"])
    return [Mail(values["alert_mail_to"], values["alert_mail_from"], host, port, security, *login)]


def _webhook(values: Mapping[str, Any], problems: list[str]) -> list[Way]:
    if values["alert_webhook_url"]:
        return [Webhook(values["alert_webhook_url"], values["alert_webhook_secret"])]
    if values["alert_webhook_secret"]:
        problems.append("alert_webhook_secret is set, but not alert_webhook_url: nothing is sent there.")
    return []


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
