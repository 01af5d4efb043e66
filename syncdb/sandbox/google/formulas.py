"""What formulas show: references, ranges, arithmetic, text joining and a few functions. Others show #NAME?."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from syncdb.sandbox.google.a1 import Area
from syncdb.sandbox.google.cells import small_number
from syncdb.sandbox.google.formats import plain
from syncdb.sandbox.google.references import REFERENCE, area_of_match, sheet_title

_OTHER = re.compile(
    r'\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<text>"(?:[^"]|"")*")|(?P<error>#[A-Z/0]+[!?]?)'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_.]*)|(?P<sign><=|>=|<>|[-+*/^&=<>(),;%:!]))"
)
_ORDER = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}


class FormulaError(Exception):
    """An error value such as #REF! or #DIV/0!."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a formula stands, and how it looks at the cells of an area (by tab title, None: its own)."""

    row: int
    column: int
    look: Callable[[str | None, Area], list[list[Any]]]


def evaluate(formula: str, place: Place) -> Any:
    """The effective value: a number, text, boolean or an error text such as "#DIV/0!"."""
    try:
        parser = _Parser(formula[1:], place)
        value = _single(parser.expression(0))
        return value if parser.at_end() else "#ERROR!"
    except FormulaError as error:
        return str(error)


class _Parser:
    def __init__(self, text: str, place: Place) -> None:
        self.text = text
        self.place = place
        self.at = 0

    def at_end(self) -> bool:
        return not self.text[self.at :].strip()

    def peek(self) -> str:
        match = _OTHER.match(self.text, self.at)
        return (match["sign"] or "") if match else ""

    def take(self, sign: str) -> bool:
        match = _OTHER.match(self.text, self.at)
        if match and match["sign"] == sign:
            self.at = match.end()
            return True
        return False

    def expression(self, level: int) -> Any:
        left = self.operand()
        while (sign := self.peek()) in _ORDER and _ORDER[sign] > level:
            self.take(sign)
            left = _operate(sign, left, self.expression(_ORDER[sign]))
        return left

    def operand(self) -> Any:
        if self.take("-"):
            return -_number(self.operand())
        if self.take("+"):
            return self.operand()
        value = self.atom()
        while self.take("%"):
            value = _number(value) / 100
        return value

    def atom(self) -> Any:
        start = len(self.text) - len(self.text[self.at :].lstrip())
        reference = REFERENCE.match(self.text, start)
        if reference:
            self.at = reference.end()
            return self.place.look(sheet_title(reference), area_of_match(reference, 0))
        match = _OTHER.match(self.text, self.at)
        if match is None:
            raise FormulaError("#ERROR!")
        self.at = match.end()
        return self._atom_of(match)

    def _atom_of(self, match: re.Match[str]) -> Any:
        if match["number"]:
            return small_number(float(match["number"]))
        if match["text"]:
            return match["text"][1:-1].replace('""', '"')
        if match["error"]:
            raise FormulaError(match["error"])
        if match["sign"] == "(":
            value = self.expression(0)
            if not self.take(")"):
                raise FormulaError("#ERROR!")
            return value
        if match["name"]:
            return self._named(match["name"].upper())
        raise FormulaError("#ERROR!")

    def _named(self, name: str) -> Any:
        if name in ("TRUE", "FALSE") and self.peek() != "(":
            return name == "TRUE"
        if not self.take("("):
            raise FormulaError("#NAME?")
        start = self.at
        arguments: list[Any] = []
        while not self.take(")"):
            if self.at_end():
                raise FormulaError("#ERROR!")
            arguments.append(self.expression(0))
            _ = self.take(",") or self.take(";")
        return self._call(name, arguments, start)

    def _call(self, name: str, arguments: list[Any], start: int) -> Any:
        if name in ("ROW", "COLUMN"):
            return self._position(name, start, bool(arguments))
        if name not in _FUNCTIONS:
            raise FormulaError("#NAME?")
        return _FUNCTIONS[name](arguments)

    def _position(self, name: str, start: int, given: bool) -> int:
        area = Area(0, self.place.row, None, self.place.column, None)
        if given:
            reference = REFERENCE.match(self.text, start)
            if reference is None:
                raise FormulaError("#N/A")
            area = area_of_match(reference, 0)
        return (area.r0 if name == "ROW" else area.c0) + 1


def _flat(arguments: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for one in arguments:
        flat.extend(cell for row in one for cell in row) if isinstance(one, list) else flat.append(one)
    return flat


def _numbers(arguments: list[Any]) -> list[float]:
    return [one for one in _flat(arguments) if isinstance(one, int | float) and not isinstance(one, bool)]


def _if(arguments: list[Any]) -> Any:
    chosen = arguments[1:2] if _single(arguments[0]) else arguments[2:3]
    return _single(chosen[0]) if chosen else False


def _average(arguments: list[Any]) -> float:
    numbers = _numbers(arguments)
    if not numbers:
        raise FormulaError("#DIV/0!")
    return sum(numbers) / len(numbers)


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": lambda arguments: small_number(float(sum(_numbers(arguments)))),
    "AVERAGE": _average,
    "MIN": lambda arguments: min(_numbers(arguments), default=0),
    "MAX": lambda arguments: max(_numbers(arguments), default=0),
    "COUNT": lambda arguments: len(_numbers(arguments)),
    "COUNTA": lambda arguments: sum(one is not None for one in _flat(arguments)),
    "CONCATENATE": lambda arguments: "".join(_text(one) for one in _flat(arguments)),
    "CONCAT": lambda arguments: "".join(_text(one) for one in _flat(arguments)),
    "UPPER": lambda arguments: _text(arguments[0]).upper(),
    "LOWER": lambda arguments: _text(arguments[0]).lower(),
    "LEN": lambda arguments: len(_text(arguments[0])),
    "ROUND": lambda arguments: small_number(round(_number(arguments[0]), int(_number(arguments[1])) if arguments[1:] else 0)),
    "IF": _if,
}


def _single(value: Any) -> Any:
    if isinstance(value, list):
        return value[0][0] if value and value[0] else None
    return value


def _number(value: Any) -> float | int:
    value = _single(value)
    if value is None:
        return 0
    if isinstance(value, str):
        if value.startswith("#"):
            raise FormulaError(value)
        try:
            return small_number(float(value))
        except ValueError:
            raise FormulaError("#VALUE!") from None
    return int(value) if isinstance(value, bool) else value


def _text(value: Any) -> str:
    value = _single(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    return value if isinstance(value, str) else plain(value)


def _operate(sign: str, left: Any, right: Any) -> Any:
    if sign == "&":
        return _text(left) + _text(right)
    if sign in ("=", "<>", "<", ">", "<=", ">="):
        return _compare(sign, _single(left), _single(right))
    if sign == "/" and _number(right) == 0:
        raise FormulaError("#DIV/0!")
    return small_number(float(_ARITHMETIC[sign](_number(left), _number(right))))


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}


def _compare(sign: str, left: Any, right: Any) -> bool:
    left, right = ("" if one is None else one.casefold() if isinstance(one, str) else one for one in (left, right))
    if sign in ("=", "<>"):
        return bool(left == right) == (sign == "=")
    if isinstance(left, str) != isinstance(right, str):
        left, right = isinstance(left, str), isinstance(right, str)
    less, more = bool(left < right), bool(left > right)
    return {"<": less, ">": more, "<=": not more, ">=": not less}[sign]
