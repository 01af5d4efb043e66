"""A finished run in a few lines for the person who started it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from syncdb.engine.report import Report
from syncdb.errors import Exit
from syncdb.model import Action, Conflict, Side, Why
from syncdb.pairs.base import Run, RunResults, Words
from syncdb.programs import MANAGER
from syncdb.wording import some_of, stopped

# of rows that follow the orders of a shop
_TOLD = {
    Why.FORMULA: "has a person's formula in a column that is ours; it was left alone",
    Why.UNREADABLE: "holds what is not a value of its field in {place}; it was left alone",
    Why.EDITED: "was edited in {place}; it was left as it is (edited_cells = report)",
    Why.DOUBLED: "stands in several rows (a copied row?); none of them is touched until one is left",
    Why.GONE: "was deleted in {place}; it stays away (deleted_rows = respect)",
    Why.BOTH_CHANGED: "was changed on both sides",
    Why.ALIKE: "moved on both sides, and one of the movements may be a write of syncdb whose answer was lost",
    Why.NO_BASE: "differs, and nobody knows what was last agreed",
    Why.EDIT_AGAINST_DELETE: "was deleted on one side and edited on the other; the edit was kept",
    Why.NOTED: "was deleted on one side, and people keep notes of their own with it on the other; it was kept",
    Why.AMBIGUOUS: "could be the same as several others; all of them were left alone until it is clear which one is meant",
}
# of records that may be written on both sides
_TOLD_BETWEEN = _TOLD | {
    Why.FORMULA: "is worked out by a formula in {place}; it was left alone",
    Why.EDITED: "was changed in {place}, but may not be written to {other}{allowed}; it was left as it is",
    Why.GONE: "was deleted on one side; the other was left as it is",
}
SHOWN_CONFLICTS = 10
NO_REMOVALS = ("rows_added", "rows_changed", "rows_restored")  # all other counts of rows are of what a deletion came to
DRY_LEFT = "test_output names them, and why"


def summary(
    run: Run, report: Report, systems: Mapping[Side, str], log_file: Path | None, results: RunResults | None = None
) -> list[str]:
    """The lines to print, most important first. `systems` are both sides as people call them."""
    labels = {field.name: field.label for fields in run.fields.values() for field in fields}
    if run.tracks_orders:
        parts = [*_figures(report, run.words.title, systems[Side.LEFT]), *_conflicts(report, run.words, labels)]
    else:
        parts = [*_figures_between(report, systems), *_conflicts_between(report, run.words, labels, systems)]
    counted = [] if results is None else _counted(results, planned=report.mode == "test")
    return [_headline(report, run.between), *parts, *counted, *_notes(report), *_failure(report, log_file)]


def _counted(results: RunResults, *, planned: bool) -> Iterator[str]:
    """What became of which thing, with names."""
    plain = {"Created": results.created, "Updated": results.updated}
    for word, names in plain.items():
        if names:
            yield f"  {f'To be {word.lower()}' if planned else word}: {len(names)} ({some_of(names, SHOWN_CONFLICTS)})"
    for name, why in results.failed[:SHOWN_CONFLICTS]:
        yield f"  Failed: {name}: {why}"
    if len(results.failed) > SHOWN_CONFLICTS:
        yield f"  ... and {len(results.failed) - SHOWN_CONFLICTS} more failed; --json names all of them."
    figures = (len(results.created), len(results.updated), len(results.failed), len(results.skipped), results.total)
    yield "  Created {}, updated {}, failed {}, skipped {}, total {}.".format(*figures)


def _figures_between(report: Report, systems: Mapping[Side, str]) -> Iterator[str]:
    left, right = systems[Side.LEFT], systems[Side.RIGHT]
    one_way = Side.LEFT not in report.writes  # of a side that is only read there is nothing to tell
    if report.mode == "test" and report.plan is not None:
        for side, name in systems.items():
            if side not in report.writes:
                continue
            mine = [op for op in report.plan.operations if op.side is side]
            added, changed = (sum(op.action is action for op in mine) for action in (Action.CREATE, Action.UPDATE))
            gone = {word: count for (of, word), count in report.removals.items() if of is side}
            removed = "".join(f"; {_many(count, 'record')} would be {word}" for word, count in gone.items())
            yield f"  {name}: it would add {_many(added, 'record')} and change {_many(changed, 'record')}{removed}."
        if report.held_back:
            yield f"  Of what it would add, {_many(len(report.held_back), 'record')} would be held back:"
            yield from _held_back(report)
        return
    counts = report.counts
    written = counts["written_left"] or counts["written_right"]
    if not written:
        if report.failure is None:
            yield f"  {right}: nothing to change." if one_way else "  Nothing to change on either side."
    else:
        there = {name: counts[f"{name}_left"] for name in counts if name.startswith("rows_") and not name.endswith("_left")}
        yield _done(right, {name: counts[name] - first for name, first in there.items()})
        if not one_way:
            yield _done(left, there)
    if counts["quarantined"]:
        yield f"  Held back: {_many(counts['quarantined'], 'record')}: {MANAGER} errors says which and why."
        yield from _held_back(report)


def _restored(restored: int, added: int) -> str:
    """How many of the rows that were added had been there before, as a remark."""
    if not restored:
        return ""
    which = f"{restored} of them" if restored < added else "it" if added == 1 else "all of them"
    return f" ({which} had been deleted)"


def _held_back(report: Report) -> Iterator[str]:
    """The first of what was held back, by what to do about it."""
    shown = report.held_back[:SHOWN_CONFLICTS]
    for next_step in dict.fromkeys(one.next_step for one in shown):
        yield from (f"    {one.name}: {one.why.rstrip('.')}." for one in shown if one.next_step == next_step)
        yield f"      What to do: {next_step}"


def _done(system: str, counts: Mapping[str, int]) -> str:
    """What was written to one system. What is seldom done is told only where it was."""
    removed = removals(counts, "record")
    gone = "".join(f", {one}" for one in removed)
    added, changed = counts.get("rows_added", 0), counts.get("rows_changed", 0)
    return f"  {system}: {_many(added, 'record')} added, {_many(changed, 'record')} changed{gone}."


def removals(counts: Mapping[str, int], thing: str) -> list[str]:
    """What deletions came to, in words: "1 record set to draft"."""
    names = (name for name in counts if name.startswith("rows_") and name not in NO_REMOVALS and not name.endswith("_left"))
    words = {name: name.removeprefix("rows_").replace("_", " ") for name in names if counts[name]}
    return [f"{_many(counts[name], thing)} {word}" for name, word in words.items()]


def why_left(one: Conflict, words: Words, systems: Mapping[Side, str], *, by_order: bool) -> str:
    """Why something was left for a person, as the rest of a sentence about it."""
    other = f"the {words.left}" if words.left else systems[Side.LEFT]
    allowed = f" ({words.allowed_by})" if words.allowed_by else ""
    told = (_TOLD if by_order else _TOLD_BETWEEN).get(one.why, one.why.value)
    return told.format(place=words.place, other=other, allowed=allowed)


def _conflicts_between(report: Report, words: Words, labels: Mapping[str, str], systems: Mapping[Side, str]) -> Iterator[str]:
    allowed = f" ({words.allowed_by})" if words.allowed_by else ""
    other = f"the {words.left}" if words.left else systems[Side.LEFT]
    met = len(report.conflicts)
    if count := max(met, report.open_conflicts):
        # what a dry run met is nowhere but in its own files
        where = DRY_LEFT if report.mode == "test" else f"see and decide them with {MANAGER} conflicts"
        earlier = f", {count - met} of them since earlier runs" if count > met else ""
        yield f"  Left for a person: {count}{earlier}; {where}"
    for one in report.conflicts[:SHOWN_CONFLICTS]:
        name = report.names.get(one.key, one.key)
        what = f'"{labels.get(one.field, one.field)}" of {name}' if one.field else name
        yield f"    {what} {_TOLD_BETWEEN.get(one.why, one.why.value).format(place=words.place, other=other, allowed=allowed)}."
    if len(report.conflicts) > SHOWN_CONFLICTS:
        yield f"    ... and {len(report.conflicts) - SHOWN_CONFLICTS} more."


def _headline(report: Report, place: str) -> str:
    if report.failure is not None:
        return f"Not finished: {place}."
    if report.mode == "test":
        return f"Dry run for {place}. Nothing was changed."
    if report.exit_code is Exit.PARTIAL:
        return f"Done in part: {place}."
    return f"Done: {place}."


def _figures(report: Report, system: str, shop: str) -> Iterator[str]:
    counts = report.counts
    if counts["fetched"] or report.failure is None:
        seen = ", ".join(f"{counts[f'orders_{kind}']} {kind}" for kind in ("new", "changed", "same") if counts[f"orders_{kind}"])
        yield f"  Orders read: {counts['fetched']}" + (f" ({seen})" if seen else "")
    if report.mode == "test" and report.plan is not None:
        cells = sum(len(op.changes) for op in report.plan.operations if op.action is Action.UPDATE)
        added, changed = report.plan.count(Action.CREATE), report.plan.count(Action.UPDATE)
        yield f"  It would append {_many(added, 'row')} and change {_many(cells, 'cell')} in {_many(changed, 'row')}."
    elif counts["rows_added"] or counts["rows_changed"]:
        back = _restored(counts["rows_restored"], counts["rows_added"])
        rows = counts["rows_changed"] - counts["written_left"]
        changes = f"{_many(counts['cells_changed'], 'cell')} changed in {_many(rows, 'row')}" if rows else "0 cells changed"
        yield f"  {system}: {_many(counts['rows_added'], 'row')} added{back}, {changes}."
        if counts["written_left"]:
            yield f"  {shop}: {_many(counts['written_left'], 'order')} changed."
    elif report.failure is None:
        yield f"  {system}: nothing to change."
    if counts["quarantined"]:
        yield (
            f"  Held back: {_many(counts['quarantined'], 'order')}. Each run tries again; {MANAGER} errors says which and why."
        )


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _conflicts(report: Report, words: Words, labels: Mapping[str, str]) -> Iterator[str]:
    if report.conflicts:
        yield f"  Left for a person: {len(report.conflicts)}"
    for one in report.conflicts[:SHOWN_CONFLICTS]:
        yield f"    {_what(one, words, labels, report.names)} {_TOLD.get(one.why, one.why.value).format(place=words.place)}."
    if len(report.conflicts) > SHOWN_CONFLICTS:
        yield f"    ... and {len(report.conflicts) - SHOWN_CONFLICTS} more; --json names a hundred, the ledger all of them."


def _what(conflict: Conflict, words: Words, labels: Mapping[str, str], names: Mapping[str, str]) -> str:
    where = f" ({'row ' if conflict.field else 'rows '}{', '.join(conflict.where)})" if conflict.where else ""
    name = names.get(conflict.key, conflict.key)
    called = conflict.key if name == conflict.key else f"{conflict.key} of {name}"
    if conflict.field:
        return f'"{labels.get(conflict.field, conflict.field)}" of {words.record} {called}{where}'
    return f"{words.record.capitalize()} {called}{where}"


def _notes(report: Report) -> Iterator[str]:
    for note in report.notes:
        yield f"  Note: {note.message} {note.next_step}".rstrip()


def _failure(report: Report, log_file: Path | None) -> Iterator[str]:
    if report.failure is None:
        return
    yield stopped(str(report.failure))
    if report.failure.next_step:
        yield f"What to do: {report.failure.next_step}"
    if log_file is not None:
        yield f"Log: {log_file}"
