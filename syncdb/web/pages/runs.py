"""One run: how far it is, what it came to. Its number is that of the ledger's history, as everywhere.

A job that somebody asked for has no number before it has begun, and a test has none at all: it has an address of its own.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, redirect
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import LedgerUnusable
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.runs import PERSON, SCHEDULE
from syncdb.ledger.web.jobs import Job
from syncdb.pairs import registry
from syncdb.services.calendar import Calendar, span
from syncdb.services.dry_run_pages import LeftPage, pages_left
from syncdb.services.run_words import outcome, told_counts
from syncdb.services.status import OUTCOMES
from syncdb.values import moment
from syncdb.web.access import Role, Way
from syncdb.web.rendering import asked, back_to, page, site

# how a run goes: its word, what it is, and what it does
MODES = {
    "test": ("Test", "Plans only and changes nothing. What it would do is a page to download."),
    "sync": ("Normal run", "What changed since the last run."),
    "full": ("Full run", "Reads the whole window again and looks at everything on both sides."),
    "force": ("Forced run", "Like a full run, and goes past the guard that stopped the last one."),
}
WAYS_TO_START = {"web": "from these pages", "schedule": "by the schedule", "command": "by a command"}
WANTED_BY = {PERSON: ", by a person", SCHEDULE: ", by a schedule"}
STARTED = "/sync/started"  # and the number of the job
log = logging.getLogger("syncdb.web")


def address_of(job: Job) -> str:
    """Where a job is shown: under its run's number, once it has one."""
    return f"/sync/run/{job.numbers[-1]}" if job.numbers else f"{STARTED}/{job.id}"


def name_of(job: Job) -> str:
    """What a job is called: its runs by their numbers, else what kind of run it is."""
    if not job.numbers:
        return MODES.get(job.mode, (job.mode,))[0]
    return f"Run{'s' if len(job.numbers) > 1 else ''} {' and '.join(map(str, job.numbers))}"


def run(number: int) -> AnyResponse:
    """A run of the ledger's history, with all that the one who started it is told; of others what the ledger alone has."""
    place = site()
    job = place.jobs.of_run(number)
    if job is not None:
        return _shown(job)
    try:
        with reading(place.place.ledger) as reader:
            found = overview.run_by_id(reader, number)
            pairs = overview.known_pairs(reader)
    except LedgerUnusable:
        found = None
    if found is None:
        raise NotFound
    calendar = site().calendar(asked().now)
    type_name = pairs[found["pair"]].type if found["pair"] in pairs else found["pair"]
    pair = registry.pair_named(type_name)
    return page(
        "past_run.html",
        f"Run {number}: {pair.about if pair else type_name}",
        age=f"Read at {calendar.now.astimezone(calendar.zone):%H:%M:%S %Z}.",
        kind=kind_of(found["exit_code"]),
        outcome=outcome(found, calendar),
        began=calendar.show(found["started_at"]),
        by=WANTED_BY.get(found["wanted_by"], "; who started it is not known here"),
        did=_did(found, pair.first_place if pair else ""),
        said=[one for one in (found["message"], *found["notices"]) if one],
    )


def before(number: int) -> AnyResponse:
    """Where a job was shown by earlier versions."""
    return redirect(f"{STARTED}/{number}", HTTPStatus.MOVED_PERMANENTLY)


def started(number: int) -> Response:
    """One run that somebody started, by the number of its job."""
    place = site()
    place.jobs.sweep(asked().now)
    job = place.jobs.job(number)
    if job is None:
        raise NotFound
    return _shown(job)


def _shown(job: Job) -> Response:
    calendar = site().calendar(asked().now)
    pair = registry.pair_named(job.pair)
    began = moment(job.started_at or job.wanted_at)
    ended = moment(job.ended_at) if job.ended_at else calendar.now
    return page(
        "run.html",
        f"{name_of(job)}: {pair.about if pair else job.pair}",
        age=f"Read at {calendar.now.astimezone(calendar.zone):%H:%M:%S %Z}.",
        job=job,
        own=f"{STARTED}/{job.id}",
        listed=listed(job, calendar),
        began=calendar.show(job.started_at or job.wanted_at),
        took=span(max(ended - began, began - began)),
        by=", ".join(part for part in (WAYS_TO_START.get(job.origin, job.origin), job.by) if part),
        results=_results(job),
        forced=pair is not None and job.exit_code == 5,
        said=job.said.splitlines(),
        left=_left(job),
    )


def _left(job: Job) -> list[LeftPage]:
    """What a test left to read. What a later test replaced is that one's."""
    if job.mode != "test" or job.live or not job.ended_at:
        return []
    return pages_left(site().jobs.folder, moment(job.started_at or job.wanted_at), moment(job.ended_at))


def plan(number: int, name: str) -> Response:
    """A page that a test left, as a file: it has styles and a script of its own, which no page here may have."""
    job = site().jobs.job(number)
    found = next((one for one in _left(job) if one.name == name), None) if job else None
    if found is None:
        raise NotFound
    named = {"Content-Disposition": f"attachment; filename=test-{number}-{found.name}.html"}
    return Response(found.path.read_bytes(), content_type="text/html; charset=utf-8", headers=named)


def _results(job: Job) -> list[tuple[int, str]]:
    """What its runs came to, as the ledger has them. Of a test it has nothing: the first one is made before there is a ledger."""
    if not job.numbers:
        return []
    with reading(site().place.ledger) as reader:
        known = {number: one for number in job.numbers if (one := overview.run_by_id(reader, number))}
    pair = registry.pair_named(job.pair)
    first = pair.first_place if pair else ""
    return [(number, _did(known[number], first)) for number in job.numbers if number in known]


def _did(run: Mapping[str, Any], first: str) -> str:
    return told_counts(run["counts"], first, failed=bool(run["exit_code"]))


def cancel(number: int) -> AnyResponse:
    """Ask a run to end between two writes."""
    job = site().jobs.cancel(number, asked().name, asked().now)
    log.info("%s asked a run%s to end", asked().name, f" of {job.pair}" if job else "")
    told = "It ends between two writes; the next run goes on from there." if job else "It had ended already."
    return back_to(f"{STARTED}/{number}", told)


def listed(job: Job, calendar: Calendar) -> dict[str, Any]:
    pair = registry.pair_named(job.pair)
    kind, word = _state(job)
    return {
        "name": name_of(job),
        "address": address_of(job),
        "pair": pair.title if pair else job.pair,
        "mode": MODES.get(job.mode, (job.mode,))[0],
        "kind": kind,
        "word": word,
        "when": calendar.ago(job.started_at or job.wanted_at),
        "by": job.by or WAYS_TO_START.get(job.origin, job.origin),
        "stage": job.stages[-1].name if job.live and job.stages else "",
    }


def _state(job: Job) -> tuple[str, str]:
    if job.live:
        return "run", "ending" if job.cancel_at else "running"
    if job.lost:
        return "bad", "ended without a word"
    code = job.exit_code or 0
    return kind_of(code), OUTCOMES.get(code, f"failed ({code})")


def kind_of(code: int | None) -> str:
    """The sign for how a run ended; None: it never did."""
    return {0: "ok", 3: "look", 5: "look", 7: "look", 130: "off"}.get(code, "bad") if code is not None else "bad"


WAYS = (
    Way("/sync/run/<int:number>", run),
    Way("/sync/started/<int:number>", started),
    Way("/sync/started/<int:number>/plan/<name>", plan),
    Way("/sync/started/<int:number>/cancel", cancel, Role.OPERATOR, ("POST",)),
    Way("/runs/<int:number>", before),
)
