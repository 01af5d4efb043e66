"""Rows as CSV, JSON or JSON Lines, written as they come: memory does not grow with their number."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TextIO

from syncdb.services.display import csv_cell
from syncdb.services.export_shape import ExportColumn
from syncdb.values import Value

Rows = Iterable[Sequence[Any]]


def write_text(stream: TextIO, kind: str, columns: Sequence[ExportColumn], rows: Rows) -> int:
    """Write rows as "csv", "json" (one array) or "jsonl" (an object a line); how many there were."""
    writer = {"csv": _csv, "json": _json, "jsonl": _jsonl}[kind]
    return writer(stream, columns, rows)


def _csv(stream: TextIO, columns: Sequence[ExportColumn], rows: Rows) -> int:
    writer = csv.writer(stream)
    writer.writerow([csv_cell(column.label) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([csv_cell(value) for value in row])
        count += 1
    return count


def _json(stream: TextIO, columns: Sequence[ExportColumn], rows: Rows) -> int:
    count = 0
    stream.write("[")
    for text in _objects(columns, rows):
        stream.write(("," if count else "") + "\n" + text)
        count += 1
    stream.write("\n]\n" if count else "]\n")
    return count


def _jsonl(stream: TextIO, columns: Sequence[ExportColumn], rows: Rows) -> int:
    count = 0
    for text in _objects(columns, rows):
        stream.write(text + "\n")
        count += 1
    return count


def _objects(columns: Sequence[ExportColumn], rows: Rows) -> Iterator[str]:
    names = [column.name for column in columns]
    for row in rows:
        yield json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False)


def _plain(value: Value) -> Any:
    """A value in JSON: amounts are text, so that no reader rounds them; moments are ISO without a zone (the shop's clock)."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else value
