"""What a single setting may hold. Each check takes the value as it was given and returns it in its type.

A value comes as text (environment, `.env`, command line) or as whatever JSON holds. A check raises ValueError with the half
sentence that goes on after the setting's name: "must be ...". It never repeats the value, which may be a secret.
"""

import ipaddress
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any], Any]

_YES = {"true", "yes", "on", "1"}
_NO = {"false", "no", "off", "0"}


def text(raw: Any) -> str:
    """One line of text, without the blanks around it."""
    if not isinstance(raw, str):
        raise ValueError("must be text")
    value = raw.strip()
    if not value:
        raise ValueError("must not be empty")
    if any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise ValueError("must be one line of ordinary text, without control characters")
    return value


def secret(raw: Any) -> str:
    """A token or password: visible ASCII characters only, because it travels in a header."""
    value = text(raw)
    if not all("!" <= c <= "~" for c in value):
        raise ValueError("must not contain blanks or letters outside ASCII; copy it again")
    return value


def long_secret(raw: Any) -> str:
    """A secret of one's own making that nobody can guess."""
    value = secret(raw)
    if len(value) < 20:
        raise ValueError(
            "must have at least 20 characters (python -c 'import secrets; print(secrets.token_urlsafe(24))' makes one)"
        )
    return value


def whole(low: int, high: int) -> Check:
    """A check for a whole number from `low` to `high`."""

    def check(raw: Any) -> int:
        must = f"must be a whole number from {low} to {high}"
        if isinstance(raw, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", raw):
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            raise ValueError(must)
        return raw

    return check


def one_of(*choices: str) -> Check:
    """A check for one of a few words."""

    def check(raw: Any) -> str:
        if raw not in choices and not (isinstance(raw, str) and raw.strip() in choices):
            raise ValueError("must be " + " or ".join(choices))
        return str(raw).strip()

    return check


def flag(raw: Any) -> bool:
    """Yes or no: true or false in JSON, also yes, no, on, off, 1 and 0 as text."""
    word = raw.strip().lower() if isinstance(raw, str) else raw
    if word is True or (isinstance(word, str) and word in _YES):
        return True
    if word is False or (isinstance(word, str) and word in _NO):
        return False
    raise ValueError("must be true or false")


def path(raw: Any) -> Path:
    """The path of a file, `~` being the home folder. A relative one is completed later."""
    try:
        return Path(text(raw)).expanduser()
    except RuntimeError:
        raise ValueError("begins with ~, but this account has no home folder; write the whole path") from None


def base_url(raw: Any) -> str:
    """The address requests are sent to instead of the real one: https, or http to this computer only."""
    value = text(raw).rstrip("/")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://proxy.example.com, without a user name, ? or #")
    if parts.scheme == "http" and not _this_computer(host):
        raise ValueError("must begin with https:// (tokens would travel readable; http:// is for this computer only)")
    return value


def _this_computer(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def json_object(raw: Any) -> Any:
    """An object, or its text as JSON. What is in it is somebody else's business."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise ValueError("must be an object; this is not valid JSON") from None
    if not isinstance(raw, dict):
        raise ValueError("must be an object")
    return raw


def name_list(raw: Any) -> tuple[str, ...]:
    """A list of names, or names separated by commas."""
    raw = column_list(raw)
    names = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("must be a list of names")
    return tuple(name.strip() for name in names if name.strip())


def column_list(raw: Any) -> Any:
    """A list of columns. As text it may be JSON or names separated by commas; what the names mean is the mapping's business."""
    if not isinstance(raw, str) or not raw.lstrip().startswith("["):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("must be a list of columns; this is not valid JSON") from None
