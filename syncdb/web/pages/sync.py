"""Starting a run, watching it, and asking it to end. The same as the commands of the pairs."""

import logging
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError, LedgerUnusable
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.web.jobs import Job
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.services.calendar import Calendar, span
from syncdb.services.dry_run_pages import LeftPage, pages_left
from syncdb.services.jobs import RunWish
from syncdb.services.run_words import told_counts
from syncdb.services.status import OUTCOMES
from syncdb.values import moment
from syncdb.web.access import Role, Way
from syncdb.web.rendering import asked, back_to, page, site

LISTED = 25
# how a run goes: its word, what it is, and what it does
MODES = {
    "test": ("Test", "Plans only and changes nothing. What it would do is a page to download."),
    "sync": ("Normal run", "What changed since the last run."),
    "full": ("Full run", "Reads the whole window again and looks at everything on both sides."),
    "force": ("Forced run", "Like a full run, and goes past the guard that stopped the last one."),
}
WAYS_TO_START = {"web": "from these pages", "schedule": "by the schedule", "command": "by a command"}
log = logging.getLogger("syncdb.web")


def sync() -> Response:
    """What can be started, what goes on, and the latest runs that somebody started."""
    place = site()
    place.jobs.sweep(asked().now)
    pairs = place.place.pairs or ()
    jobs = place.jobs.latest(LISTED)
    calendar = site().calendar(asked().now)
    chosen, never = (pairs[0] if pairs else None), _never()
    return page(
        "sync.html",
        "Sync",
        command=f"{chosen.command}{' --test' if never else ''}" if chosen else "",
        age=f"Read at {calendar.now.astimezone(calendar.zone):%H:%M:%S %Z}.",
        pairs=pairs,
        modes={mode: told for mode, told in MODES.items() if mode != "force"},
        jobs=[_listed(one, calendar) for one in jobs],
        live=any(one.live for one in jobs),
        limited=any(pair.limited for pair in pairs),
        never=never,
    )


def _never() -> bool:
    """Whether no run but tests was made yet: then a test is what is proposed."""
    try:
        with site().looking(asked().now) as look:
            return all(run["mode"] == "test" for run in overview.last_runs(look.reader, 20))
    except LedgerUnusable:
        return True


def start() -> AnyResponse:
    """Start a run as a process of its own; the page that watches it."""
    mode = request.form.get("mode", "")
    if mode not in ("test", "sync", "full"):
        raise ConfigurationError(["Which run? Nothing was started."], next_step="Choose test, normal or full.")
    return _started(mode)


def force() -> AnyResponse:
    """Start one that goes past a guard: somebody has looked."""
    return _started("force")


def _started(mode: str) -> AnyResponse:
    pair, text = _pair(), request.form.get("limit", "").strip()
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 10**6):
        raise ConfigurationError([f"{text[:20]!r} is no number of records. Nothing was started."])
    limit = int(text) if text and pair.limited else None
    wish = RunWish(pair, mode, fields=_fields(pair), limit=limit)
    job = site().jobs.start(wish, "web", asked().name, asked().now)
    log.info("%s started a run of %s (%s), job %d", asked().name, pair.name, mode, job.id)
    return back_to(f"/runs/{job.id}")


def _fields(pair: PairType) -> tuple[str, ...]:
    """What the run shall look at: entities that were ticked, and names that were typed; nothing is all."""
    if not pair.chooses_fields:
        return ()
    typed = request.form.get("only", "").replace(",", " ").split()
    names = tuple(dict.fromkeys([*request.form.getlist(f"only:{pair.name}"), *typed]))
    one = next((one for one in site().usable() if one.pair.name == pair.name), None) if names else None
    if one is not None and (unknown := one.implementation.unknown_fields(one.settings, names)):
        told = ", ".join(repr(name[:40]) for name in unknown[:5])
        raise ConfigurationError(
            [f"{pair.title} keeps no {told} in step. Nothing was started."], next_step="See the page Mapping."
        )
    return names


def _pair() -> PairType:
    pair = registry.pair_named(request.form.get("pair", ""))
    if pair is None or pair not in site().place.pairs:
        raise ConfigurationError(["That pair is not configured. Nothing was started."], next_step="Set it up on the page Set-up.")
    return pair


def run(number: int) -> Response:
    """One run that somebody started: how far it is, or what it came to."""
    place = site()
    place.jobs.sweep(asked().now)
    job = place.jobs.job(number)
    if job is None:
        raise NotFound
    calendar = site().calendar(asked().now)
    pair = registry.pair_named(job.pair)
    began = moment(job.started_at or job.wanted_at)
    ended = moment(job.ended_at) if job.ended_at else calendar.now
    return page(
        "run.html",
        f"{MODES.get(job.mode, (job.mode,))[0]}: {pair.about if pair else job.pair}",
        age=f"Read at {calendar.now.astimezone(calendar.zone):%H:%M:%S %Z}.",
        job=job,
        listed=_listed(job, calendar),
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
    if not job.run_ids or job.mode == "test":
        return []
    with reading(site().place.ledger) as reader:
        known = {int(one["run_id"]): one for one in overview.last_runs(reader, 500)}
    pair = registry.pair_named(job.pair)
    first = pair.first_place if pair else ""
    return [(number, _did(known[number], first)) for number in job.run_ids if number in known]


def _did(run: Mapping[str, Any], first: str) -> str:
    return told_counts(run["counts"], first, failed=bool(run["exit_code"]))


def cancel(number: int) -> AnyResponse:
    """Ask a run to end between two writes."""
    job = site().jobs.cancel(number, asked().name, asked().now)
    log.info("%s asked job %d to end", asked().name, number)
    told = "It ends between two writes; the next run goes on from there." if job else "It had ended already."
    return back_to(f"/runs/{number}", told)


def _listed(job: Job, calendar: Calendar) -> dict[str, Any]:
    pair = registry.pair_named(job.pair)
    kind, word = _state(job)
    return {
        "id": job.id,
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
    kind = {0: "ok", 3: "look", 5: "look", 7: "look", 130: "off"}.get(code, "bad")
    return kind, OUTCOMES.get(code, f"failed ({code})")


WAYS = (
    Way("/sync", sync),
    Way("/sync", start, Role.OPERATOR, ("POST",)),
    Way("/sync/force", force, Role.OWNER, ("POST",), again=True),
    Way("/runs/<int:number>", run),
    Way("/runs/<int:number>/plan/<name>", plan),
    Way("/runs/<int:number>/cancel", cancel, Role.OPERATOR, ("POST",)),
)
