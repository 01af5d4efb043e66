"""Chains of references in formulas ($variant.product.title): which columns they lead through, and what leads back to a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from syncdb.sandbox.grist.cells import target
from syncdb.sandbox.grist.table import Column, Table

CHAIN = re.compile(r"(?<![\w.])(\$|rec\.)([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")


def renamed(tables: Mapping[int, Table], table: Table, formula: str, of: Table, old: str, new: str) -> str:
    """A formula of `table` after a column of the table `of` got another name; chains that lead to it are followed (observed)."""

    def replaced(found: re.Match[str]) -> str:
        names, here = found[2].split("."), table
        for place, name in enumerate(names):
            if here is of and name == old:
                names[place] = name = new
            column = here.find(name)
            following = _referred(tables, column) if column else None
            if following is None:
                break
            here = following
        return found[1] + ".".join(names)

    return CHAIN.sub(replaced, formula)


def reached_by(tables: Mapping[int, Table], table: Table, formula: str, touched: Mapping[int, Iterable[int]]) -> set[int]:
    """The rows of `table` whose formula looks at a row that was touched, its own or one that its chains lead to."""
    due = set(touched.get(table.ref, ())) & table.rows.keys()
    for found in CHAIN.finditer(formula):
        due |= _back(list(_steps(tables, table, found[2].split("."))), touched)
    return due


def _steps(tables: Mapping[int, Table], table: Table, names: list[str]) -> Iterator[tuple[Table, Column, Table]]:
    for name in names:
        column = table.find(name)
        following = _referred(tables, column) if column else None
        if column is None or following is None:
            return
        yield table, column, following
        table = following


def _back(steps: list[tuple[Table, Column, Table]], touched: Mapping[int, Iterable[int]]) -> set[int]:
    due: set[int] = set()
    for table, column, other in reversed(steps):
        wanted = due | set(touched.get(other.ref, ()))
        due = {row for row in table.rows if table.get(row, column) in wanted} if wanted else set()
    return due


def _referred(tables: Mapping[int, Table], column: Column) -> Table | None:
    return next((one for one in tables.values() if one.id == target(column.type)), None)
