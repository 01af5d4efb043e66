"""What tabs of other things than orders hold, for an export: payouts and what is in them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from syncdb.errors import ConfigurationError
from syncdb.ledger.queries import export_rows
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.mapping.plain_rows import PLAIN, PlainRows
from syncdb.services.export_shape import Export, ExportColumn
from syncdb.values import Kind, Value, moment, wall_clock

ROWS: Mapping[str, tuple[str, str]] = {  # what is exported -> the rows of its tab, and the field that says when it was
    "payouts": ("payout", "issued_at"),
    "payout-transactions": ("payout_transaction", "at"),
}


def plain_columns(what: str) -> list[str]:
    """The names of all columns of such an export."""
    return ["key", *(one.name for one in PLAIN[ROWS[what][0]].fields)]


def choose_plain(what: str, wanted: Sequence[str], zone: str) -> Export:
    """The export of one kind, with these columns (none: all that its tab shows). Raises ConfigurationError."""
    rows, when = ROWS[what]
    plain = PLAIN[rows]
    known = plain_columns(what)
    if unknown := [name for name in wanted if name not in (*known, "all")]:
        raise ConfigurationError([f"{what} have no column {', '.join(unknown)}."], next_step=f"There are: {', '.join(known)}.")
    names = known if list(wanted) == ["all"] or not wanted else wanted
    columns = tuple(_column(plain, name) for name in names)

    def told(reader: LedgerReader, since: str) -> Iterator[Sequence[Value]]:
        if not export_rows.has_pair(reader, plain.entity.name):
            raise ConfigurationError(
                [f"The ledger knows no {what}: no tab shows them."],
                next_step=f'Add a route with "rows": "{rows}" (docs/configuration.md, routes), and run once.',
            )
        start = wall_clock(moment(since), ZoneInfo(zone)) if since else None
        for fields in export_rows.agreed(reader, plain.entity.name):
            if start is None or _at(fields, when) >= start:
                yield [fields.get(name) for name in names]

    return Export(what, columns, told)


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
