"""Starting a run, watching it, and asking it to end. The same as the commands of the pairs."""

import logging

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError, LedgerUnusable
from syncdb.ledger.queries import overview
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.services.jobs import RunWish
from syncdb.web.access import Role, Way
from syncdb.web.pages.runs import MODES, STARTED, listed
from syncdb.web.rendering import asked, back_to, page, site

LISTED = 25
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
        jobs=[listed(one, calendar) for one in jobs],
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
    log.info("%s started a run of %s (%s)", asked().name, pair.name, mode)
    return back_to(f"{STARTED}/{job.id}")


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


WAYS = (
    Way("/sync", sync),
    Way("/sync", start, Role.OPERATOR, ("POST",)),
    Way("/sync/force", force, Role.OWNER, ("POST",), again=True),
)
