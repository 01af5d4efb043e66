"""What can be exported: kinds of rows, their columns, and the values in them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from syncdb.errors import ConfigurationError
from syncdb.ledger.queries import export_rows
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.services.export_shape import Export, ExportColumn
from syncdb.values import Kind, Value

if TYPE_CHECKING:
    from syncdb.mapping.choice import Amounts

Stream = Callable[[LedgerReader, str], Iterator[dict[str, Any]]]


_PLAIN: dict[str, tuple[Stream, tuple[str, ...]]] = {
    "runs": (
        export_rows.runs,
        ("run_id", "pair", "mode", "started_at", "ended_at", "exit_code", "partial", "message", "counts", "notices", "version"),
    ),
    "errors": (
        export_rows.errors,
        ("error_id", "stage", "cause", "order_id", "order_name", "message", "next_step", "times", "first_at", "last_at")
        + ("first_run", "last_run", "resolved_at", "resolution"),
    ),
    "changes": (export_rows.changes, ("change_id", "seen_at", "run_id", "order_id", "order_name", "path", "before", "after")),
}
LEVELS: dict[str, Literal["order", "line", "refund", "transaction"]] = {
    "orders": "order",
    "lines": "line",
    "refunds": "refund",
    "transactions": "transaction",
}
OF_TABS = ("payouts", "payout-transactions")  # what the ledger knows only where a tab shows it
_COUNTS = {"run_id", "exit_code", "error_id", "times", "first_run", "last_run", "change_id"}
_FLAGS = {"partial"}


def known_columns(what: str) -> list[str]:
    """The names of all columns that this kind of export may have."""
    if what in _PLAIN:
        return list(_PLAIN[what][1])
    if what in OF_TABS:
        from syncdb.services.export_plain import plain_columns

        return plain_columns(what)
    from syncdb.mapping import CATALOGUE

    return [name for name, column in CATALOGUE.items() if column.level in ("order", LEVELS[what])]


def choose(what: str, columns: str, zone: str, currency: str, amounts: "Amounts" = "every_line") -> Export:
    """The export of one kind with the columns named (a list with commas; empty: all or the usual ones).

    Times of orders and lines are the shop's wall clock in `zone`; other moments are ISO in UTC. `amounts` says on which lines of
    an order its own amounts stand. Raises ConfigurationError.
    """
    wanted = [name.strip() for name in columns.split(",") if name.strip()]
    if what in OF_TABS:
        from syncdb.services.export_plain import choose_plain

        return choose_plain(what, wanted, zone)
    return _plain(what, wanted) if what in _PLAIN else _of_orders(what, wanted, zone, currency, amounts)


def _plain(what: str, wanted: Sequence[str]) -> Export:
    stream, names = _PLAIN[what]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ConfigurationError([f"{what} have no column {', '.join(unknown)}."], next_step=f"There are: {', '.join(names)}.")
    chosen = tuple(ExportColumn(name, name, _kind(name)) for name in (wanted or names))

    def rows(reader: LedgerReader, since: str) -> Iterator[Sequence[Value]]:
        for row in stream(reader, since):
            yield [_value(row[column.name]) for column in chosen]

    return Export(what, chosen, rows)


def _kind(name: str) -> Kind:
    return Kind.COUNT if name in _COUNTS else Kind.FLAG if name in _FLAGS else Kind.TEXT


def _value(stored: Any) -> Value:
    """A stored value as one of an export: data that has parts is told as JSON text."""
    if isinstance(stored, Mapping | list):
        return json.dumps(stored, ensure_ascii=False)
    return cast(Value, stored)


def _of_orders(what: str, wanted: Sequence[str], zone: str, currency: str, amounts: "Amounts") -> Export:
    from syncdb.mapping import SheetMapping, default_columns, parse_columns

    level = LEVELS[what]
    if wanted:
        choice = parse_columns("all" if wanted == ["all"] else [_item(name) for name in wanted], level)
        if choice.problems:
            raise ConfigurationError(choice.problems, next_step=f"See all: export --what {what} --columns help")
        names = choice.columns
    else:
        names = default_columns(level)
    mapping = SheetMapping(level, names, zone, currency, amounts)
    fields = mapping.fields if not wanted else mapping.fields[1:]
    columns = tuple(ExportColumn("id" if field.name == "key" else field.name, field.label, field.kind) for field in fields)

    def rows(reader: LedgerReader, since: str) -> Iterator[Sequence[Value]]:
        return _shown(export_rows.snapshots(reader, since), mapping, [field.name for field in fields])

    return Export(what, columns, rows)


def _item(name: str) -> Any:
    # its usual header is that of a sheet's key column, which an export with chosen columns does not have
    return {"field": name, "header": "Shopify order ID"} if name == "order_id" else name


def _shown(snapshots: Iterable[dict[str, Any]], mapping: Any, names: Sequence[str]) -> Iterator[Sequence[Value]]:
    for snapshot in snapshots:
        for record in mapping.records(snapshot):
            yield [record.fields.get(name) for name in names]
