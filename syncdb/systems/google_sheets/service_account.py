"""The key file of the Google service account: everything that can be told about it without asking Google."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from syncdb.config.files import UnreadableFile, parse_json, read_text, readable_by_others
from syncdb.config.validators import base_url

_MAKE = "Make one in the Google Cloud console (IAM, Service accounts, Keys, Add key, JSON); docs/set-up.md shows how."


def check_key_file(file: Path, where: str) -> tuple[str, list[str], tuple[str, ...]]:
    """The account's e-mail address, what is wrong with `file`, and notices about it. `where` names the setting's place."""
    named = f"google_service_account_file = {str(file)!r} ({where})"
    doubled: list[str] = []
    try:
        data = parse_json(read_text(file), doubled)
    except FileNotFoundError:
        return "", [f"{named}: there is no such file. A relative path counts from the folder of the configuration. {_MAKE}"], ()
    except UnreadableFile as why:
        return "", [f"{named}: the file {str(why).rstrip('.')}. {_MAKE}"], ()
    reason = doubled[0] if doubled else _reason(data)
    if reason:
        return "", [f"{named}: {reason}"], ()
    return data["client_email"], [], readable_by_others(file)


def _reason(data: Any) -> str:
    """Why this is no usable key of a service account, or empty text. The member names are Google's (observed in key files)."""
    if not isinstance(data, dict):
        return f"the file is not the key of a service account. {_MAKE}"
    if "installed" in data or "web" in data:
        return f"the file is an OAuth client, not the key of a service account. {_MAKE}"
    if data.get("type") != "service_account":
        return f'the file has not "type": "service_account", so it is no service account\'s key. {_MAKE}'
    missing = [name for name in ("client_email", "private_key", "token_uri") if not _filled(data.get(name))]
    if missing:
        return f"the file lacks {' and '.join(missing)}; download the key again. {_MAKE}"
    if "-----BEGIN" not in data["private_key"] or "\n" not in data["private_key"].strip():
        return f"the file's private_key is damaged (its line breaks are part of it); download the key again. {_MAKE}"
    return _token_uri_reason(data["token_uri"])


def _token_uri_reason(uri: str) -> str:
    try:
        base_url(uri)
    except ValueError as why:
        return f"the file's token_uri {why}"
    return "" if urlsplit(uri).path else "the file's token_uri is not a whole address"


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
