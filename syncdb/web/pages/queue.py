"""The queue of a pair whose other side notes what changed: what waits, is under way or failed. As its `queue` tells it."""

import logging
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.pairs import registry
from syncdb.pairs.base import Asked, PairType
from syncdb.services.calendar import Calendar
from syncdb.services.jobs import RunWish
from syncdb.web.access import Role, Way
from syncdb.web.pages.runs import STARTED
from syncdb.web.rendering import asked, back_to, page, site

QUEUE = "queue"  # the word for it among a pair's actions
SIGNS = {"pending": "off", "processing": "run", "completed": "ok", "failed": "bad"}
SHOWN = 20  # as many as a phone can scroll through
ORDER = ("failed", "pending", "processing", "completed")
log = logging.getLogger("syncdb.web")


def queue() -> Response:
    """The newest rows of each queue, or only those that failed for good. It is asked for over the network."""
    failed, every = request.args.get("failed") == "yes", request.args.get("all") == "yes"
    calendar = site().calendar(asked().now)
    queues = [_queue(pair, failed, every, calendar) for pair in _queued()]
    return page(
        "queue.html",
        "Queue",
        command=f"{_queued()[0].command} queue{' --failed' if failed else ''}" if _queued() else "",
        age=f"Read at {asked().now.astimezone(calendar.zone):%H:%M:%S %Z}.",
        queues=queues,
        failed=failed,
        signs=SIGNS,
    )


def _queued() -> list[PairType]:
    """The configured pairs that have one."""
    return [pair for pair in site().place.pairs if QUEUE in pair.actions]


def _queue(pair: PairType, failed: bool, every: bool, calendar: Calendar) -> dict[str, Any]:
    try:
        found = _answer(pair, {"failed": failed})
    except SyncdbError as error:
        told = " ".join(error.problems) if isinstance(error, ConfigurationError) else str(error)
        return {"pair": pair.name, "title": pair.title, "problem": told, "next_step": error.next_step}
    rows = [dict(row) | {"ago": calendar.ago(row["updated_at"])} for row in found["rows"]]
    rows.sort(key=_needs_a_look)
    first = rows if every else rows[:SHOWN]
    return {"pair": pair.name, "title": pair.title, "problem": "", "counts": found["counts"], "rows": first, "found": len(rows)}


def _needs_a_look(row: Mapping[str, Any]) -> int:
    """What failed for good comes first, then what waits and what is under way; within each the newest."""
    if row["status"] == "failed" and row["superseded_by"]:
        return len(ORDER)
    return ORDER.index(row["status"]) if row["status"] in ORDER else len(ORDER)


def _answer(pair: PairType, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the pair's own command answers to scripts."""
    place, action = site(), pair.load_implementation().actions[QUEUE]
    load = action.load or pair.load_implementation().load
    settings = load(place.flags, place.env, place.folder, place.config)
    told = list(action.do(settings, Asked(lambda _: False, place.clock, given)))
    return next(one for one in told if isinstance(one, Mapping))


def _meant() -> PairType:
    found = registry.pair_named(request.form.get("pair", ""))
    if found is None or found not in _queued():
        raise ConfigurationError(["There is no such queue. Nothing was changed."])
    return found


def retry() -> AnyResponse:
    """Have one row that failed tried again with the next run."""
    pair, row = _meant(), request.form.get("row", "")
    if not (row.isascii() and row.isdigit() and len(row) < 19):
        raise ConfigurationError(["Which row? Nothing was changed."])
    _answer(pair, {"retry": int(row)})
    log.info("%s had row %s of the queue of %s tried again", asked().name, row, pair.name)
    return back_to("/queue", f"Row {row} is tried again with the next run.")


def process() -> AnyResponse:
    """A normal run of the pair: it does what waits."""
    pair = _meant()
    job = site().jobs.start(RunWish(pair), "web", asked().name, asked().now)
    log.info("%s started a run of %s for its queue", asked().name, pair.name)
    return back_to(f"{STARTED}/{job.id}")


WAYS = (
    Way("/queue", queue),
    Way("/queue/retry", retry, Role.OPERATOR, ("POST",)),
    Way("/queue/process", process, Role.OPERATOR, ("POST",)),
)
