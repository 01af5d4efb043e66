"""Grist as a system: its settings."""

import re
from typing import Any
from urllib.parse import urlsplit

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.config.validators import text
from syncdb.systems.base import System
from syncdb.systems.questions import Question, Topic


def document_id(raw: Any) -> str:
    """A Grist document's id or name as it is, or the id in its address (`/doc/ID`, `/ID/Name`, with or without `/o/team`)."""
    value = text(raw)
    if not re.match(r"https?://", value, re.IGNORECASE):
        return value
    parts = [part for part in urlsplit(value).path.split("/") if part]
    if parts[:1] == ["o"]:
        parts = parts[2:]
    if parts[:1] == ["doc"]:
        parts = parts[1:]
    if not parts or not re.fullmatch(r"[A-Za-z0-9]{6,}", parts[0]):
        raise ValueError("must be a document's id or its address (https://docs.getgrist.com/.../...)")
    return parts[0]


GRIST = System(
    name="grist",
    title="Grist",
    keys=(
        Key(
            "grist_server", "GRIST_SERVER", validators.base_url, "https://docs.getgrist.com",
            "The Grist server: the hosted one, a team's own address there, or your own. https, or http to this computer.",
        ),
        Key(
            "grist_api_key", "GRIST_API_KEY", validators.secret, None,
            "API key of the Grist account (Profile settings, API) or service account that works in the document.",
            needed="Make one in Grist: Profile settings, API.", template="your-grist-key", secret=True,
        ),
        Key(
            "grist_calls_per_month", "GRIST_CALLS_PER_MONTH", validators.whole(100, 10_000_000), None,
            "How many requests a calendar month (UTC) Grist may be sent; hosted plans have a limit. Left out: no limit.",
        ),
        Key(
            "grist_webhook_token", "GRIST_WEBHOOK_TOKEN", validators.long_secret, None,
            "What the document's webhooks give as Authorization; at least 20 characters. Left out: none are let in.",
            template="your-webhook-token", secret=True,
        ),
    ),
    calls_by="grist_calls_per_month",
    topics=(
        Topic(
            "grist",
            (
                Question(
                    "grist_server", "The Grist server", "https://docs.getgrist.com", option="--server", metavar="ADDRESS",
                ),
                Question("grist_api_key", "API key"),
            ),
            "A way into Grist. Log in, open Profile settings (the picture at the top right), API, Create. Whoever the key "
            "belongs to must be an Editor of the document. docs/grist.md has every step.",
        ),
    ),
)  # fmt: skip
