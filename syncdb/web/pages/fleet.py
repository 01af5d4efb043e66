"""The fleet: every shop, those first that need a person. As `fleet status` tells it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.services.calendar import Calendar
from syncdb.values import iso
from syncdb.web.access import Role, Way
from syncdb.web.rendering import asked, back_to, page, site

if TYPE_CHECKING:  # most sites serve one shop, without the database's driver
    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.telling import ShopState

MOST = 500  # shops on the page; the worst come first
DOING = {
    "pause": "{} is paused; a run that is under way ends as usual.",
    "resume": "{} runs again.",
    "run": "{} runs as soon as a worker of its home is free.",
}
log = logging.getLogger("syncdb.web")


@contextmanager
def _book() -> "Iterator[FleetBook]":
    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.database import address, connected

    with connected(address(site().env)) as session:
        yield FleetBook(session)


def fleet() -> Response:
    """Every shop, and how many of each kind. It is asked for over the network."""
    shops: list[ShopState] = []
    totals: dict[str, int] = {}
    homes: list[str] = []
    problem = next_step = ""
    try:
        from syncdb.fleet.telling import home_told, states
        from syncdb.fleet.telling import totals as counted

        with _book() as book:
            shops, homes = states(book.status()), [home_told(row) for row in book.by_home()]
        totals = counted(shops)
    except SyncdbError as error:
        problem = " ".join(error.problems) if isinstance(error, ConfigurationError) else str(error)
        next_step = error.next_step
    calendar = Calendar.of(None, asked().now)
    return page(
        "fleet.html",
        "Fleet",
        command="fleet status",
        age=f"Read at {asked().now.astimezone():%H:%M:%S %Z}.",
        shops=[(one, _sign(one), calendar.ago(iso(one.row["ended_at"])) if one.row["ended_at"] else "") for one in shops[:MOST]],
        more=max(len(shops) - MOST, 0),
        totals=totals,
        homes=homes,
        problem=problem,
        next_step=next_step,
    )


def _sign(one: "ShopState") -> str:
    if one.row["paused"] or one.row["failures"]:
        return "bad" if one.row["paused"] else "look"
    return "run" if one.row["running"] else "ok" if one.fine else "look"


def act() -> AnyResponse:
    """Pause a shop, have it run again, or have it run now."""
    what, name = request.form.get("act", ""), request.form.get("shop", "")
    if what not in DOING:
        raise ConfigurationError(["What shall be done? Nothing was changed."])
    with _book() as book:
        {"pause": book.pause, "resume": book.resume, "run": book.wish}[what](name)
    log.info("%s asked the fleet: %s %s", asked().name, what, name)
    return back_to("/fleet", DOING[what].format(name))


WAYS = (Way("/fleet", fleet), Way("/fleet", act, Role.OPERATOR, ("POST",)))
