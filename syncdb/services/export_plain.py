"""What tabs of other things than orders hold, for an export: payouts and what is in them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from syncdb.errors import ConfigurationError
from syncdb.ledger import state_keys
from syncdb.ledger.queries import export_rows
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.mapping.plain_rows import PLAIN, PlainRows
from syncdb.services.export_shape import Export, ExportColumn, NotKept
from syncdb.values import Kind, Value, moment, wall_clock

ROWS: Mapping[str, tuple[str, str]] = {  # what is exported -> the rows of its tab, and the field that says when it was
    "payouts": ("payout", "issued_at"),
    "payout-transactions": ("payout_transaction", "at"),
}


def plain_columns(what: str) -> list[str]:
    """The names of all columns of such an export."""
    return ["key", *(one.name for one in PLAIN[ROWS[what][0]].fields)]


def choose_plain(what: str, wanted: Sequence[str], zone: str) -> Export:
    """The export of one kind, with these columns (none: all of them). Raises ConfigurationError."""
    rows, when = ROWS[what]
    plain = PLAIN[rows]
    known = plain_columns(what)
    if unknown := [name for name in wanted if name not in (*known, "all")]:
        raise ConfigurationError([f"{what} have no column {', '.join(unknown)}."], next_step=f"There are: {', '.join(known)}.")
    names = known if list(wanted) == ["all"] or not wanted else wanted
    columns = tuple(_column(plain, name) for name in names)

    def shown(reader: LedgerReader, since: str) -> Iterator[Sequence[Value]]:
        if not export_rows.pairs_of(reader, plain.entity.name):
            raise ConfigurationError(
                [f"The ledger knows no {what}: no tab shows them."],
                next_step=f'Add a route with "rows": "{rows}" (docs/configuration.md, routes), and run once.',
            )
        start = wall_clock(moment(since), ZoneInfo(zone)) if since else None
        for fields in export_rows.agreed(reader, plain.entity.name):
            if start is None or _at(fields, when) >= start:
                yield [fields.get(name) for name in names]

    return Export(what, columns, shown, lambda reader, since: _not_kept(reader, what, names, bool(since)))


def _not_kept(reader: LedgerReader, what: str, names: Sequence[str], by_time: bool) -> NotKept:
    """The columns that no tab shows: the ledger keeps what tabs show and nothing else. `by_time`: a moment was asked for."""
    rows, when = ROWS[what]
    entity = PLAIN[rows].entity.name
    kept = export_rows.fields_kept(reader, entity)
    lacking = [name for name in names if name not in (*kept, "key")] if kept else []
    late = [when] if kept and by_time and when not in kept else []
    if not (lacking or late):
        return NotKept()
    told = [f"The ledger keeps no {', '.join(lacking)} of {what}, because no tab shows them: left empty."] if lacking else []
    if late:
        told.append(f"The ledger keeps no {when} of {what}, because no tab shows it: --since leaves nothing out.")
    return NotKept(tuple(lacking), (*told, _how_to_have(reader, entity, list(dict.fromkeys([*lacking, *late])))))


def _how_to_have(reader: LedgerReader, entity: str, names: Sequence[str]) -> str:
    pairs = export_rows.pairs_of(reader, entity)
    routes = sorted({f"routes.{name}" for pair in pairs if (name := reader.meta(state_keys.route(pair)))}) or ["the route"]
    listed = json.dumps(["default", *names])
    return (
        f"To have them, add them to `columns` of {' or '.join(routes)} (where it has no columns yet: {listed}), and run once: "
        "that fills them."
    )


def _column(plain: PlainRows, name: str) -> ExportColumn:
    if name == "key":
        return ExportColumn("id", plain.key, Kind.IDENTIFIER)
    field = plain.field(name)
    assert field is not None, "columns were checked"
    return ExportColumn(name, field.label, field.kind)


def _at(fields: Mapping[str, Value], when: str) -> datetime:
    """When it was; what the tab does not show counts as lately."""
    at = fields.get(when)
    return at if isinstance(at, datetime) else datetime.max
