"""Orders, and everything that ever happened to one of them. The same as `orders`, `history` and `reset`."""

import logging
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError
from syncdb.ledger import Ledger
from syncdb.ledger.queries import history, overview
from syncdb.ledger.queries.catalogue import Thing
from syncdb.ledger.queries.order_presence import pairs_of
from syncdb.ledger.queries.order_search import Wanted, statuses, tracked
from syncdb.ledger.reset_order import forget_agreement
from syncdb.services.amounts import priced
from syncdb.services.calendar import Calendar
from syncdb.services.order_list import kept_in_step, newest, states
from syncdb.services.order_lookup import UnknownOrder
from syncdb.services.pair_sides import sides_in
from syncdb.services.past_in_words import meant, of_order, where
from syncdb.values import iso
from syncdb.web.access import Role, Way
from syncdb.web.asked import Look
from syncdb.web.rendering import asked, back_to, page, site
from syncdb.wording import counted

SHOWN = 50
EVENTS = 300
SPANS = {"": "always", "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
log = logging.getLogger("syncdb.web")


def orders() -> Response:
    """The newest orders, of a status or a time."""
    status, since = request.args.get("status", ""), request.args.get("since", "")
    after = (request.args.get("until", ""), request.args.get("after", ""))
    with site().looking(asked().now) as look:
        begin = look.calendar.since(since)
        wanted = Wanted(status, iso(begin) if begin else "")
        found, more = newest(look.reader, wanted, SHOWN, after=after if after[0] else None)
        known, age, kept = _known(look), look.age, kept_in_step(look.reader)
        rows = [_row(one, look.calendar) for one in found]
    command = "orders" + (f' --status "{status}"' if status else "") + (f" --since {since}" if since else "")
    last = found[-1] if more else None
    shown: dict[str, Any] = {"chosen": status, "since": since, "statuses": known, "spans": SPANS, "searched": False}
    return page("orders.html", "Orders", command=command, age=age, rows=rows, last=last, first=not after[0], kept=kept, **shown)


def find() -> AnyResponse:
    """Orders that hold a text, or the one that is named. What was typed goes into no address: it may be a person's name."""
    text = " ".join(request.form.get("text", "").split())
    if not text:
        return redirect("/orders", 303)
    with site().looking(asked().now) as look:
        if one := _named(look, text):
            return redirect(f"/orders/{one}", 303)
        found, more = newest(look.reader, Wanted(search=text), SHOWN)
        rows, age, known = [_row(one, look.calendar) for one in found], look.age, _known(look)
    shown: dict[str, Any] = {"chosen": "", "since": "", "statuses": known, "spans": SPANS, "searched": True, "kept": []}
    count = f"{len(rows)} or more orders" if more else counted(len(rows), "order")
    shown["told"] = f"{count} {'holds' if len(rows) == 1 and not more else 'hold'} what you typed."
    return page("orders.html", "Orders", command="orders --search TEXT", age=age, rows=rows, last=None, first=True, **shown)


def _known(look: Look) -> list[str]:
    """The statuses that there are. In a large ledger they take a moment to find; only runs bring others."""
    latest = [(run["run_id"], run["ended_at"]) for run in overview.last_runs(look.reader, 1)]
    return site().once("statuses", (look.place.ledger, latest), lambda: statuses(look.reader))


def _named(look: Look, text: str) -> str | None:
    """The order that a text names; None where it names none, several, or something else."""
    try:
        found = meant(look.reader, text)
    except (UnknownOrder, ConfigurationError):
        return None
    return None if isinstance(found, Thing) else found


def _row(one: dict[str, Any], calendar: Calendar) -> dict[str, Any]:
    return {
        "id": one["order_id"],
        "name": one["name"],
        "made": calendar.short(one["created_at"]),
        "customer": one["customer"] or "",
        "total": priced(one["total"], one["currency"]),
        "status": ", ".join(states(one)),
        "place": one["location"] or "",
    }


def order(order: str) -> AnyResponse:
    """One order's facts and past."""
    with site().looking(asked().now) as look:
        one = _tracked(look, order)
        sides = sides_in(look.reader)
        snapshot = history.snapshot(look.reader, order)
        events = history.events(look.reader, order, sides)
        conflicts = history.open_conflicts(look.reader, order)
        places = [(sides(pair["pair"]).place, pair["locations"] or "") for pair in pairs_of(look.reader, order)]
        calendar, age, shop = look.calendar, look.age, look.reader.shop or {}
    facts = [
        ("Status", ", ".join(states(one)) or one["status"]),
        ("Total", priced(one["total"], one["currency"])),
        ("Made", calendar.show(one["created_at"])),
        ("First seen", calendar.show(one["first_seen_at"])),
        ("Last changed", calendar.show(one["last_changed_at"])),
        ("Last seen", calendar.show(one["last_seen_at"])),
        ("Id", one["order_id"]),
        *((f"In {place}", f"row {rows} when last written" if rows else "never written") for place, rows in places),
    ]
    told = [
        {"at": calendar.short(event.at), "run": event.run_id or "", "where": where(event), "what": of_order(event, snapshot)}
        for event in events[-EVENTS:]
    ]
    return page(
        "order.html",
        f"Order {one['name']}",
        command=f"history {order}",
        age=age,
        order=order,
        facts_told=facts,
        events=told,
        count=len(events),
        conflicts=conflicts,
        in_shop=_in_shop(str(shop.get("domain") or ""), order),
    )


def _tracked(look: Look, order: str) -> dict[str, Any]:
    try:
        return tracked(look.reader, order)
    except KeyError:
        told = f"The ledger has no order {order[:40]!r}. Nothing was changed."
        raise UnknownOrder(told, (), next_step="Look for it on the page Orders.") from None


def _in_shop(domain: str, order: str) -> str:
    name, _, rest = domain.partition(".")
    return f"https://admin.shopify.com/store/{name}/orders/{order}" if rest == "myshopify.com" and order.isdigit() else ""


def reset(order: str) -> AnyResponse:
    """Have the next run examine the order anew."""
    with site().looking(asked().now) as look:
        one = _tracked(look, order)
    now = asked().now
    with Ledger.open(site().place.ledger, now) as ledger:
        forget_agreement(ledger, order, one["name"], iso(now))
    log.info("%s had order %s reset", asked().name, order)
    return back_to(f"/orders/{order}", f"The next run examines {one['name']} anew.")


WAYS = (
    Way("/orders", orders),
    Way("/orders/find", find, methods=("POST",), own=True),
    Way("/orders/<order>", order),
    Way("/orders/<order>/reset", reset, Role.OPERATOR, ("POST",)),
)
