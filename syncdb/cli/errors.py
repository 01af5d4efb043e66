"""`errors`: what failed and is not made good, by cause; and closing one with a reason."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.programs import MANAGER

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.ledger.queries.errors import Group
    from syncdb.services.calendar import Calendar
    from syncdb.services.ledger_location import LedgerLocation

NAMED = 8


def errors(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were resolved.")] = False,
    resolve: Annotated[
        list[int] | None, typer.Option("--resolve", metavar="ID", help="Close this error; may be given several times.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is closed; kept with it.")] = "",
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `errors`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=bool(resolve)) as output:
        from syncdb.services.ledger_location import find_ledger

        place = find_ledger(config, db)
        if resolve:
            _close(output, place.ledger, resolve, reason)
        else:
            _list(output, place, everything)


def _list(output: "Output", place: "LedgerLocation", everything: bool) -> None:
    from syncdb.clock import SYSTEM
    from syncdb.ledger.queries import errors, overview
    from syncdb.ledger.queries.catalogue import Things
    from syncdb.ledger.queries.reader import reading
    from syncdb.services.attention import failed_runs
    from syncdb.services.calendar import Calendar
    from syncdb.services.error_closing import names_of
    from syncdb.services.status import read_status

    with reading(place.ledger) as reader:
        calendar = Calendar.of((reader.shop or {}).get("zone"), SYSTEM.now())
        failed = failed_runs(read_status(reader, place, SYSTEM.now()))
        groups = errors.grouped(errors.errors_since(reader, "") if everything else errors.open_errors(reader))
        conflicts = overview.conflicts(reader)
        called = names_of(reader, (one for group in groups for one in group.errors))
        names = Things(reader).names_of((one["pair"], one["key"]) for one in conflicts if not one["order_id"])
    if output.as_json:
        told = [group_as_data(group, called) for group in groups]
        left = [one | {"name": names.get((one["pair"], one["key"]))} for one in conflicts]
        runs = [{"message": one.message, "next_step": one.next_step} for one in failed]
        output.data({"failed_runs": runs, "groups": told, "left_to_people": left})
        return
    for one in failed:
        output.line(one.message, "bold red")
        if not one.next_step.endswith(f"{MANAGER} errors"):  # which is what is being answered
            output.line(f"What to do: {one.next_step}")
        output.line()
    output.line(_headline(groups, everything), "bold")
    for group in groups:
        _show(output, group, calendar, called)
    if conflicts:
        _show_conflicts(output, conflicts, calendar, names)


def _headline(groups: "Sequence[Group]", everything: bool) -> str:
    still = sum(one["resolved_at"] is None for group in groups for one in group.errors)
    told = f"{still or 'No'} open error{'' if still == 1 else 's'}"
    closed = sum(len(group.errors) for group in groups) - still
    return f"{told}, {closed} resolved." if everything else f"{told}."


def _show(output: "Output", group: "Group", calendar: "Calendar", names: Mapping[int, str]) -> None:
    output.line()
    state = "" if group.open else " (resolved)"
    output.line(f"{group.stage}: {group.cause}{state}", "bold")
    output.facts(_facts(group, calendar, names))


def _facts(group: "Group", calendar: "Calendar", names: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    from syncdb.services.error_closing import concerned, message

    first, last = calendar.show(group.first_at), calendar.show(group.last_at)
    yield "  Seen", f"once, {last}" if group.times == 1 else f"{group.times} times, first {first}, last {last}"
    named = [f"{concerned(one, names.get(one['error_id'], ''))} (error {one['error_id']})" for one in group.errors]
    more = f" and {len(named) - NAMED} more; --json lists all" if len(named) > NAMED else ""
    yield "  Concerns", ", ".join(named[:NAMED]) + more
    yield "  Message", message(group.errors[0], names.get(group.errors[0]["error_id"], ""))
    yield "  What to do", group.next_step if group.open else ""
    resolved = group.errors[0]["resolution"]
    yield "  Resolved", f"{calendar.show(group.errors[0]['resolved_at'])}: {resolved}" if resolved else ""


def _show_conflicts(
    output: "Output", conflicts: Sequence[Mapping[str, Any]], calendar: "Calendar", names: Mapping[tuple[str, str], str]
) -> None:
    from syncdb.cli.output import Column

    output.line()
    output.line(f"{len(conflicts)} left for a person to decide (nothing is lost; both sides are as they were)", "bold")
    rows = (_conflict_row(one, calendar, names) for one in conflicts[:50])
    things = any((one["pair"], one["key"]) in names for one in conflicts)
    titles = ("Concerns" if things else "Order", "Line", "Column", "Why", "Where", "Since")
    output.table([Column(title) for title in titles], rows)
    output.hint(f"Side by side, and to decide: {MANAGER} conflicts")
    if len(conflicts) > 50:
        output.hint(f"These are 50 of {len(conflicts)}; --json lists them all.")


def _conflict_row(one: Mapping[str, Any], calendar: "Calendar", names: Mapping[tuple[str, str], str]) -> list[str]:
    where = ", ".join(place for place in one["detail"]["where"] if "://" not in place)  # an id is no place that people know
    name = names.get((one["pair"], one["key"]))
    concerns, line = (name, "") if name else (one["order_name"] or "", one["key"])
    return [concerns, line, one["field"], one["why"], where, calendar.short(one["first_at"])]


def group_as_data(group: "Group", names: Mapping[int, str] | None = None) -> dict[str, Any]:
    """A group for scripts; `names` are what people call the products and the like that it concerns, by the errors' numbers."""
    return {
        "stage": group.stage,
        "cause": group.cause,
        "open": group.open,
        "count": len(group.errors),
        "times": group.times,
        "first_at": group.first_at,
        "last_at": group.last_at,
        "message": group.message,
        "next_step": group.next_step,
        "errors": [one | {"name": (names or {}).get(one["error_id"])} for one in group.errors],
    }


def _close(output: "Output", path: Path, ids: Sequence[int], reason: str) -> None:
    from syncdb.clock import SYSTEM
    from syncdb.services.error_closing import close_errors

    closed = close_errors(path, ids, reason, SYSTEM.now())
    if output.as_json:
        output.data({"closed": closed.count, "ids": list(ids)})
        return
    before = " The others were closed before." if closed.count < len(ids) else ""
    output.line(f"Closed {closed.count} error{'' if closed.count == 1 else 's'}.{before}")
    if closed.hint:
        output.hint(closed.hint)
