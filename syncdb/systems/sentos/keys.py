"""Sentos as a system: its settings."""

import json
from typing import Any
from urllib.parse import urlsplit

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.connectors.sentos.schemes import SCHEMES
from syncdb.systems.base import System
from syncdb.systems.questions import Question, Topic


def api_url(raw: Any) -> str:
    """The address of an account's API. Without a path it is completed: the panel shows it with /api."""
    value = validators.base_url(raw)
    return f"{value}/api" if urlsplit(value).path in ("", "/") else value


def warehouses(raw: Any) -> dict[int, str]:
    """Which warehouses count, and the shop's location that each goes to (empty: the shop's only one).

    An object or its JSON ({"1": "Main street"}), a list of numbers, or text like `1=Main street,2=Main street`.
    """
    if isinstance(raw, str):
        raw = json.loads(raw) if raw.lstrip().startswith(("{", "[")) else _pairs(raw)
    if isinstance(raw, list | int) and not isinstance(raw, bool):
        raw = dict.fromkeys(raw if isinstance(raw, list) else [raw], "")
    if not isinstance(raw, dict) or not raw:
        raise ValueError('must name warehouses by number, such as {"1": "Main street"}')
    found: dict[int, str] = {}
    for number, location in raw.items():
        if isinstance(number, bool) or not str(number).strip().isdecimal() or not isinstance(location, str | None):
            raise ValueError('must name warehouses by number, each with the name of a location, such as {"1": "Main street"}')
        found[int(str(number))] = (location or "").strip()
    return found


def _pairs(text: str) -> dict[str, str]:
    parts = [part.partition("=") for part in text.split(",") if part.strip()]
    return {number.strip(): location.strip() for number, _, location in parts}


SENTOS = System(
    name="sentos",
    title="Sentos",
    counts_requests=True,
    keys=(
        Key(
            "sentos_api_url", "SENTOS_API_URL", api_url, None,
            "The address of the API as the panel of Sentos shows it (API Url): https://COMPANY.sentos.com.tr/api.",
            needed="It stands in the panel of Sentos, beside the API key.", template="https://your-company.sentos.com.tr/api",
        ),
        Key(
            "sentos_api_key", "SENTOS_API_KEY", validators.secret, None, "The API key (API Anahtar).",
            needed="It stands in the panel of Sentos.", template="your-sentos-key", secret=True,
        ),
        Key(
            "sentos_api_secret", "SENTOS_API_SECRET", validators.secret, None, "The API password (API Şifre).",
            needed="It stands in the panel of Sentos.", template="your-sentos-secret", secret=True,
        ),
        Key(
            "sentos_auth", "SENTOS_AUTH", validators.one_of(*SCHEMES), "basic",
            "How to log in: `basic`, and if Sentos refuses that, what `sync_manager.py sentos detect` found.",
        ),
    ),
    topics=(
        Topic(
            "sentos",
            (
                Question("sentos_api_url", "The API's address (API Url)", option="--sentos-url", metavar="ADDRESS"),
                Question("sentos_api_key", "API key (API Anahtar)"),
                Question("sentos_api_secret", "API password (API Şifre)"),
            ),
            "A way into Sentos. In its panel, copy API Url, API Anahtar and API Şifre.",
        ),
    ),
)  # fmt: skip
