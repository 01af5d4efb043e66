"""What was chosen to be kept in step with another system: entities, fields and columns with the rules that count, and orders."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from syncdb.mapping.choice import ChosenColumns, Rows
from syncdb.mapping.entities import Entity, EntityField, metafield_named, typed_metafield
from syncdb.mapping.order_filter import OrderFilter
from syncdb.model import OnMissing, Owner, Rule, Tie
from syncdb.pairs.asked_fields import AskedFields
from syncdb.pairs.record_choice import EVERYTHING, Leaving, RecordChoice
from syncdb.values import Kind, digest

ORDERS, PICTURES = "orders", "pictures"
ORDER_STATUSES = ("order_status", "fulfillment_status", "tracking_numbers", "tracking_companies")
MOST_NEW = 20  # rows that people added and that become records of the shop in one run unasked


@dataclass(frozen=True, slots=True)
class ChosenField:
    """One field with the column it has there (an id or a label) and the rule that counts.

    `wanted` is the rule that was chosen; `rule` is weaker where the shop may not be written. `as_text`: a metafield is shown as
    the text that Shopify keeps, whatever its definition says.
    """

    field: EntityField
    column: str
    rule: Rule
    wanted: Rule
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class ChosenEntity:
    """One entity with its table and fields, and what absence means.

    `makes_new`: rows that people add are made in the shop, unasked at most `most_new` in one run. `archives`: what loses its row
    is archived there. `only` says which records get rows, `leaving` what happens to the row of one that is no longer among them.
    """

    entity: Entity
    table: str
    fields: tuple[ChosenField, ...]
    gone_in_shop: OnMissing
    gone_there: OnMissing
    makes_new: bool = False
    archives: bool = False
    most_new: int = MOST_NEW
    only: RecordChoice = EVERYTHING
    leaving: Leaving = Leaving.MARK

    @property
    def digest(self) -> str:
        """Changes whenever other fields, columns or rules are chosen."""
        fields = [
            [one.field.name, one.column, one.rule.owner.value, one.rule.on_drift.value, one.rule.tie.value]
            + ([one.field.kind.value] if metafield_named(one.field.name) and one.field.kind is not Kind.TEXT else [])
            for one in self.fields
        ]
        more: list[list[Any]] = [["makes_new"]] if self.makes_new else []
        more += [["archives"]] if self.archives else []
        more += [["only", self.only.data, self.leaving.value]] if not self.only.everything else []
        return digest([self.table, fields, self.gone_in_shop.value, self.gone_there.value, *more])

    @property
    def metafields(self) -> tuple[str, ...]:
        """Those (namespace.key) that are shown by their definitions."""
        names = (metafield_named(one.field.name) for one in self.fields if not one.as_text)
        return tuple(".".join(name) for name in names if name is not None)

    def typed(self, types: Mapping[str, str]) -> "ChosenEntity":
        """The same with metafields by the types of their definitions, by namespace.key."""
        fields = tuple(
            replace(one, field=typed_metafield(one.field, types.get(".".join(name), "")))
            if (name := metafield_named(one.field.name)) and not one.as_text
            else one
            for one in self.fields
        )
        return replace(self, fields=fields)

    @property
    def needs_times(self) -> bool:
        """Whether a rule asks who changed last."""
        return any(one.rule.owner is Owner.BOTH and one.rule.tie is Tie.NEWEST for one in self.fields)


@dataclass(frozen=True, slots=True)
class ChosenOrders:
    """The orders with their table, one row each or one for each line, their columns, which are wanted, and the rules of what
    Grist may change. `notify`: Shopify writes to the customers of orders that are shipped from there.
    """

    table: str
    rows: Rows
    columns: ChosenColumns
    wanted: OrderFilter
    from_grist: Mapping[str, Rule]
    notify: bool = False

    @property
    def statuses(self) -> tuple[str, ...]:
        """What Grist may change by something that is done in the shop."""
        return tuple(name for name in self.from_grist if name in ORDER_STATUSES)


@dataclass(frozen=True, slots=True)
class Selection:
    """Everything that is kept in step, and everything that is wrong with what was asked for."""

    entities: tuple[ChosenEntity, ...] = ()
    orders: ChosenOrders | None = None
    problems: tuple[str, ...] = ()
    pictures: str = ""  # the column of the products' table in which people type links to pictures

    def typed(self, types: Mapping[str, Mapping[str, str]]) -> "Selection":
        """The same with metafields by the types of their definitions, by entity and namespace.key."""
        return replace(self, entities=tuple(one.typed(types.get(one.entity.name, {})) for one in self.entities))

    def only(self, names: Iterable[str]) -> tuple["Selection", list[str]]:
        """Just these entities or fields (`inventory`, `price`, `variants.price`), and the names that are none of them."""
        asked, entities = AskedFields(list(names)), []
        for one in self.entities:
            if kept := asked.of(one.entity.name, one.fields):
                # references are needed to make a row, whatever else is looked at
                base = tuple(part for part in one.fields if part.field.to and part not in kept)
                entities.append(replace(one, fields=(*base, *kept)))
        orders = self.orders if self.orders and asked.includes(ORDERS) else None
        pictures = self.pictures if self.pictures and asked.includes(PICTURES, "products") else ""
        return Selection(tuple(entities), orders, pictures=pictures), asked.unknown
