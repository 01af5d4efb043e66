"""Copies of an order in any form of the wire that differ as the orders of a shop do, and are all of one size.

A copy has its own ids, number, moments, amounts, and its own customer: family name, address, mail, telephone, parcels. Amounts
are all multiplied by one whole number, so that they still add up; what that makes longer is made up for by spaces between the
parts of the JSON text, so that the size of a file of copies is known before it is written.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

STRIDE = 10_000_000
FACTORS = 197
DIGITS = 7  # of the largest number
DAY = 86_400
_SPOKEN = [left + right for left in (b"b", b"d", b"k", b"l", b"m", b"n", b"r", b"t") for right in (b"a", b"e", b"i", b"o")]
_CENTS = [b".%d" % (cents // 10) if cents % 10 == 0 else b".%02d" % cents for cents in range(100)]
_DAYS = [datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%d").encode() for day in range(36_500)]
_TIMES = [b"T%02d:%02d:%02d" % (second // 3600, second // 60 % 60, second % 60) for second in range(DAY)]
_NUMBER = rb'"(?:order_)?number":(?P<number>\d+)|"name":"(?:WEB-2026-)?#(?P<name>\d+)'
_MOVED = (
    rb"(?<!\d)(?P<id>\d{16})(?!\d)|(?<!\d)(?P<customer>9100000000\d{3})(?!\d)|(?<!\d)00\d{9}(?P<parcel>\d{7})(?!\d)"
    rb'|:"(?P<amount>-?\d+\.\d{1,2})"|(?P<moment>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)|kunde\d{3}(?P<mail>)@'
)
_OWN = re.compile(_NUMBER)


@dataclass(frozen=True, slots=True)
class Copy:
    """Which copy of an order: its `place` among all orders (0: the order itself), its number, how many seconds it is later."""

    place: int
    number: int
    later: int = 0

    @property
    def shift(self) -> int:
        """How far its ids are from those of the order: they rise as they mostly do in a shop."""
        return self.place * STRIDE


@dataclass(frozen=True, slots=True)
class Template:
    """An order's text with places for what differs, before (`head`) and after (`tail`) the place for spaces."""

    own: bytes
    numbers: tuple[int, ...]  # how far what stands at these places is from the order's number
    head: bytes
    tail: bytes
    of_head: Callable[[list[Any]], tuple[Any, ...]]
    of_tail: Callable[[list[Any]], tuple[Any, ...]]
    ids: tuple[int, ...]
    customers: tuple[int, ...]
    cents: tuple[int, ...]
    moments: tuple[int, ...]
    lines: int
    size: int

    @classmethod
    def of(cls, text: bytes, order: dict[str, Any]) -> "Template":
        """The text (one or more lines of JSON) of an order of the local shop."""
        number = order["number"]
        numbers = tuple(int(found[found.lastindex or 0]) - number for found in _OWN.finditer(text))
        own = _OWN.sub(lambda found: _replaced(found, b"%d"), text.replace(b"%", b"%%"))
        return _made(text, number, own, numbers, re.compile(b"|".join((_NUMBER, _MOVED, *_person(order)))))

    def copy(self, copy: Copy) -> bytes:
        """The text of a copy; at place 0 the order itself under that number."""
        if not copy.place:
            return self.own % tuple([copy.number + one for one in self.numbers])
        values = self._values(copy)
        head, tail = self.head % self.of_head(values), self.tail % self.of_tail(values)
        return b"".join((head, b" " * (self.size - len(head) - len(tail)), tail))

    def length(self, copy: Copy) -> int:
        """How many bytes a copy has."""
        return self.size if copy.place else len(self.copy(copy))

    def _values(self, copy: Copy) -> list[Any]:
        """What stands at the places, in the order of `_Places`."""
        shift, place, later, factor = copy.shift, copy.place, copy.later, 1 + copy.place * 7919 % FACTORS
        moments = [at + later for at in self.moments]
        return [
            copy.number,
            copy.number - 1000,
            place,
            b"".join([_SPOKEN[place >> bits & 31] for bits in (0, 5, 10, 15)]),
            *[one + shift for one in self.ids],
            *[one + place for one in self.customers],
            *[written(cents * factor) for cents in self.cents],
            *[_DAYS[at // DAY] + _TIMES[at % DAY] for at in moments],
        ]


def written(cents: int) -> bytes:
    """An amount as Shopify writes it, without a zero at the end but one: 12.5, 3.0."""
    whole, rest = divmod(abs(cents), 100)
    return b"%b%d%b" % (b"-" if cents < 0 else b"", whole, _CENTS[rest])


def _person(order: dict[str, Any]) -> list[bytes]:
    """What of an order tells who bought: where a name and a street end, and the last digits of a telephone."""
    address, customer = order["shippingAddress"] or {}, order["customer"] or {}
    family, street = address.get("lastName") or customer.get("lastName"), address.get("address1")
    found = [(rb'%b(?P<family>)"', family), (rb'"%b(?P<street>)"', street)]
    patterns = [pattern % re.escape(_written_text(value)) for pattern, value in found if value]
    if phone := address.get("phone") or order["phone"]:
        patterns.append(rb'"%b(?P<phone>\d{7})"' % re.escape(_written_text(phone)[:-7]))
    return patterns


def _written_text(value: str) -> bytes:
    return json.dumps(value, ensure_ascii=False)[1:-1].replace("/", r"\/").encode()


_FIXED = {"number": 0, "name": 0, "phone": 2, "parcel": 2, "street": 2, "family": 3, "mail": 3}
_FORMS = {
    "family": b"%b",
    "mail": b".%b",
    "phone": b"%07d",
    "parcel": b"%07d",
    "street": b" %07d",
    "amount": b"%b",
    "moment": b"%b",
}
_READ: dict[str, Callable[[bytes], int]] = {
    "id": int,
    "customer": int,
    "amount": lambda text: round(float(text) * 100),
    "moment": lambda text: int(datetime.fromisoformat(text.decode() + "+00:00").timestamp()),
}


def _made(text: bytes, number: int, own: bytes, numbers: tuple[int, ...], pattern: re.Pattern[bytes]) -> Template:
    end = (text.find(b"\n") if b"\n" in text else len(text)) - 1  # of the first object
    assert text[end : end + 1] == b"}"
    known: dict[str, dict[int, None]] = {kind: {} for kind in _READ}
    for found in pattern.finditer(text):
        if found.lastgroup in _READ:
            known[found.lastgroup][_READ[found.lastgroup](found[found.lastgroup])] = None
    at, place = {}, 4
    for kind, values in known.items():
        for value in values:
            at[kind, value], place = place, place + 1

    def cut(part: bytes) -> tuple[bytes, list[int]]:
        places: list[int] = []

        def replaced(found: re.Match[bytes]) -> bytes:
            kind = found.lastgroup or ""
            value = found[kind]
            far = kind == "number" and int(value) != number
            places.append(at[kind, _READ[kind](value)] if kind in _READ else 1 if far else _FIXED[kind])
            return _replaced(found, _FORMS.get(kind, b"%d"))

        return pattern.sub(replaced, part.replace(b"%", b"%%")), places

    (head, of_head), (tail, of_tail) = cut(text[:end]), cut(text[end:])
    made = Template(
        own, numbers, head, tail, _picker(of_head), _picker(of_tail), *map(tuple, known.values()), text.count(b"\n"), 0
    )
    return _sized(made, of_head + of_tail)


def _sized(template: Template, places: Sequence[int]) -> Template:
    """With the size that no copy goes beyond."""
    values = template._values(Copy(1, 10**DIGITS - 1))
    first = 4 + len(template.ids) + len(template.customers)
    for place, cents in enumerate(template.cents, first):
        values[place] = b"%*b" % (_width(cents), b"")
    filled = template.head % template.of_head(values) + template.tail % template.of_tail(values)
    return replace(template, size=len(filled))


def _width(cents: int) -> int:
    """The most bytes that a multiple of an amount takes."""
    return len(b"%d.00" % (abs(cents) * FACTORS // 100)) + (cents < 0) if cents else len(written(0))


def _picker(places: Sequence[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple([values[place] for place in places])


def _replaced(found: re.Match[bytes], form: bytes) -> bytes:
    """The whole of what was found, with `form` in place of the group that was."""
    group = found.lastgroup or 0
    return found[0][: found.start(group) - found.start()] + form + found[0][found.end(group) - found.start() :]
