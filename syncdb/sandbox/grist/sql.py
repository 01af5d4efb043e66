"""POST /sql: one SELECT over the document, in a throw-away SQLite database with the raw values."""

from __future__ import annotations

import json
import marshal
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any

from syncdb.sandbox.grist.cells import Cell, Failed, encode, pure
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.own_tables import USUAL
from syncdb.sandbox.grist.table import Table
from syncdb.sandbox.grist.wire import Json, Refusal

_AFFINITY = {"Text": "TEXT", "Choice": "TEXT", "ChoiceList": "TEXT", "RefList": "TEXT", "Numeric": "NUMERIC", "Int": "INTEGER",
             "Bool": "BOOLEAN", "Ref": "INTEGER", "Date": "DATE", "DateTime": "DATETIME", "ManualSortPos": "NUMERIC"}  # fmt: skip

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


MOST_TIME = 1000  # milliseconds
STEPS_A_MS = 10_000  # of SQLite's machine: time goes by what is done, so that it is the same on every computer


def select(document: Document, statement: str, arguments: Sequence[Any], timeout: float | None = None) -> Json:
    """The rows of a SELECT; `timeout` in milliseconds. Raises Refusal(400) for anything else, and for what SQLite refuses."""
    wanted = statement.removesuffix(";")
    if "select" not in wanted.lower():
        raise Refusal(400, "only select statements are supported")
    with closing(sqlite3.connect(":memory:")) as connection:
        _fill(connection, document, wanted)
        try:
            _limit(connection, min(timeout or MOST_TIME, MOST_TIME))
            cursor = connection.execute(f"select * from ({wanted})", list(arguments))
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        except sqlite3.OperationalError as error:
            slow = str(error) == "interrupted"
            told = "a slow statement resulted in a database interrupt" if slow else f"SQLITE_ERROR: {error}"
            raise Refusal(400, told) from None
        except sqlite3.Error as error:
            raise Refusal(400, f"SQLITE_ERROR: {error}") from None
    fields = ({name: _shown(value) for name, value in zip(names, row, strict=True)} for row in rows)
    return {"statement": statement, "records": [{"fields": one} for one in fields]}


def _limit(connection: sqlite3.Connection, milliseconds: float) -> None:
    left = milliseconds

    def tick() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    connection.set_progress_handler(tick, STEPS_A_MS)


def _fill(connection: sqlite3.Connection, document: Document, statement: str) -> None:
    """Only the tables that the statement mentions."""
    words = set(re.findall(r"\w+", statement.lower()))
    for table in document.tables.values():
        if table.id.lower() in words:
            _create(connection, table)
    for name in ("_grist_Tables", "_grist_Tables_column", *USUAL):
        meta = document.meta(name)
        if name.lower() in words and meta:
            rows = ([row, *fields.values()] for row, fields in meta.items())
            _insert(connection, name, [f'"{one}"' for one in next(iter(meta.values()))], rows)


def _create(connection: sqlite3.Connection, table: Table) -> None:
    columns = table.ordered()
    kinds = [_AFFINITY.get(pure(column.type), "BLOB") for column in columns]
    definitions = [f'"{column.id}" {kind}' for column, kind in zip(columns, kinds, strict=True)]
    pairs = list(zip(columns, kinds, strict=True))
    rows = ([row, *(_kept(table.get(row, column), kind) for column, kind in pairs)] for row in table.ids())
    _insert(connection, table.id, definitions, rows)


def _kept(cell: Cell, affinity: str) -> Cell:
    """SQLite would make a number of text that looks like one; it is kept marshalled, as errors are (observed)."""
    if isinstance(cell, Failed):
        return marshal.dumps(["E", cell.kind], 2)
    if isinstance(cell, str) and affinity not in ("TEXT", "BLOB") and _NUMBER.fullmatch(cell.strip()):
        return marshal.dumps(cell, 2)
    return cell


def _insert(connection: sqlite3.Connection, name: str, definitions: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    connection.execute(f'create table "{name}" (id integer primary key{"".join(f", {one}" for one in definitions)})')
    marks = ", ".join("?" * (len(definitions) + 1))
    connection.executemany(f'insert into "{name}" values ({marks})', ([_raw(cell) for cell in row] for row in rows))


def _raw(cell: Cell) -> Any:
    """A cell as the document's file holds it: lists as JSON text."""
    if isinstance(cell, tuple):
        return json.dumps(list(cell), ensure_ascii=False, separators=(",", ":"))
    return int(cell) if isinstance(cell, bool) else cell


def _shown(value: Any) -> Any:
    return {"type": "Buffer", "data": list(value)} if isinstance(value, bytes) else encode(value)
