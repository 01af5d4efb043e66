"""Products, variants, stock and collections, and everything that ever happened to one. The same as `history`."""

from itertools import islice
from typing import Any

from flask import Response, request

from syncdb.errors import ConfigurationError
from syncdb.ledger.queries import history
from syncdb.ledger.queries.catalogue import Things
from syncdb.services.display import shown
from syncdb.services.pair_sides import sides_in
from syncdb.services.past_in_words import of_thing, where
from syncdb.values import decode
from syncdb.web.access import Way
from syncdb.web.rendering import asked, page, site

SHOWN = 60
EVENTS = 300
LOOKED_IN = ("title", "name", "sku", "handle", "barcode", "order_name", "order_number", "email")


def things() -> Response:
    """What is kept in step beside orders, by kind."""
    text = " ".join(request.args.get("find", "").split())
    with site().looking(asked().now) as look:
        every = Things(look.reader)
        kinds = [kind for kind in every.kinds() if kind in set(every.pairs().values())]
        kind = request.args.get("kind", "") if request.args.get("kind", "") in kinds else (kinds[0] if kinds else "")
        start = _number(request.args.get("start", ""))
        members = (one for one in every.of(kind) if not text or _holds(one.fields, text)) if kind else iter(())
        found = list(islice(members, start, start + SHOWN + 1))
        names, age = every.names(one.key for one in found), look.age
    rows = [{"key": one.key, "name": names.get(one.key, one.key), "told": _told(one.fields)} for one in found[:SHOWN]]
    named = f'"{text}"' if text else "TITLE"
    return page(
        "things.html",
        "Products",
        command=f"history {named}",
        age=age,
        rows=rows,
        kinds=kinds,
        kind=kind,
        find=text,
        start=start,
        next=start + SHOWN if len(found) > SHOWN else None,
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _holds(fields: Any, text: str) -> bool:
    folded = text.casefold()
    return any(folded in str(fields.get(name) or "").casefold() for name in LOOKED_IN)


def _told(fields: Any) -> str:
    """Some of what both sides last agreed on."""
    names = ("status", "price", "available", "sku", "vendor", "payment", "shipped", "tracking", "order_number", "email")
    return ", ".join(f"{name} {_shown(fields[name])}" for name in names if fields.get(name) not in (None, ""))


def _shown(value: Any) -> str:
    return shown(decode(value))


def thing() -> Response:
    """One of them, and what belongs to it."""
    key = request.args.get("key", "")
    with site().looking(asked().now) as look:
        every = Things(look.reader)
        one = every.by_keys([key]).get(key)
        if one is None:
            raise ConfigurationError(["The ledger has nothing with that id."], next_step="Look for it on the page Products.")
        members = every.around(one)
        names = every.names(member.key for member in members)
        keys = every.told_of(members)
        events = history.events_of(look.reader, keys, sides_in(look.reader))
        conflicts = history.conflicts_of(look.reader, keys)
        calendar, age = look.calendar, look.age
    agreed = [(name.replace("_", " "), _shown(value)) for name, value in one.fields.items() if value not in (None, "", [])]
    named = names if len(members) > 1 else {}
    told = [
        {"at": calendar.short(event.at), "run": event.run_id or "", "where": where(event), "what": of_thing(event, named)}
        for event in events[-EVENTS:]
    ]
    return page(
        "thing.html",
        names.get(key) or key,
        command=f'history "{key}"',
        age=age,
        kind=one.kind,
        key=key,
        agreed=agreed,
        members=[{"key": member.key, "name": names.get(member.key, member.key), "kind": member.kind} for member in members[1:]],
        events=told,
        count=len(events),
        conflicts=[one | {"name": names.get(one["key"], one["key"])} for one in conflicts],
    )


WAYS = (Way("/things", things), Way("/things/one", thing))
