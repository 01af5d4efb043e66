"""Orders that the ledger, or a place that shows them, lacks. The same as `missing`."""

import logging
from typing import Any

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError
from syncdb.orders.completeness import Answered, GapVerdict
from syncdb.services.gap_data import numbers
from syncdb.services.jobs import RunWish
from syncdb.services.missing_result import MissingOrders, look_offline
from syncdb.services.usable_pairs import meant_pairs, tracking_orders
from syncdb.web.access import Role, Way
from syncdb.web.pages.runs import STARTED
from syncdb.web.rendering import asked, back_to, page, site
from syncdb.wording import counted

DAYS = 30
SHOWN = 100
log = logging.getLogger("syncdb.web")


def missing() -> Response:
    """The gaps that the ledger knows of; nobody is asked."""
    place = site()
    try:
        found = look_offline(meant_pairs(None, place.config, place.env), place.place.ledger, DAYS, asked().now)
    except ConfigurationError as why:  # no question of this shop, and none of this page
        return page("missing.html", "Missing", command="missing --offline", age="", not_kept=" ".join(why.problems))
    with place.looking(asked().now) as look:
        age = look.age
    return _shown(found, age, False)


def ask() -> Response:
    """The shop and every place asked."""
    from syncdb.services.missing_orders import look

    tracking = tracking_orders(site().usable(), "looking for missing orders")
    found = look(tracking, DAYS, site().clock)
    return _shown(found, "Asked just now.", True)


def fix() -> AnyResponse:
    """Have runs fetch what was missed and put back what rows are lacking."""
    from syncdb.services.missing_orders import look, note_missed

    tracking = tracking_orders(site().usable(), "looking for missing orders")
    found = look(tracking, DAYS, site().clock)
    lacking = note_missed(tracking, found, site().clock)
    concerned = tracking if found.orders.missed else lacking
    if not concerned:
        raise ConfigurationError(["Nothing is missing any more. Nothing was started."])
    wishes = [RunWish(one.pair, "full" if one in lacking else "sync") for one in concerned]
    jobs = [site().jobs.start(wish, "web", asked().name, asked().now) for wish in wishes]
    log.info("%s had %s fetched", asked().name, counted(len(found.orders.missed), "missed order"))
    return back_to(f"{STARTED}/{jobs[-1].id}", "This run fetches what was missed.")


def _shown(found: MissingOrders, age: str, was_asked: bool) -> Response:
    counted = [day for day in found.orders.days if day.shop is not None]
    return page(
        "missing.html",
        "Missing",
        command="missing" if was_asked else "missing --offline",
        age=age,
        not_kept="",
        days=DAYS,
        asked=was_asked,
        refused=found.orders.refused,
        missed=[one.name for one in found.orders.missed],
        gaps=[_gap(one) for one in found.orders.gaps if one.verdict is not GapVerdict.NOT_READ][:SHOWN],
        counted=len(counted),
        total=sum(day.shop or 0 for day in counted),
        differing=[day for day in counted if day.shop != day.ledger][:SHOWN],
        places=[(one.pair.words, one.rows) for one in found.places] if was_asked else [],
        lacking=found.lacking,
    )


def _gap(one: Answered) -> dict[str, Any]:
    told = f"missed: {', '.join(found.name for found in one.missed[:5])}" if one.missed else one.verdict.value
    return {"numbers": numbers(one.gap), "count": one.gap.count, "told": told, "open": one.verdict is GapVerdict.UNASKED}


WAYS = (
    Way("/missing", missing),
    Way("/missing", ask, Role.OPERATOR, ("POST",)),
    Way("/missing/fix", fix, Role.OPERATOR, ("POST",)),
)
