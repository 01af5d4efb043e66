"""What a dry run leaves in `test_output/`: the plan as JSON, what would be added and changed as CSV, and a page to read."""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from errno import ENOSPC
from pathlib import Path

from syncdb.engine.report import Report
from syncdb.errors import NeedsPerson
from syncdb.model import Action, Field, Operation, Plan, Side
from syncdb.pairs.base import Words
from syncdb.services.display import csv_cell, shown
from syncdb.services.dry_run_page import MOST_OPERATIONS, grouped
from syncdb.services.dry_run_plans import PAGE, Planned, figures_of, listed, made_at, overview, rendered
from syncdb.services.run_summary import why_left


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

    `systems` names both sides where both may be written. `words` say how the other side is spoken of, `names` what people call
    the records of these keys. `plans` are all of the dry run where there are several, this one among them.
    """

    report: Report
    fields: Sequence[Field]
    target: str
    words: Words
    tracks_orders: bool
    systems: Mapping[Side, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    plans: Sequence[Planned] = ()


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
            _write_rows(folder / "rows_to_append.csv", _added(plan), dry.fields, dry.systems),
            _write_changes(folder / "cells_to_change.csv", changes, dry.words),
            _write(folder / PAGE, _page(folder, dry, plan, changes)),
        ]
    except OSError as error:
        raise _unwritable(folder, error) from error


def write_overview(folder: Path, plans: Sequence[Planned]) -> Path:
    """Write the page that lists the plans of a dry run, where none of them has its page there. Raises as `write_dry_run`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _write(folder / PAGE, overview(plans, folder))
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> NeedsPerson:
    way_on = "Free some space" if error.errno == ENOSPC else "Close what has those files open, check that you may write there"
    return NeedsPerson(
        f"The dry run could not be written to {folder}: {error.strerror or error}. Nothing else was changed.",
        next_step=f"{way_on}, and run it again.",
    )


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
            removal = {"becomes": plan.removal.get(op.side, "deleted")} if op.action is Action.DELETE else {}
            data = op.as_data() | {"key": op.key, "action": op.action.value} | removal
            file.write((",\n  " if number else "\n  ") + json.dumps(data, ensure_ascii=False))
        file.write("\n ]\n}\n")
    return path


def _write_rows(path: Path, added: Iterable[Operation], fields: Sequence[Field], systems: Mapping[Side, str]) -> Path:
    """Where both sides may be written, the first column says to which each row comes."""
    rows = (
        [*([csv_cell(systems[op.side])] if systems else []), *(csv_cell(op.changes.get(field.name)) for field in fields)]
        for op in added
    )
    return _write_csv(path, [*(["Where"] if systems else []), *(field.label for field in fields)], rows)


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


def _page(folder: Path, dry: DryRun, plan: Plan, changes: Sequence[CellChange]) -> str:
    systems = dry.systems or {Side.LEFT: "", Side.RIGHT: dry.words.title}
    groups = grouped(
        plan.operations,
        dry.report.conflicts,
        dry.fields,
        dry.names,
        dry.systems,
        lambda one: why_left(one, dry.words, systems, by_order=dry.tracks_orders),
        by_order=dry.tracks_orders,
    )
    figures = figures_of(plan)
    data = {
        "labels": [one.label for one in dry.fields],
        "key": _key_label(dry.words),
        "removal": figures.removal,
        "groups": [one.as_data() for one in groups],
    }
    return rendered(
        "dry_run.html",
        report=dry.report,
        made=made_at(dry.report),
        plans=listed(dry.plans, folder),
        target=dry.target,
        words=dry.words,
        tracks_orders=dry.tracks_orders,
        figures=figures,
        left=len(dry.report.conflicts),
        more=max(0, len(plan.operations) - MOST_OPERATIONS),
        data=_in_script(data),
    )


def _in_script(data: object) -> str:
    """JSON that may stand in a page: no text in it can end the element that it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
