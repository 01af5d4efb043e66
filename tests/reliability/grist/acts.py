"""What people do in a document and merchants in their shop, by a few small numbers each: so a history can be drawn and told."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from syncdb.sandbox.grist.person import Person
from syncdb.sandbox.grist.table import Column
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.reliability.grist.oracle import Oracle
from tests.reliability.grist.view import REFERENCES, read
from tests.reliability.grist.world import ProofWorld

ENTITIES = ("products", "variants", "inventory", "collections")


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody's hand on one of both sides: `a` and `b` choose where, `fresh` is a number that never came before."""

    world: ProofWorld
    oracle: Oracle
    a: int
    b: int
    fresh: int

    @property
    def merchant(self) -> Merchant:
        return self.world.merchant

    def some(self, of: dict[str, Any]) -> str:
        """The id of something in the shop. Raises LookupError where there is nothing."""
        ids = list(of)
        if not ids:
            raise LookupError("nothing there")
        return ids[self.a % len(ids)]

    def row(self, entity: str, number: int | None = None) -> int:
        """A row of ours. Raises LookupError where there is none."""
        rows = self.world.rows_of(entity)
        if not rows:
            raise LookupError(f"no rows of {entity}")
        return rows[(self.a if number is None else number) % len(rows)]

    def column(self, entity: str, name: str) -> Column:
        found = self.world.column(entity, name)
        if found is None:
            raise LookupError(f"no column {name}")
        return found

    def type(self, entity: str, name: str, value: Any) -> None:
        """Type into a cell of ours; what that means for a count is told to the oracle."""
        row, column = self.row(entity), self.column(entity, name)
        if column.computed:
            raise LookupError("nobody can type into a formula")
        table = self.world.table(entity)
        assert table is not None
        before = read(self.world, entity, name, table, row, column)
        if isinstance(value, list) and column.type == "Text":
            value = ", ".join(value[1:])  # in the browser a text is typed there, whatever it was once
        self.world.hand(entity).edit(row, column.id, value)
        if name == "available":
            after = read(self.world, entity, name, table, row, column)
            key = str(table.get(row, self.column(entity, "")))
            numbers = isinstance(before, int) and isinstance(after, int)
            self.oracle.moved(key, after - before if numbers else None)


# --- people in the document


def type_text(hand: Hand) -> None:
    name = ("title", "vendor", "product_type", "metafields.custom.material")[hand.b % 4]
    hand.type("products", name, f"Grist {hand.fresh}")


def type_tags(hand: Hand) -> None:
    hand.type("products", "tags", ["L", f"g{hand.fresh}", "sale"])


def type_status(hand: Hand) -> None:
    hand.type("products", "status", ("ACTIVE", "DRAFT", "ARCHIVED")[hand.b % 3])


def type_price(hand: Hand) -> None:
    hand.type("variants", ("price", "compare_at_price")[hand.b % 2], round(hand.fresh / 100 + 3, 2))


def type_sku(hand: Hand) -> None:
    hand.type("variants", "sku", f"G-{hand.fresh}")


def type_barcode(hand: Hand) -> None:
    hand.type("variants", "barcode", f"40{hand.fresh:08d}")


def receive(hand: Hand) -> None:
    row, column = hand.row("inventory"), hand.column("inventory", "available")
    table = hand.world.table("inventory")
    assert table is not None
    shown = table.get(row, column)
    if not isinstance(shown, int | float):
        raise LookupError("no number stands there")
    hand.type("inventory", "available", int(shown) + (5, -3, 1, 12)[hand.b % 4])


def paste_a_column(hand: Hand) -> None:
    """The same column of every row is filled at once: a guard may stop the run that follows."""
    entity, name, value = (
        ("products", "vendor", f"Bulk {hand.fresh}"),
        ("variants", "price", round(hand.fresh / 100 + 5, 2)),
        ("variants", "sku", f"B-{hand.fresh}"),
        ("products", "tags", ["L", f"b{hand.fresh}"]),
    )[hand.b % 4]
    for number in range(len(hand.world.rows_of(entity))):
        replace(hand, a=number).type(entity, name, value)


def receive_everywhere(hand: Hand) -> None:
    """A delivery is counted in: every level moves by the same."""
    for number in range(len(hand.world.rows_of("inventory"))):
        with suppress(LookupError):
            receive(replace(hand, a=number))


def type_nonsense(hand: Hand) -> None:
    entity, name, value = (
        ("variants", "price", "ask Ann"),
        ("inventory", "available", "many"),
        ("products", "title", ""),
        ("products", "status", "GONE"),
        ("variants", "price", -4),
        ("inventory", "available", 1.5),
        ("variants", "compare_at_price", None),
        ("inventory", "available", None),
        ("variants", "compare_at_price", "ask Ann"),
        ("variants", "product", 0),
    )[hand.b % 10]
    hand.type(entity, name, value)


def overwrite_ours(hand: Hand) -> None:
    entity, name = (("variants", "title"), ("inventory", "location"), ("inventory", "sku"))[hand.b % 3]
    hand.type(entity, name, f"mine {hand.fresh}")


def delete_row(hand: Hand) -> None:
    entity = ENTITIES[hand.b % 4]
    hand.world.hand(entity).delete(hand.row(entity))


def enter_again(hand: Hand) -> None:
    entity = ENTITIES[hand.b % 4]
    hand.world.hand(entity).re_add(hand.row(entity))


def copy_row(hand: Hand) -> None:
    entity = ENTITIES[hand.b % 4]
    row = hand.row(entity)
    hand.world.hand(entity).copy(row)
    _uncounted(hand, entity, row)


def blank_key(hand: Hand) -> None:
    entity = ENTITIES[hand.b % 4]
    row = hand.row(entity)
    _uncounted(hand, entity, row)
    hand.world.hand(entity).edit(row, hand.column(entity, "").id, "")


def _uncounted(hand: Hand, entity: str, row: int) -> None:
    table = hand.world.table(entity)
    assert table is not None
    if entity == "inventory":
        hand.oracle.moved(str(table.get(row, hand.column(entity, ""))), None)


def own_row(hand: Hand) -> None:
    entity = ENTITIES[hand.b % 4]
    name = next(iter(hand.world.chosen[entity]))
    cells = {hand.column(entity, "").id: "" if hand.a % 2 else f"MINE-{hand.fresh}"}
    if not hand.column(entity, name).computed:
        cells[hand.column(entity, name).id] = f"our own {hand.fresh}" if entity in ("products", "collections") else 0
    hand.world.hand(entity).add(**cells)


def own_column(hand: Hand) -> None:
    entity = ENTITIES[hand.b % 4]
    person = hand.world.hand(entity)
    column = person.add_column(f"Our notes {hand.fresh}") if len(_seen(person)) < 13 else None
    person.edit(hand.row(entity), column or _seen(person)[-1].id, f"call {hand.fresh}")


def _seen(person: Person) -> list[Column]:
    """The columns that people see."""
    return [one for one in person.here().ordered() if not one.hidden]


def own_formula(hand: Hand) -> None:
    person = hand.world.hand("variants")
    if len(_seen(person)) < 13:
        person.add_formula(f"Gross {hand.fresh}", f"${hand.column('variants', 'price').id} * 2")


def rename_column(hand: Hand) -> None:
    entity = ENTITIES[hand.b % 4]
    names = list(hand.world.chosen[entity])
    hand.world.hand(entity).rename_column(hand.column(entity, names[hand.a % len(names)]).id, f"Renamed {hand.fresh}")


def rename_table(hand: Hand) -> None:
    hand.world.hand(ENTITIES[hand.b % 4]).rename_table(f"Table_of_{hand.fresh}")


def move_column(hand: Hand) -> None:
    entity = ENTITIES[hand.b % 4]
    names = list(hand.world.chosen[entity])
    first, second = (hand.column(entity, names[number % len(names)]) for number in (hand.a, hand.a + 1))
    if first is not second:
        hand.world.hand(entity).move_column(first.id, second.id)


def make_formula(hand: Hand) -> None:
    name, formula = (("vendor", '"Always us"'), ("metafields.custom.material", '"Wool"'))[hand.b % 2]
    hand.world.hand("products").make_formula(hand.column("products", name).id, formula)


def make_values(hand: Hand) -> None:
    column = hand.column("products", ("vendor", "metafields.custom.material")[hand.b % 2])
    if column.computed:
        hand.world.hand("products").make_values(column.id)


RETYPED = (
    ("variants", "price", "Numeric", "Text"),
    ("variants", "price", "Numeric", "Int"),
    ("variants", "sku", "Text", "Numeric"),
    ("products", "tags", "ChoiceList", "Text"),
    ("inventory", "available", "Int", "Text"),
)


def retype(hand: Hand) -> None:
    """Another type for a column, or back. What became of its cells on the way is nobody's edit."""
    entity, name, usual, other = RETYPED[hand.b % len(RETYPED)]
    column = hand.column(entity, name)
    hand.world.hand(entity).retype(column.id, other if column.type == usual else usual)
    hand.oracle.unsure(entity, name)
    hand.oracle.retyped.add((entity, name))


def choose_what_is_shown(hand: Hand) -> None:
    """In the options of a reference: another column of the other table, or the row's number."""
    entity, name, to = (("variants", "product", "products"), ("inventory", "variant", "variants"))[hand.b % 2]
    column = hand.column(entity, name)
    shown = ("", *(one for one in hand.world.chosen[to] if (to, one) not in REFERENCES))
    wanted = shown[hand.a % len(shown)]
    hand.world.hand(entity).show(column.id, hand.column(to, wanted).id if wanted else "")
    hand.world.looks_chosen.add(column.ref)


PEOPLE: tuple[Callable[[Hand], None], ...] = (
    type_text, type_text, type_tags, type_status, type_price, type_price, type_sku, type_barcode, receive, receive, receive,
    type_nonsense, overwrite_ours, delete_row, enter_again, copy_row, blank_key, own_row, own_column, own_formula, rename_column,
    rename_table, move_column, make_formula, make_values, retype, paste_a_column, receive_everywhere, choose_what_is_shown,
)  # fmt: skip
# What may come between a look and a write of ours. Grist compares before it writes; rows deleted in that moment are made again.
IN_THE_MOMENT: tuple[Callable[[Hand], None], ...] = (
    type_text, type_tags, type_price, receive, own_column, own_row, rename_column, delete_row,
)  # fmt: skip


# --- the merchant


def edit_product(hand: Hand) -> None:
    field = ("title", "vendor", "productType")[hand.b % 3]
    hand.merchant.edit_product(hand.some(hand.world.goods.products), **{field: f"Shop {hand.fresh}"})


def edit_tags(hand: Hand) -> None:
    hand.merchant.edit_product(hand.some(hand.world.goods.products), tags=[f"s{hand.fresh}", "sale"])


def edit_status(hand: Hand) -> None:
    hand.merchant.edit_product(hand.some(hand.world.goods.products), status=("ACTIVE", "DRAFT", "ARCHIVED")[hand.b % 3])


def set_material(hand: Hand) -> None:
    hand.merchant.set_metafield(hand.some(hand.world.goods.products), "custom", "material", f"Cloth {hand.fresh}")


def edit_price(hand: Hand) -> None:
    field = ("price", "compareAtPrice")[hand.b % 2]
    hand.merchant.edit_variant(hand.some(hand.world.goods.variants), **{field: f"{hand.fresh / 100 + 40:.2f}"})


def edit_sku(hand: Hand) -> None:
    hand.merchant.edit_variant(hand.some(hand.world.goods.variants), sku=f"S-{hand.fresh}")


def edit_barcode(hand: Hand) -> None:
    hand.merchant.edit_variant(hand.some(hand.world.goods.variants), barcode=f"50{hand.fresh:08d}")


def sell(hand: Hand) -> None:
    _move(hand, -(1 + hand.b % 3))


def restock(hand: Hand) -> None:
    _move(hand, 1 + hand.b % 7)


def move_alike(hand: Hand) -> None:
    """Three are sold in the shop, and three taken in the document, of the same stock."""
    row, column = hand.row("inventory"), hand.column("inventory", "available")
    table = hand.world.table("inventory")
    assert table is not None
    shown, key = table.get(row, column), str(table.get(row, hand.column("inventory", "")))
    if not isinstance(shown, int) or key not in hand.world.goods.levels:
        raise LookupError("no number stands there, or the shop has no such stock")
    hand.type("inventory", "available", shown - 3)
    _move(replace(hand, a=list(hand.world.goods.levels).index(key)), -3)


def _move(hand: Hand, by: int) -> None:
    level = hand.world.goods.levels[hand.some(hand.world.goods.levels)]
    variant, place = level["item"]["variant"]["id"], level["location"]["id"]
    hand.merchant.sell(variant, -by, place) if by < 0 else hand.merchant.receive(variant, by, place)
    hand.oracle.moved(level["id"], by)


def add_product(hand: Hand) -> None:
    if len(hand.world.goods.products) < 7:
        hand.merchant.add_product(f"New {hand.fresh}", price="12.50", sku=f"N-{hand.fresh}", stock=4, vendor="Maker")


def delete_product(hand: Hand) -> None:
    if len(hand.world.goods.products) > 2:
        hand.merchant.delete_product(hand.some(hand.world.goods.products))


def delete_variant(hand: Hand) -> None:
    gid = hand.some(hand.world.goods.variants)
    if len(hand.world.goods.variants[gid]["product"]["variants"]) > 1:
        hand.merchant.delete_variant(gid)


def edit_collection(hand: Hand) -> None:
    hand.merchant.edit_collection(hand.some(hand.world.goods.collections), title=f"Shop {hand.fresh}")


def raise_prices(hand: Hand) -> None:
    """Every price of the shop changes at once."""
    for number, gid in enumerate(list(hand.world.goods.variants)):
        hand.merchant.edit_variant(gid, price=f"{hand.fresh + number}.50")


SHOP: tuple[Callable[[Hand], None], ...] = (
    edit_product, edit_product, edit_tags, edit_status, set_material, edit_price, edit_price, edit_sku, edit_barcode, sell, sell,
    restock, add_product, delete_product, delete_variant, edit_collection, raise_prices,
)  # fmt: skip
# an ordinary run need not be told of these
STILL_MISSED = frozenset({delete_product, delete_variant})
