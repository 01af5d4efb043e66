"""A small, safe part of Grist's formulas: one expression over $columns, user, value and a few functions.

Nothing of Python is executed: the expression's tree is walked, and what it does not know shows as NameError or the like.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from syncdb.sandbox.grist.access import User
from syncdb.sandbox.grist.cells import Cell, Failed, Stamp, converted, pure, target, zone
from syncdb.sandbox.grist.table import Column, Table

_DOLLAR = re.compile(r"\$(?=[A-Za-z_])")
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda one, many: one in many, ast.NotIn: lambda one, many: one not in many,
    ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
_UNARY: dict[type, Callable[[Any], Any]] = {ast.Not: operator.not_, ast.USub: operator.neg, ast.UAdd: operator.pos}
_METHODS = frozenset({"upper", "lower", "strip", "title", "replace", "split", "startswith", "endswith", "join", "isoformat"})


class InvalidTypedValue(Exception):
    """A formula asked something of text in a column of another type."""


class Alt:
    """Text in a column of another type, as formulas see it: it can be shown and compared, but not reckoned with."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alt) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


class Row:
    """A row as formulas see it: columns are attributes, references lead on."""

    def __init__(self, tables: Mapping[int, Table], table: Table, row: int) -> None:
        self.tables, self.table, self.row = tables, table, row

    def attribute(self, name: str) -> Any:
        if name == "id":
            return self.row
        column = self.table.find(name)
        if column is None:
            raise AttributeError(f"Table '{self.table.id}' has no column '{name}'")
        cell = self.table.get(self.row, column) if self.row in self.table.rows else column.default
        return _rich(self.tables, column, cell)

    def __bool__(self) -> bool:
        return self.row in self.table.rows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and (other.table.ref, other.row) == (self.table.ref, self.row)

    def __hash__(self) -> int:
        return hash((self.table.ref, self.row))


@dataclass(frozen=True, slots=True)
class Lookups:
    """A table's name in a formula, for Table.lookupOne(column=value) and lookupRecords."""

    tables: Mapping[int, Table]
    table: Table

    def rows(self, **wanted: Any) -> list[Row]:
        columns = [(self.table.column(name), value) for name, value in sorted(wanted.items())]
        found = [row for row in self.table.ids() if all(self._holds(row, column, value) for column, value in columns)]
        return [Row(self.tables, self.table, row) for row in found]

    def one(self, **wanted: Any) -> Row:
        return next(iter(self.rows(**wanted)), Row(self.tables, self.table, 0))

    def _holds(self, row: int, column: Column, value: Any) -> bool:
        return bool(self.table.get(row, column) == stored(column.type, value))


def _rich(tables: Mapping[int, Table], column: Column, cell: Cell) -> Any:
    if isinstance(cell, Failed):
        raise _Raised(cell)
    kind = pure(column.type)
    if isinstance(cell, str) and kind not in ("Text", "Choice", "Any"):
        return Alt(cell)
    if kind == "Ref" and isinstance(cell, int):
        other = next((table for table in tables.values() if table.id == target(column.type)), None)
        return Row(tables, other, cell) if other else cell
    if kind in ("ChoiceList", "RefList") and cell is None:
        return ()
    if kind == "Date" and isinstance(cell, float):
        return datetime.fromtimestamp(cell, UTC).date()
    if kind == "DateTime" and isinstance(cell, float):
        return datetime.fromtimestamp(cell, zone(column.type))
    return cell


class _Raised(Exception):
    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


@dataclass(frozen=True, slots=True)
class Scene:
    """What a formula sees besides its row: the tables, who acts, the moment (epoch seconds), a trigger's current value."""

    tables: Mapping[int, Table]
    user: User
    at: float
    value: Any = None


def evaluate(formula: str, row: Row, scene: Scene) -> Any:
    """What a formula comes to; a Failed where it raises."""
    try:
        return _Walker(row, scene).walk(_tree(formula))
    except _Raised as raised:
        return raised.failed
    except RecursionError:
        return Failed("CircularRefError")
    except Exception as error:  # noqa: BLE001 - whatever a formula raises is its result
        return Failed(type(error).__name__, str(error))


def stored(kind: str, result: Any) -> Cell:
    """A formula's result as the cell of a column of that type."""
    return converted(kind, _plain(result), lambda column, value: 0)


@functools.lru_cache(maxsize=512)
def _tree(formula: str) -> ast.expr:
    return ast.parse(_DOLLAR.sub("rec.", formula).strip().removeprefix("return "), mode="eval").body


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return value.row
    if isinstance(value, Alt):
        return value.text
    if isinstance(value, datetime):
        return Stamp(value.timestamp(), False)
    if isinstance(value, date):
        return Stamp(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp(), True)
    return tuple(_plain(one) for one in value) if isinstance(value, list | tuple) else value


class _Walker:
    def __init__(self, row: Row, scene: Scene) -> None:
        self.row, self.scene = row, scene

    def walk(self, node: ast.expr) -> Any:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise SyntaxError(f"the sandbox's formulas have no {type(node).__name__}")
        return method(node)

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        known: dict[str, Any] = {"rec": self.row, "user": self.scene.user, "value": self.scene.value}
        if node.id in known:
            return known[node.id]
        table = next((one for one in self.scene.tables.values() if one.id == node.id), None)
        if table is None:
            raise NameError(f"name '{node.id}' is not defined")
        return Lookups(self.scene.tables, table)

    def _attribute(self, node: ast.Attribute) -> Any:
        owner = self.walk(node.value)
        if isinstance(owner, Row):
            return owner.attribute(node.attr)
        if isinstance(owner, Alt):
            raise InvalidTypedValue(owner.text)
        if isinstance(owner, User):
            return {"Email": owner.email, "Name": owner.name, "UserID": owner.id}[node.attr]
        if isinstance(owner, list) and all(isinstance(one, Row) for one in owner):
            return [one.attribute(node.attr) for one in owner]
        if node.attr in ("year", "month", "day", "hour", "minute") and isinstance(owner, date):
            return getattr(owner, node.attr)
        raise AttributeError(f"'{type(owner).__name__}' object has no attribute '{node.attr}'")

    def _call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Name):
            return self._function(node.func.id, node)
        if not isinstance(node.func, ast.Attribute):
            raise TypeError("not callable")
        owner, name = self.walk(node.func.value), node.func.attr
        if isinstance(owner, Alt):
            raise InvalidTypedValue(owner.text)
        if isinstance(owner, Lookups) and name in ("lookupOne", "lookupRecords"):
            wanted = {str(one.arg): self.walk(one.value) for one in node.keywords}
            return owner.one(**wanted) if name == "lookupOne" else owner.rows(**wanted)
        if name not in _METHODS or not isinstance(owner, str | date):
            raise AttributeError(f"'{type(owner).__name__}' object has no attribute '{name}'")
        return getattr(owner, name)(*(self.walk(one) for one in node.args))

    def _function(self, name: str, node: ast.Call) -> Any:
        if name == "IF":
            wanted, then, *otherwise = node.args
            return self.walk(then) if self.walk(wanted) else self.walk(otherwise[0]) if otherwise else None
        if name in ("NOW", "TODAY"):
            now = datetime.fromtimestamp(self.scene.at, UTC)
            return now if name == "NOW" else now.date()
        if name not in FUNCTIONS:
            raise NameError(f"name '{name}' is not defined")
        return FUNCTIONS[name](*(self.walk(one) for one in node.args))

    def _binop(self, node: ast.BinOp) -> Any:
        return _BINARY[type(node.op)](self.walk(node.left), self.walk(node.right))

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        return _UNARY[type(node.op)](self.walk(node.operand))

    def _boolop(self, node: ast.BoolOp) -> Any:
        stops = isinstance(node.op, ast.Or)
        result: Any = None
        for one in node.values:
            result = self.walk(one)
            if bool(result) is stops:
                return result
        return result

    def _compare(self, node: ast.Compare) -> Any:
        left = self.walk(node.left)
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = self.walk(other)
            if not _COMPARE[type(sign)](left, right):
                return False
            left = right
        return True

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.walk(node.body if self.walk(node.test) else node.orelse)

    def _list(self, node: ast.List) -> Any:
        return [self.walk(one) for one in node.elts]

    def _tuple(self, node: ast.Tuple) -> Any:
        return tuple(self.walk(one) for one in node.elts)

    def _subscript(self, node: ast.Subscript) -> Any:
        if isinstance(node.slice, ast.Slice):
            ends = (None if one is None else self.walk(one) for one in (node.slice.lower, node.slice.upper))
            return self.walk(node.value)[slice(*ends)]
        return self.walk(node.value)[self.walk(node.slice)]

    def _joinedstr(self, node: ast.JoinedStr) -> Any:
        return "".join(str(self.walk(one.value if isinstance(one, ast.FormattedValue) else one)) for one in node.values)


def _round(number: float, places: int = 0) -> float:
    """Halves go away from zero, as in spreadsheets."""
    factor = 10**places
    return math.copysign(math.floor(abs(number) * factor + 0.5) / factor, number)


def _numbers(*values: Any) -> list[Any]:
    flat = [one for value in values for one in (value if isinstance(value, list | tuple) else [value])]
    return [one for one in flat if isinstance(one, int | float) and not isinstance(one, bool)]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ROUND": _round, "ABS": abs, "INT": math.floor, "LEN": lambda text: len(str(text)), "UPPER": lambda text: str(text).upper(),
    "LOWER": lambda text: str(text).lower(), "TRIM": lambda text: " ".join(str(text).split()),
    "CONCATENATE": lambda *parts: "".join(str(part) for part in parts), "SUM": lambda *values: sum(_numbers(*values)),
    "MAX": lambda *values: max(_numbers(*values), default=0), "MIN": lambda *values: min(_numbers(*values), default=0),
    "len": len, "str": str, "int": int, "float": float, "bool": bool, "round": round, "abs": abs, "max": max, "min": min,
    "sum": sum, "sorted": sorted, "list": list,
}  # fmt: skip
