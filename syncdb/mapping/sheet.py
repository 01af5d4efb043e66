"""From an order's snapshot to the records of a sheet: one per line item, or one per order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from syncdb.mapping.choice import KEY_LABELS, ChosenColumns, Rows, column
from syncdb.mapping.columns import OrderColumn, Raw
from syncdb.model import Field, Record
from syncdb.values import Kind, Value, digest, moment, wall_clock

MEANING = 1  # raise it whenever what a column shows changes without its description changing


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """How orders are shown in one sheet.

    `columns` are (name, header) as `parse_columns` gives them, `zone` is the IANA name of the shop's time zone, `currency` its
    ISO code. Raises ValueError for a column or zone that does not exist.
    """

    rows: Rows
    columns: ChosenColumns
    zone: str
    currency: str
    fields: tuple[Field, ...] = field(init=False)
    _chosen: tuple[OrderColumn, ...] = field(init=False, repr=False)
    _zone: tzinfo = field(init=False, repr=False)

    def __post_init__(self) -> None:
        chosen = tuple(_known(name) for name, _ in self.columns)
        key = Field("key", KEY_LABELS[self.rows], Kind.IDENTIFIER)
        shown = [self._field(one, header) for one, (_, header) in zip(chosen, self.columns, strict=True)]
        object.__setattr__(self, "_chosen", chosen)
        object.__setattr__(self, "_zone", ZoneInfo(self.zone))
        object.__setattr__(self, "fields", (key, *shown))

    @property
    def metafields(self) -> tuple[tuple[str, str], ...]:
        """The (namespace, key) of the metafields that the columns need: they must be read along with the orders."""
        names = (name.partition(":")[2].partition(".") for name, _ in self.columns if name.startswith("metafield:"))
        return tuple((namespace, key) for namespace, _, key in names)

    @property
    def digest(self) -> str:
        """Changes whenever the columns, their meaning or the way values are shown do."""
        meanings = [[one.name, one.kind.value, one.level, one.meaning] for one in self._chosen]
        return digest([MEANING, self.rows, [list(pair) for pair in self.columns], self.zone, self.currency, meanings])

    def records(self, snapshot: Mapping[str, Any]) -> list[Record]:
        """The rows of an order: one per line item (key: its id), or one for the whole order (key: the order's id).

        An order without lines has one row with the key "order-ID". A column whose source Shopify withholds is left out of the
        fields. Raises ValueError, KeyError or TypeError for a snapshot that was not made by this version's normalisation.
        """
        order_id = str(snapshot["id"])
        if self.rows == "order":
            return [self._record(order_id, snapshot, {})]
        lines = snapshot.get("line_items") or ()
        if not lines:
            return [self._record(f"order-{order_id}", snapshot, {})]
        return [self._record(str(line["id"]), snapshot, line) for line in lines]

    def removed_record(self, key: str, last_fields: Mapping[str, Value]) -> Record:
        """A line that the order no longer has: as it was last shown, but removed and with nothing left of it."""
        shown = {name for name, _ in self.columns}
        now: dict[str, Value] = {"line_status": "removed", "current_quantity": 0, "unfulfilled_quantity": 0}
        return Record(key, {**last_fields, **{name: value for name, value in now.items() if name in shown}})

    def _field(self, one: OrderColumn, header: str) -> Field:
        fixed = self.currency if one.kind is Kind.MONEY and not one.buyer else None
        return Field(one.name, header, one.kind, fixed)

    def _record(self, key: str, order: Mapping[str, Any], line: Mapping[str, Any]) -> Record:
        withheld = order.get("withheld", ())
        shown = (one for one in self._chosen if not (withheld and one.hidden(withheld)))
        fields: dict[str, Value] = {"key": key}
        for one in shown:
            fields[one.name] = self._value(one, one.pick(order, line))
        return Record(key, fields)

    def _value(self, one: OrderColumn, raw: Raw) -> Value:
        if one.kind is Kind.MOMENT and isinstance(raw, str):
            return wall_clock(moment(raw), self._zone)
        return raw


def _known(name: str) -> OrderColumn:
    found = column(name)
    if found is None:
        raise ValueError(f"there is no column {name!r}")
    return found
