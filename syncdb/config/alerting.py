"""The settings of alerts: where messages go, and when the digest is sent."""

import re
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


def mail_address(raw: Any) -> str:
    """One plain address: it becomes a header and a command of SMTP."""
    value = validators.text(raw)
    if not _MAIL.fullmatch(value):
        raise ValueError("must be an address such as orders@example.com")
    return value


def mail_addresses(raw: Any) -> tuple[str, ...]:
    """Some of them."""
    return tuple(mail_address(one) for one in validators.name_list(raw))


def mail_server(raw: Any) -> tuple[str, int | None]:
    """A host, with its port where it is not the usual one."""
    value = validators.text(raw)
    found = re.fullmatch(r"([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?", value)
    if not found or (found[2] and not 0 < int(found[2]) < 65536):
        raise ValueError("must be a host such as smtp.example.com, or with its port smtp.example.com:587")
    return found[1].strip("[]"), int(found[2]) if found[2] else None


def address(raw: Any) -> str:
    """An address to send to: https, or http to this computer. It may hold what lets one in, so it is never shown."""
    value = validators.secret(raw)
    plain, _, query = value.partition("?")
    validators.base_url(plain)
    return value.rstrip("/") if not query else value


def day_time(raw: Any) -> str:
    """A time of the day."""
    value = validators.text(raw)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("must be a time such as 07:00")
    return value


def addresses_of_others(raw: Any) -> tuple[str, ...]:
    """Addresses that Apprise understands, such as slack://... or ntfy://..."""
    found = validators.name_list(raw)
    if not all("://" in one for one in found):
        raise ValueError("must be addresses of Apprise, such as ntfy://topic or slack://...")
    return found


ALERTING: tuple[Key, ...] = (
    Key(
        "alert_mail_to", "ALERT_MAIL_TO", mail_addresses, None,
        "To whom alerts are mailed; several with commas. Needs `alert_mail_from` and `alert_smtp`.",
    ),
    Key("alert_mail_from", "ALERT_MAIL_FROM", mail_address, None, "The sender's address of these mails."),
    Key("alert_smtp", "ALERT_SMTP", mail_server, None, "The mail server: `smtp.example.com` or `smtp.example.com:587`."),
    Key(
        "alert_smtp_security", "ALERT_SMTP_SECURITY", validators.one_of("starttls", "tls", "none"), "starttls",
        "How the mail server is spoken to: `starttls` (port 587), `tls` (port 465), or `none` on this computer (port 25).",
    ),
    Key("alert_smtp_user", "ALERT_SMTP_USER", validators.text, None, "The user at the mail server. Left out: no login."),
    Key("alert_smtp_password", "ALERT_SMTP_PASSWORD", validators.text, None, "That user's password.", secret=True),
    Key(
        "alert_webhook_url", "ALERT_WEBHOOK_URL", address, None,
        "An address of yours that alerts are sent to as JSON; it may hold a token, so it is kept as a secret.", secret=True,
    ),
    Key(
        "alert_webhook_secret", "ALERT_WEBHOOK_SECRET", validators.long_secret, None,
        "What these are signed with; at least 20 characters. Left out: they are not signed.", secret=True,
    ),
    Key(
        "alert_ping_url", "ALERT_PING_URL", address, None,
        "An address that each run calls at its start (`/start`) and with its exit code at its end, such as that of a check of "
        "Healthchecks, which raises the alarm when runs stay away.", secret=True,
    ),
    Key(
        "alert_apprise", "ALERT_APPRISE", addresses_of_others, None,
        "Where else Apprise shall send alerts (`slack://...`, `ntfy://...`); several with commas. Needs the extra `apprise`.",
        secret=True,
    ),
    Key(
        "alert_digest", "ALERT_DIGEST", validators.one_of("daily", "weekly", "off"), "daily",
        "What is sent when all is well: `daily` (of each day on which something happened, and each week), `weekly`, or `off`.",
    ),
    Key("alert_digest_at", "ALERT_DIGEST_AT", day_time, "07:00", "When the digest is sent, in the shop's time zone."),
)  # fmt: skip
