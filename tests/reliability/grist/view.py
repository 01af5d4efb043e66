"""What a shop and a document show, read past all APIs and without the product's mapping: values by record and field."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from syncdb.sandbox.grist.table import Column, Table
from tests.reliability.grist.world import KEY, LABELS, ProofWorld

Key = tuple[str, str]  # entity, key
UNREADABLE = "\0not a value of the field"
MONEY = {"price", "compare_at_price"}
REFERENCES = {("variants", "product"): "products", ("inventory", "variant"): "variants"}


@dataclass(frozen=True, slots=True)
class View:
    """`left` is the shop, `right` the document; `places` are the rows of each key. `people` is all that is not ours there.

    `computed` are fields that stand in a column of formulas, `notes` the cells of `people` into which somebody typed something.
    `keyless` are the rows of our tables, by entity and row, whose key is empty: what they show.
    """

    left: dict[Key, dict[str, Any]]
    right: dict[Key, dict[str, Any]]
    places: dict[Key, list[int]]
    people: dict[Any, Any]
    structure: dict[Any, Any]
    computed: frozenset[tuple[str, str]]
    notes: frozenset[tuple[int, int, int]]
    keyless: dict[tuple[str, int], dict[str, Any]]

    @property
    def doubled(self) -> set[Key]:
        return {key for key, rows in self.places.items() if len(rows) > 1}


def look(world: ProofWorld) -> View:
    """Both sides as they are now."""
    right: dict[Key, dict[str, Any]] = {}
    places: dict[Key, list[int]] = {}
    keyless: dict[tuple[str, int], dict[str, Any]] = {}
    computed = set()
    for entity in LABELS:
        table, key = world.table(entity), world.column(entity, "")
        if table is None or key is None:
            continue
        columns = {name: one for name in world.chosen[entity] if (one := world.column(entity, name)) is not None}
        computed |= {(entity, name) for name, one in columns.items() if one.computed}
        for row in table.ids():
            found = str(table.get(row, key) or "")
            if not found or found.startswith("gid://"):
                shown = {name: read(world, entity, name, table, row, one) for name, one in columns.items()}
            if not found:
                keyless[entity, row] = shown
            elif found.startswith("gid://"):
                places.setdefault((entity, found), []).append(row)
                right[entity, found] = shown
    theirs = people(world)
    return View(shop(world), right, places, theirs, structure(world), frozenset(computed), notes(world, theirs), keyless)


# --- the shop


def shop(world: ProofWorld) -> dict[Key, dict[str, Any]]:
    goods, found = world.goods, dict[Key, dict[str, Any]]()
    for gid, one in goods.products.items():
        material = [m["value"] for m in one["metafields"] if (m["namespace"], m["key"]) == ("custom", "material")]
        found["products", gid] = {
            "title": text(one["title"]),
            "status": one["status"],
            "vendor": text(one["vendor"]),
            "product_type": text(one["productType"]),
            "tags": frozenset(one["tags"]),
            "metafields.custom.material": text(material[0] if material else None),
        }
    for gid, one in goods.variants.items():
        found["variants", gid] = {
            "product": one["product"]["id"],
            "title": " / ".join(chosen["value"] for chosen in one["selectedOptions"]),
            "sku": text(one["sku"]),
            "barcode": text(one["barcode"]),
            "price": Decimal(one["price"]),
            "compare_at_price": None if one["compareAtPrice"] is None else Decimal(one["compareAtPrice"]),
        }
    for gid, one in goods.levels.items():
        variant = one["item"]["variant"]
        found["inventory", gid] = {
            "variant": variant["id"],
            "sku": text(variant["sku"]),
            "location": one["location"]["name"],
            "available": one["_counts"]["available"],
        }
    for gid, one in goods.collections.items():
        found["collections", gid] = {"title": text(one["title"])}
    return {key: {name: value for name, value in fields.items() if name in world.chosen[key[0]]} for key, fields in found.items()}


# --- the document


def read(world: ProofWorld, entity: str, name: str, table: Table, row: int, column: Column) -> Any:
    """A cell as a value of its field; UNREADABLE where it holds something else."""
    cell = table.get(row, column)
    if world.retyped(entity, name, column):
        return UNREADABLE
    if (entity, name) in REFERENCES:
        return _referred(world, REFERENCES[entity, name], column, cell)
    if name == "tags":
        words = cell.split(",") if isinstance(cell, str) else cell or ()
        return frozenset(word.strip() for word in words if word.strip()) if isinstance(words, list | tuple) else UNREADABLE
    if name == "available":
        return _whole(cell, column)
    if name in MONEY:
        number = _number(cell, column)
        return number.quantize(Decimal("0.01"), ROUND_HALF_EVEN) if isinstance(number, Decimal) else number
    if isinstance(cell, str):
        return text(cell)
    return None if cell is None else UNREADABLE  # a text is not taken from a number


def _referred(world: ProofWorld, to: str, column: Column, cell: Any) -> Any:
    """The key in the row that a cell refers to, in the table that its column refers to: that may be an earlier one of ours."""
    table, key = _target(world, to, column)
    if not cell:
        return None
    if table is None or key is None or cell not in table.rows:
        return UNREADABLE
    return str(table.get(cell, key) or "") or UNREADABLE


def _target(world: ProofWorld, to: str, column: Column) -> tuple[Table | None, Column | None]:
    """The table that a column refers to, and its column of keys."""
    table = world.document.table(column.type.partition(":")[2])
    return table, world.column(to, "") if table is world.table(to) else _called(table, KEY)


def lacks_referred(world: ProofWorld, entity: str, shown: dict[str, Any]) -> bool:
    """Whether a reference of a record of the shop can show no row: its column refers to a former table of ours, which has none,
    or what it refers to has no row for that reason.
    """
    for name, to in ((name, to) for (one, name), to in REFERENCES.items() if one == entity):
        column = world.column(entity, name)
        table, key = _target(world, to, column) if column is not None else (None, None)
        if table is None or key is None:
            continue
        if table is world.table(to):
            other = shop(world).get((to, shown[name]))
            if other is not None and lacks_referred(world, to, other):
                return True
            continue
        if shown[name] not in {table.get(row, key) for row in table.ids()}:
            return True
    return False


def _called(table: Table | None, label: str) -> Column | None:
    return next((one for one in table.ordered() if one.label == label), None) if table is not None else None


def _number(cell: Any, column: Column) -> Any:
    if cell is None or cell == "":
        return None
    if isinstance(cell, str) and column.type.startswith(("Numeric", "Int")):
        return UNREADABLE
    try:
        return Decimal(str(cell).strip()) if isinstance(cell, str | int | float) and not isinstance(cell, bool) else UNREADABLE
    except InvalidOperation:
        return UNREADABLE


def _whole(cell: Any, column: Column) -> Any:
    number = _number(cell, column)
    if isinstance(number, Decimal):
        return int(number) if number == number.to_integral_value() else UNREADABLE
    return number


def text(value: str | None) -> str | None:
    return value or None


# --- what is not ours


def people(world: ProofWorld) -> dict[Any, Any]:
    """Cells of people's own columns, and whole rows that carry no key of ours. What formulas make is left out."""
    ours = {table: entity for entity, table in world.numbers.items()}
    found: dict[Any, Any] = {}
    for table in world.document.tables.values():
        entity = ours.get(table.ref)
        managed = {ref for (one, _), ref in world.columns.items() if one == entity}
        records = set(world.rows_of(entity)) if entity else set()
        for row in table.ids():
            for column in table.ordered():
                if column.computed or (row in records and column.ref in managed):
                    continue
                cell = table.get(row, column)
                found[table.ref, row, column.ref] = None if column.type.startswith("Ref") else cell
    return found


def notes(world: ProofWorld, theirs: dict[Any, Any]) -> frozenset[tuple[int, int, int]]:
    """Those of people's cells (table, row, column) that hold something, and not because a formula put it there."""
    tables = world.document.tables.values()
    made = {(table.ref, one.ref) for table in tables for one in table.ordered() if one.formula or one.hidden}
    return frozenset(
        place for place, cell in theirs.items() if (place[0], place[2]) not in made and cell not in (None, "", 0, False, ("L",))
    )


def structure(world: ProofWorld) -> dict[Any, Any]:
    """What tables and columns are called, how they are made, and what references show where people chose it or anything is."""
    found: dict[Any, Any] = {}
    for table in world.document.tables.values():
        found[table.ref] = table.id
        for one in table.ordered():
            found[table.ref, one.ref] = (one.id, one.label, one.type, one.is_formula, one.formula, one.position)
            if one.visible or one.ref in world.looks_chosen:
                found[table.ref, one.ref, "shows"] = one.visible
    return found
