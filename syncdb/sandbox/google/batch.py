"""spreadsheets.batchUpdate: every request in order, all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from syncdb.sandbox.google.errors import Refusal, bad_field, invalid
from syncdb.sandbox.google.spreadsheet import Spreadsheet

Json = dict[str, Any]
MOST_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class Work:
    """What a request works on, and the account it comes from."""

    book: Spreadsheet
    actor: str


Handler = Callable[[Work, Json], Json]


def run(work: Work, requests: list[Json], handlers: dict[str, Handler]) -> list[Json]:
    """The replies, one each. Raises Refusal, with nothing applied, where one of the requests is refused."""
    if not requests:
        raise invalid("Must specify at least one request.")
    if len(requests) > MOST_REQUESTS:
        raise invalid("Cannot exceed 100000 requests in a single batch.")
    kept = work.book.kept()
    try:
        return [_one(work, i, request, handlers) for i, request in enumerate(requests)]
    except BaseException:
        work.book.come_back(kept)
        raise


def _one(work: Work, i: int, request: Json, handlers: dict[str, Handler]) -> Json:
    if len(request) != 1:
        raise invalid(f"Invalid requests[{i}]: exactly one kind of request must be set.")
    ((kind, body),) = request.items()
    if kind not in handlers:
        raise invalid(f"Invalid requests[{i}].{kind}: the sandbox does not implement this kind of request.")
    try:
        reply = handlers[kind](work, body or {})
    except Refusal as refusal:
        prefix = f"Invalid requests[{i}].{kind}: "
        raise Refusal(refusal.code, prefix + refusal.message, refusal.status, refusal.details) from None
    return {kind: reply} if reply is not EMPTY_REPLY else {}


EMPTY_REPLY: Json = {}


def field_names(mask: str | None, known: set[str]) -> list[str]:
    """The top-level names of a simple mask; "*" means all that are known. Raises Refusal for others."""
    if not mask:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    if mask == "*":
        return sorted(known)
    names = [name.strip().replace("/", ".") for name in mask.split(",")]
    for name in names:
        if name.split(".")[0] not in known:
            raise bad_field("fields", f"Invalid field: {name} (or not implemented in the sandbox)")
    return names


def check_known(body: Json, known: set[str]) -> None:
    """Raises Refusal for members that are not implemented, rather than leaving them out silently."""
    unknown = body.keys() - known
    if unknown:
        raise invalid(f"the sandbox does not implement {', '.join(sorted(unknown))}")
