"""What failed, by cause, and what to do. The same as `errors` and `retry`."""

import logging
import re
from dataclasses import replace
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError
from syncdb.ledger.queries import errors as ledger
from syncdb.ledger.queries.catalogue import Things
from syncdb.pairs import registry
from syncdb.programs import MANAGER
from syncdb.services.attention import Attention, failed_runs
from syncdb.services.error_closing import close_errors, concerned, message, names_of
from syncdb.services.jobs import RunWish
from syncdb.services.status import read_status
from syncdb.values import iso
from syncdb.web.access import Role, Way
from syncdb.web.asked import Look
from syncdb.web.pages.runs import STARTED
from syncdb.web.rendering import asked, back_to, page, site
from syncdb.wording import counted

NAMED = 20
_KEY = re.compile(r"gid://shopify/\w+/\d+(?:\?inventory_item_id=\d+)?")  # an id in a sentence
SINCE = "30d"
log = logging.getLogger("syncdb.web")


def errors() -> Response:
    """Open errors by cause, the runs that failed, and lately closed ones."""
    with site().looking(asked().now) as look:
        state = read_status(look.reader, look.place, asked().now)
        groups = [_group(one, look) for one in state.errors]
        begin = look.calendar.since(SINCE)
        assert begin is not None
        lately = [one for one in ledger.errors_since(look.reader, iso(begin)) if one["resolved_at"]]
        closed = [_group(one, look) for one in ledger.grouped(lately)]
        failed, age = [_without_this_page(one) for one in failed_runs(state)], look.age
        first = look.calendar.show(state.last_runs[-1]["started_at"]) if state.last_runs else ""
    held = sum(len(one["errors"]) for one in groups if one["held"])
    return page(
        "errors.html", "Errors", command="errors", age=age, groups=groups, closed=closed, failed=failed, held=held, first=first
    )


def _without_this_page(one: Attention) -> Attention:
    """What to do about a failed run, unless that is to look at what this page shows."""
    return replace(one, next_step="") if one.next_step.endswith(f"{MANAGER} errors") else one


def _group(group: ledger.Group, look: Look) -> dict[str, Any]:
    called, first = names_of(look.reader, group.errors), group.errors[0]
    told = message(first, called.get(first["error_id"], ""))
    names = Things(look.reader).names(key[0] for key in _KEY.finditer(told))
    named = [
        {
            "id": one["error_id"],
            "name": concerned(one, called.get(one["error_id"], ""), ids=False),
            "order": _order(one),
            "thing": one["order_id"] if one["error_id"] in called else "",
        }
        for one in group.errors
    ]
    return {
        "stage": group.stage,
        "cause": group.cause,
        "message": _KEY.sub(lambda key: names.get(key[0], key[0]), told),
        "next_step": group.next_step,
        "times": group.times,
        "first": look.calendar.show(group.first_at),
        "last": look.calendar.show(group.last_at),
        "errors": named,
        "shown": named[:NAMED],
        "held": any(one["order_id"] for one in group.errors),
        "resolution": group.errors[0]["resolution"] or "",
    }


def _order(error: dict[str, Any]) -> str:
    return str(error["order_id"]) if str(error["order_id"] or "").isdigit() else ""


def resolve() -> AnyResponse:
    """Close errors with a reason."""
    ids = request.form.getlist("error")
    if not ids or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in ids):
        raise ConfigurationError(["No error was named. Nothing was closed."])
    closed = close_errors(site().place.ledger, [int(one) for one in ids], request.form.get("reason", ""), asked().now)
    log.info("%s closed %s", asked().name, counted(closed.count, "error"))
    told = f"Closed {closed.count} error{'' if closed.count == 1 else 's'}."
    return back_to("/errors", told, *([closed.hint] if closed.hint else []))


def retry() -> AnyResponse:
    """An ordinary run of each pair that held something back."""
    with site().looking(asked().now) as look:
        held = [one for one in ledger.open_errors(look.reader) if one["order_id"]]
        types = ledger.pair_types(look.reader, (one["last_run"] for one in held))
    pairs = [pair for pair in registry.PAIRS if pair.name in types]
    if not pairs:
        raise ConfigurationError(["Nothing is held back; there is nothing to try again."])
    made = [site().jobs.start(RunWish(pair), "web", asked().name, asked().now) for pair in pairs]
    log.info("%s had %s tried again", asked().name, counted(len(held), "held back record"))
    told = f"This run tries {counted(len(held), 'record')} again. What stays held back stands on the page Errors."
    return back_to(f"{STARTED}/{made[-1].id}", told)


WAYS = (
    Way("/errors", errors),
    Way("/errors/resolve", resolve, Role.OPERATOR, ("POST",)),
    Way("/errors/retry", retry, Role.OPERATOR, ("POST",)),
)
