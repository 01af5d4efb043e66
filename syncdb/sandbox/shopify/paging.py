"""Cursors and pages. A cursor is base64 JSON of the last id and the last sort value (observed)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from syncdb.sandbox.shopify.execute import FieldFailed

MAX_PAGE = 250  # documented

Place = tuple[Any, int]  # sort value, id


def cursor(place: Place) -> str:
    """The cursor of one entry, letter by letter as recorded ({"last_id":1,"last_value":2})."""
    value, number = place
    plain = json.dumps({"last_id": number, "last_value": value}, separators=(",", ":"))
    return base64.b64encode(plain.encode("utf-8")).decode("ascii")


def placed(text: str, like: Place | None) -> Place:
    """The place a cursor names. Raises FieldFailed when it is no cursor, or one of another sort order."""
    try:
        read = json.loads(base64.b64decode(text, validate=True))
        place = (read["last_value"], int(read["last_id"]))
    except (binascii.Error, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise _invalid() from error
    if like is not None and type(place[0]) is not type(like[0]):
        raise _invalid()
    return place


def _invalid() -> FieldFailed:
    return FieldFailed("Invalid cursor for current pagination sort.", code="BAD_REQUEST")


def page_size(args: dict[str, Any], most: int = MAX_PAGE) -> int:
    """The size asked for. Raises FieldFailed unless exactly one of first and last says it, within bounds."""
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise FieldFailed("you must provide one of first or last", code="BAD_REQUEST")
    if first is not None and last is not None:
        raise FieldFailed("providing both first and last is not supported", code="BAD_REQUEST")
    name, size = ("first", int(first)) if first is not None else ("last", int(last or 0))
    if size < 0:
        raise FieldFailed(f"{name} must be greater than or equal to 0", code="BAD_REQUEST")
    if size > most:
        raise FieldFailed(f"{name} cannot exceed {most}", code="BAD_REQUEST")
    return size


def page(items: Sequence[Any], places: Sequence[Place], args: dict[str, Any], falling: bool = False) -> dict[str, Any]:
    """A connection over items already in order; `falling` says that their places run downwards."""
    size = page_size(args)
    like = places[0] if places else None
    start, end = 0, len(items)
    if args.get("after"):
        start = _after(places, placed(args["after"], like), falling)
    if args.get("before"):
        end = _before(places, placed(args["before"], like), falling)
    left, right = (start, min(end, start + size)) if args.get("first") is not None else (max(start, end - size), end)
    right = max(left, right)
    return connection(items[left:right], places[left:right], left > 0, right < len(items))


def _after(places: Sequence[Place], mark: Place, falling: bool) -> int:
    end = _rank(mark)
    beyond: Callable[[Place], bool] = (lambda one: _rank(one) < end) if falling else (lambda one: _rank(one) > end)
    return next((index for index, one in enumerate(places) if beyond(one)), len(places))


def _before(places: Sequence[Place], mark: Place, falling: bool) -> int:
    end = _rank(mark)
    short: Callable[[Place], bool] = (lambda one: _rank(one) > end) if falling else (lambda one: _rank(one) < end)
    return sum(1 for one in places if short(one))


def _rank(place: Place) -> Place:
    """Where a place stands among others. Sorted by id the value is the number as text, and 10 comes after 9."""
    value, number = place
    return (number, number) if value == str(number) else place


def connection(items: Sequence[Any], places: Sequence[Place], earlier: bool, later: bool) -> dict[str, Any]:
    marks = [cursor(place) for place in places]
    return {
        "nodes": list(items),
        "edges": [{"cursor": mark, "node": item} for mark, item in zip(marks, items, strict=True)],
        "pageInfo": {
            "hasNextPage": later,
            "hasPreviousPage": earlier,
            "startCursor": marks[0] if marks else None,
            "endCursor": marks[-1] if marks else None,
        },
    }


def listed(items: Sequence[dict[str, Any]], args: dict[str, Any], most: int = MAX_PAGE) -> dict[str, Any]:
    """A page of an order's own parts, in their own order (or reversed)."""
    ordered = list(reversed(items)) if args.get("reverse") else list(items)
    places = [(str(_number(item, at)), _number(item, at)) for at, item in enumerate(ordered)]
    size = page_size(args, most)
    start, end = 0, len(ordered)
    if args.get("after"):
        start = _position(places, args["after"]) + 1
    if args.get("before"):
        end = _position(places, args["before"])
    left, right = (start, min(end, start + size)) if args.get("first") is not None else (max(start, end - size), end)
    right = max(left, right)
    return connection(ordered[left:right], places[left:right], left > 0, right < len(ordered))


def _number(item: dict[str, Any], at: int) -> int:
    """The number of an entry: that of its id, or its place where it has none (discount applications)."""
    return int(item["id"].rsplit("/", 1)[1].split("?")[0]) if item.get("id") else at + 1


def _position(places: Sequence[Place], text: str) -> int:
    mark = placed(text, None)
    for index, place in enumerate(places):
        if place[1] == mark[1]:
            return index
    raise _invalid()
