"""What Sentos refused, in words for the person who can mend it."""

from collections.abc import Mapping
from typing import Any

from syncdb.errors import Refused
from syncdb.http import redact
from syncdb.programs import MANAGER

MOST = 300  # characters of its words that a message repeats


class Declined(Refused):
    """Sentos answered a request with a refusal: nothing of it was applied. `said` are its own words."""

    def __init__(self, status: int, body: object) -> None:
        self.status = status
        self.said = said_in(body) or f"HTTP status {status}"
        super().__init__(f"Sentos refused the request: {self.said}", next_step="Run it again with -v and look at the log.")


def errors_in(body: object) -> Any:
    """What an answer names as errors; None where that is empty ([], {} and null all mean so)."""
    found = body.get("errors") if isinstance(body, Mapping) else None
    return found or None


def said_in(body: object) -> str:
    """Message and errors of an answer as one sentence, without secrets and without halves of characters."""
    if not isinstance(body, Mapping):
        return ""
    message, errors = body.get("message"), errors_in(body)
    parts = [str(message)] if isinstance(message, str) and message else []
    if isinstance(errors, Mapping):
        parts += [f"{name}: {_flat(why)}" for name, why in errors.items()]
    elif errors is not None:
        parts.append(_flat(errors))
    return redact("; ".join(parts)).encode("utf-8", "replace").decode("utf-8")[:MOST]


def _flat(why: object) -> str:
    return ", ".join(map(str, why)) if isinstance(why, list) else str(why)


def explained(status: int, place: str, scheme: str) -> Refused:
    """The failure to raise where the login or the address is not accepted."""
    if status == 404:
        return Refused(
            f"Nothing answers as Sentos at {place} (status 404). Nothing was changed.",
            next_step="Check sentos_api_url: in the panel it stands beside the API key (API Url), https://COMPANY.sentos.com.tr/api.",
        )
    return Refused(
        f"Sentos does not accept the login ({scheme}, status {status}). Nothing was changed.",
        next_step="Check sentos_api_key and sentos_api_secret (panel: API Anahtar, API Şifre). If they are right, "
        f"{MANAGER} sentos detect finds out which way of logging in works.",
    )
