"""From an order's snapshot to the records of a sheet: one per line item, order, refund or payment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from syncdb.mapping.choice import KEY_LABELS, METAFIELDS, Amounts, ChosenColumns, Rows, column, typed_metafield
from syncdb.mapping.columns import Level, OrderColumn, Raw
from syncdb.mapping.long_texts import cut
from syncdb.mapping.order_filter import EVERY_ORDER, OrderFilter
from syncdb.mapping.present_worth import is_first
from syncdb.mapping.read_along import along_of
from syncdb.mapping.refund_columns import with_payments
from syncdb.model import Field, Record
from syncdb.values import Kind, Value, digest, moment, wall_clock

MEANING = 2  # raise it whenever what a column shows changes without its description changing

NOTHING_LEFT: Mapping[str, Value] = {  # of a line that its order no longer has
    "line_status": "removed",
    "current_quantity": 0,
    "unfulfilled_quantity": 0,
    "current_line_discount": Decimal(0),
    "current_line_total": Decimal(0),
    "current_line_tax": Decimal(0),
    "first_line": False,
}
PARTS: Mapping[Rows, Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]] = {
    "refund": with_payments,
    "transaction": lambda order: order.get("transactions") or (),
}


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """How orders are shown in one sheet.

    `columns` are (name, header) as `parse_columns` gives them, `zone` is the IANA name of the shop's time zone, `currency` its
    ISO code. With `amounts` first_line an order's own amounts stand on its first line only, so that a column adds up. Texts of
    more than `longest_text` UTF-16 units are cut. `wanted` says which orders get rows at all,
    `types` of which type metafields are defined (by namespace.key). Raises ValueError for a column or zone that does not exist.
    """

    rows: Rows
    columns: ChosenColumns
    zone: str
    currency: str
    amounts: Amounts = "every_line"
    longest_text: int | None = None
    wanted: OrderFilter = EVERY_ORDER
    types: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[Field, ...] = field(init=False)
    _chosen: tuple[OrderColumn, ...] = field(init=False, repr=False)
    _zone: tzinfo = field(init=False, repr=False)

    def __post_init__(self) -> None:
        zone = ZoneInfo(self.zone)
        chosen = tuple(typed_metafield(_known(name), self.types, zone) for name, _ in self.columns)
        key = Field("key", KEY_LABELS[self.rows], Kind.IDENTIFIER)
        shown = [self._field(one, header) for one, (_, header) in zip(chosen, self.columns, strict=True)]
        object.__setattr__(self, "_chosen", chosen)
        object.__setattr__(self, "_zone", zone)
        object.__setattr__(self, "fields", (key, *shown))

    @property
    def metafields(self) -> tuple[tuple[str, str], ...]:
        """The (namespace, key) of the metafields that the columns need: they must be read along with the orders."""
        return metafields_of(name for name, _ in self.columns)

    @property
    def along(self) -> tuple[str, ...]:
        """What else the columns need that is not read of every order."""
        return along_of(name for name, _ in self.columns)

    @property
    def digest(self) -> str:
        """Changes whenever the columns, their meaning, the way values are shown or the orders that are wanted do."""
        meanings = [[one.name, one.kind.value, one.level, one.meaning] for one in self._chosen]
        pairs = [list(pair) for pair in self.columns]
        asked = [self.wanted.data] if self.wanted.data else []
        return digest([MEANING, self.rows, pairs, self.zone, self.currency, meanings, self.amounts, *asked])

    def takes(self, snapshot: Mapping[str, Any]) -> bool:
        """Whether an order that has no rows yet shall get some: it is wanted, and there is something of it to show."""
        wanted = self.wanted is EVERY_ORDER or self.wanted.takes(snapshot, self._zone)
        return wanted and (self.rows not in PARTS or bool(PARTS[self.rows](snapshot)))

    def records(self, snapshot: Mapping[str, Any]) -> list[Record]:
        """The rows of an order: one per line item, refund or payment (key: its id), or one for the whole order (key: its id).

        With rows by line an order without lines has one with the key "order-ID". A column whose source Shopify withholds is left
        out of the fields. Raises ValueError, KeyError or TypeError for a snapshot that was not made by this version's
        normalisation.
        """
        order_id = str(snapshot["id"])
        if parts := PARTS.get(self.rows):
            of_order = self._values(snapshot, {}, "order")
            return [self._record(str(one["id"]), snapshot, one, of_order) for one in parts(snapshot)]
        lines = (snapshot.get("line_items") or ()) if self.rows == "line" else ()
        of_order = self._values(snapshot, {}, "order")
        if not lines:
            key = order_id if self.rows == "order" else f"order-{order_id}"
            return [self._record(key, snapshot, {}, of_order)]
        return [self._record(str(line["id"]), snapshot, line, of_order) for line in lines]

    def removed_record(self, key: str, last_fields: Mapping[str, Value]) -> Record:
        """A line that the order no longer has: as it was last shown, but removed and with nothing left of it."""
        shown = {one.name: one for one in self._chosen}
        now: dict[str, Value] = {**NOTHING_LEFT, **{name: None for name, one in shown.items() if self._only_first(one)}}
        return Record(key, {**last_fields, **{name: value for name, value in now.items() if name in shown}})

    def _only_first(self, one: OrderColumn) -> bool:
        """Whether a column says something on the first line of an order only."""
        return self.amounts == "first_line" and self.rows == "line" and one.level == "order" and one.kind is Kind.MONEY

    def _field(self, one: OrderColumn, header: str) -> Field:
        """Money is in the order's own currency: that of the shop when it was placed, or the buyer's."""
        named = "presentment_currency" if one.buyer else "currency"
        shown = one.kind is Kind.MONEY and named in dict(self.columns) and "metafields" not in one.needs
        return Field(one.name, header, one.kind, named if shown else None)

    def _record(self, key: str, order: Mapping[str, Any], line: Mapping[str, Any], of_order: dict[str, Value]) -> Record:
        shared = of_order
        if self.amounts == "first_line" and self.rows == "line" and not is_first(order, line):
            shared = of_order | {one.name: None for one in self._chosen if one.name in of_order and self._only_first(one)}
        of_line = self._values(order, line, "line" if self.rows == "order" else self.rows)
        names = (one.name for one in self._chosen if one.name in shared or one.name in of_line)
        fields = {"key": key, **{name: shared[name] if name in shared else of_line[name] for name in names}}
        return self._fitting(Record(key, fields))

    def _fitting(self, record: Record) -> Record:
        """The record with texts that are too long cut."""
        longest = self.longest_text
        if longest is None:
            return record
        # a text this short cannot be too long however its characters are counted
        texts = {name: value for name, value in record.fields.items() if isinstance(value, str) and len(value) > longest // 2}
        fitting = {name: cut(text, longest) for name, text in texts.items()}
        shortened = frozenset(name for name, text in texts.items() if fitting[name] != text)
        return Record(record.key, {**record.fields, **fitting}, shortened) if shortened else record

    def _values(self, order: Mapping[str, Any], line: Mapping[str, Any], level: Level) -> dict[str, Value]:
        """What the columns of a level show; those of the order once for all of its lines."""
        withheld = order.get("withheld", ())
        wanted = (one for one in self._chosen if one.level == level and not (withheld and one.hidden(withheld)))
        return {one.name: self._value(one, one.pick(order, line)) for one in wanted}

    def _value(self, one: OrderColumn, raw: Raw) -> Value:
        if one.kind is Kind.MOMENT and isinstance(raw, str) and "metafields" not in one.needs:
            return wall_clock(moment(raw), self._zone)
        return raw


def metafields_of(columns: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The (namespace, key) of the metafields among these columns."""
    parted = (name.partition(":") for name in columns)
    names = dict.fromkeys(name for family, _, name in parted if family in METAFIELDS)
    return tuple((namespace, key) for namespace, _, key in (name.partition(".") for name in names))


def _known(name: str) -> OrderColumn:
    found = column(name)
    if found is None:
        raise ValueError(f"there is no column {name!r}")
    return found
