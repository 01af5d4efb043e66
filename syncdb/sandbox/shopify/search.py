"""Shopify's search syntax: `field:value`, comparisons, AND, OR, NOT and brackets.

What is not understood is left out, so that more is found rather than less, and a warning says so (observed).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo


class Searchable(Protocol):
    """What a search is tried on: its number, the text it is found by, and its words by field."""

    @property
    def number(self) -> int: ...

    @property
    def text(self) -> str: ...

    @property
    def words(self) -> dict[str, frozenset[str]]: ...


Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Grammar:
    """The fields a kind of thing is searched by. `times` and `figures` are attributes of what is searched, `words` keys
    of its words; `closed` lists all values of those fields that have no others.
    """

    times: frozenset[str]
    words: frozenset[str]
    closed: Mapping[str, frozenset[str] | set[str]] = field(default_factory=dict)
    figures: frozenset[str] = frozenset()


CLOSED_SETS = {
    "status": {"open", "closed", "cancelled", "not_closed", "any"},
    "test": {"true", "false"},
    "financial_status": {"paid", "pending", "authorized", "partially_paid", "partially_refunded"}
    | {"refunded", "voided", "expired"},
    "fulfillment_status": {"unshipped", "shipped", "fulfilled", "partial", "scheduled", "on_hold", "unfulfilled"}
    | {"request_declined", "partially_fulfilled"},
}
ORDERS = Grammar(
    frozenset({"created_at", "updated_at", "processed_at"}),
    frozenset(
        {"name", "tag", "sku", "source_name", "source_identifier", "po_number", "confirmation_number", "email"}
        | {"customer_id", "test", "status", "financial_status", "fulfillment_status"}
    ),
    CLOSED_SETS,
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "": operator.eq,
}
TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()])
    |(?P<term>-?(?:\w[\w.\-]*:)?(?:>=|<=|>|<)?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s()'"]+))
    |(?P<other>\S))""",
    re.VERBOSE,
)
TERM = re.compile(r"(?P<minus>-?)(?:(?P<field>\w[\w.\-]*):)?(?P<op>>=|<=|>|<)?(?P<value>.*)", re.DOTALL)


@dataclass(slots=True)
class Search:
    """A search as understood: the test it makes of an entry, and what could not be understood.

    `databased` tells searches by id alone, which are answered from the database (observed in their cursors).
    """

    test: Test
    fields: list[str]
    parsed: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    @property
    def databased(self) -> bool:
        return bool(self.fields) and set(self.fields) == {"id"}

    def report(self, path: list[str], query: str) -> dict[str, Any]:
        """The entry for `extensions.search`."""
        parsed = self.parsed[0] if len(self.parsed) == 1 else {"and": self.parsed}
        return {"path": path, "query": query, "parsed": parsed, "warnings": self.warnings}


def read_search(query: str | None, timezone: str, grammar: Grammar = ORDERS) -> Search:
    """Understand a search. Times without a zone, and whole days, are the shop's."""
    tokens = [match for match in TOKEN.finditer(query or "") if match.lastgroup]
    reader = _Reader(tokens, ZoneInfo(timezone), grammar)
    search = Search(lambda _: True, reader.fields, reader.parsed, reader.warnings)
    tests = []
    while reader.more():
        tests.append(reader.either())
    search.test = lambda entry: all(test(entry) for test in tests)
    return search


class _Reader:
    """A walk over the tokens of a search."""

    def __init__(self, tokens: list[re.Match[str]], zone: ZoneInfo, grammar: Grammar) -> None:
        self._tokens, self._zone, self._grammar, self._at = tokens, zone, grammar, 0
        self.fields: list[str] = []
        self.parsed: list[dict[str, Any]] = []
        self.warnings: list[dict[str, str]] = []

    def more(self) -> bool:
        return self._at < len(self._tokens)

    def _peek(self) -> str:
        return self._tokens[self._at].group().strip() if self.more() else ""

    def _take(self) -> str:
        text = self._peek()
        self._at += 1
        return text

    def either(self) -> Test:
        tests = [self._all()]
        while self._peek() == "OR":
            self._take()
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda entry: any(test(entry) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self.more() and self._peek() not in ("OR", ")"):
            if self._peek() == "AND":
                self._take()
                continue
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda entry: all(test(entry) for test in tests)

    def _one(self) -> Test:
        text = self._take()
        if text == "NOT":
            inner = self._one()
            return lambda entry: not inner(entry)
        if text == "(":
            inner = self.either()
            if self._peek() == ")":
                self._take()
            return inner
        return _true if text in (")", "") else self._term(text)

    def _term(self, text: str) -> Test:
        found = TERM.fullmatch(text)
        assert found is not None  # the pattern fits any text
        name, sign, raw = found["field"], found["op"] or "", found["value"]
        value, quoted = _unquoted(raw)
        if name is None:
            self.parsed.append({"field": "default", "match_all": value})
            self.fields.append("default")
            return _negated(lambda entry: value.casefold() in entry.text, found["minus"])
        self.parsed.append({"field": name, "match_all": value} if not sign else {"field": name, "range": {sign: value}})
        negative = name == "tag_not"
        test = self._field("tag" if negative else name, sign, value, quoted)
        if test is None:
            return _true
        self.fields.append(name)
        return _negated(test, found["minus"] or ("-" if negative else ""))

    def _field(self, name: str, sign: str, value: str, quoted: bool) -> Test | None:
        if name in self._grammar.times:
            return self._time(name, sign, value, quoted)
        if name == "id":
            return self._number(sign, value)
        if name in self._grammar.figures:
            return self._figure(name, sign, value)
        if name in self._grammar.words:
            return self._words(name, value)
        self._warn(name, "Invalid search field for this query.", "invalid_field")
        return None

    def _time(self, name: str, sign: str, value: str, quoted: bool) -> Test | None:
        # Reported: without quotes the time of day is lost and the day is the shop's.
        written = value if quoted else value.split("T")[0]
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            self._warn(name, "Invalid value for this field.", "invalid_value")
            return None
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
        wanted = zoned.astimezone(UTC).timestamp() * 1000
        if not sign and len(written) == 10:
            return lambda entry: wanted <= getattr(entry, name) < wanted + 86_400_000
        compare = COMPARE[sign]
        return lambda entry: compare(getattr(entry, name), wanted)

    def _number(self, sign: str, value: str) -> Test | None:
        wanted = {part.rsplit("/", 1)[-1] for part in value.split(",")}
        if not all(part.isdigit() for part in wanted):
            self._warn("id", "Invalid value for this field.", "invalid_value")
            return None
        if not sign:
            numbers = {int(part) for part in wanted}
            return lambda entry: entry.number in numbers
        compare, bound = COMPARE[sign], int(wanted.pop())
        return lambda entry: compare(entry.number, bound)

    def _figure(self, name: str, sign: str, value: str) -> Test | None:
        try:
            wanted = float(value)
        except ValueError:
            self._warn(name, "Invalid value for this field.", "invalid_value")
            return None
        compare = COMPARE[sign]
        return lambda entry: compare(getattr(entry, name), wanted)

    def _words(self, name: str, value: str) -> Test | None:
        wanted = frozenset(part.strip().casefold() for part in value.split(",")) if "," in value else {value.casefold()}
        known = self._grammar.closed.get(name)
        if known and not wanted <= known:
            self._warn(name, "Invalid value for this field.", "invalid_value")
            return None
        if value.endswith("*"):
            start = value[:-1].casefold()
            return lambda entry: any(word.startswith(start) for word in entry.words[name])
        return lambda entry: not wanted.isdisjoint(entry.words[name])

    def _warn(self, name: str, message: str, code: str) -> None:
        self.warnings.append({"field": name, "message": message, "code": code})


def _true(_: Searchable) -> bool:
    return True


def _negated(test: Test, minus: str) -> Test:
    return (lambda entry: not test(entry)) if minus else test


def _unquoted(raw: str) -> tuple[str, bool]:
    if len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", raw[1:-1]), True
    return raw, False
