"""What a dry run leaves in `test_output/`: the plan as JSON, what would be added and changed as CSV, and a page to read."""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from syncdb.engine.report import Report
from syncdb.errors import NeedsPerson
from syncdb.model import Action, Field, Operation, Plan, Side
from syncdb.pairs.base import Words
from syncdb.services.display import csv_cell, shown

MOST_ROWS = 200  # shown on the page; the CSV file has all


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell that would change."""

    key: str
    row: str
    column: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a dry run tells: the report, the fields of what it keeps in step, and between what.

    `systems` names both sides where both may be written. `words` say how the other side is spoken of.
    """

    report: Report
    fields: Sequence[Field]
    target: str
    words: Words
    tracks_orders: bool
    systems: Mapping[Side, str] = field(default_factory=dict)


def write_dry_run(folder: Path, dry: DryRun) -> list[Path]:
    """Write the four files, replacing those of an earlier dry run.

    Raises NeedsPerson where the folder cannot be written.
    """
    plan = dry.report.plan or Plan(())
    changes = list(_changes(plan.operations, {field.name: field.label for field in dry.fields}, dry.systems))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return [
            _write_plan(folder / "plan.json", dry.report, plan),
            _write_rows(folder / "rows_to_append.csv", _added(plan), dry.fields),
            _write_changes(folder / "cells_to_change.csv", changes, dry.words),
            _write(folder / "summary.html", _page(dry, plan, changes)),
        ]
    except OSError as error:
        raise NeedsPerson(
            f"The dry run could not be written to {folder}: {error.strerror or error}. Nothing else was changed.",
            next_step=f"Close what has those files open, check that you may write to {folder}, and run it again.",
        ) from error


def _changes(operations: Iterable[Operation], labels: Mapping[str, str], systems: Mapping[Side, str]) -> Iterable[CellChange]:
    for op in operations:
        where = " ".join(part for part in (systems.get(op.side), op.ref) if part)
        if op.action is Action.UPDATE:
            for name, value in op.changes.items():
                yield CellChange(op.key, where, labels.get(name, name), shown(op.expected.get(name)), shown(value), op.reason)


def _added(plan: Plan) -> Iterator[Operation]:
    return (op for op in plan.operations if op.action is Action.CREATE)


def _write_plan(path: Path, report: Report, plan: Plan) -> Path:
    """The report with the operations added one by one: a plan may be larger than memory."""
    conflicts = [{"key": one.key, "field": one.field, "why": one.why.value, "where": list(one.where)} for one in report.conflicts]
    head = json.dumps(report.as_data() | {"conflicts": conflicts}, indent=1, ensure_ascii=False)
    with _private(path).open("w", encoding="utf-8") as file:
        file.write(head.removesuffix("\n}") + ',\n "operations": [')
        for number, op in enumerate(plan.operations):
            data = op.as_data() | {"key": op.key, "action": op.action.value}
            file.write((",\n  " if number else "\n  ") + json.dumps(data, ensure_ascii=False))
        file.write("\n ]\n}\n")
    return path


def _write_rows(path: Path, added: Iterable[Operation], fields: Sequence[Field]) -> Path:
    rows = ([csv_cell(op.changes.get(field.name)) for field in fields] for op in added)
    return _write_csv(path, [field.label for field in fields], rows)


def _write_changes(path: Path, changes: Sequence[CellChange], words: Words) -> Path:
    rows = ([csv_cell(text) for text in (one.key, one.row, one.column, one.before, one.after, one.reason)] for one in changes)
    return _write_csv(path, [_key_label(words), "Row", "Column", "Before", "After", "Why"], rows)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    # the byte-order mark makes Excel read it as UTF-8
    with _private(path).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _write(path: Path, text: str) -> Path:
    _private(path).write_text(text, encoding="utf-8")
    return path


def _private(path: Path) -> Path:
    """The files hold customers' data: made readable by their owner only."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return path


def _key_label(words: Words) -> str:
    """What the key of a row is called."""
    return f"{words.record.capitalize()} ID"


def _page(dry: DryRun, plan: Plan, changes: Sequence[CellChange]) -> str:
    # here: a run that is no dry run starts faster without it
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("syncdb.services"), autoescape=True, undefined=StrictUndefined)
    rows = [[shown(op.changes.get(field.name)) for field in dry.fields] for op in islice(_added(plan), MOST_ROWS)]
    return environment.get_template("dry_run.html").render(
        report=dry.report,
        target=dry.target,
        words=dry.words,
        key_label=_key_label(dry.words),
        tracks_orders=dry.tracks_orders,
        labels=[field.label for field in dry.fields],
        added=plan.count(Action.CREATE),
        rows=rows,
        changes=changes[:500],
        changed=len(changes),
        conflicts=[(one.key, one.field or "", one.why.value, ", ".join(one.where)) for one in dry.report.conflicts][:200],
    )
