"""A small shop and its Grist document for proofs: the real command in simulated time, and a past that can be come back to."""

import copy
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from syncdb.clock import Clock
from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.connectors.shopify.catalogue.in_bulk import USUAL, ListingSizes
from syncdb.pairs.shopify_grist import implementation
from syncdb.sandbox.faults import Seen
from syncdb.sandbox.grist.person import Person
from syncdb.sandbox.grist.table import Column, Table
from syncdb.sandbox.shopify.cost import Bucket
from tests.reliability.world import BEGIN, MEMORY
from tests.scenarios.grist_world import TABLES, GristWorld, Ran

CHOICE: dict[str, Any] = {
    "products": {
        "title": "ask", "status": "ask", "vendor": "grist-wins", "product_type": "shopify", "tags": "ask",
        "metafields.custom.material": "ask",
    },
    "variants": {
        "product": "shopify", "title": "shopify", "sku": "grist", "price": "ask", "compare_at_price": "shopify-wins",
    },
    "inventory": {"variant": "shopify", "sku": "shopify", "location": "shopify", "available": "sum"},
    "collections": {"title": "ask"},
}  # fmt: skip
LABELS = {
    "products": {
        "title": "Title", "status": "Status", "vendor": "Vendor", "product_type": "Type", "tags": "Tags",
        "metafields.custom.material": "material",
    },
    "variants": {
        "product": "Product", "title": "Variant", "sku": "SKU", "price": "Price", "compare_at_price": "Compare-at price",
        "barcode": "Barcode",
    },
    "inventory": {"variant": "Variant", "sku": "SKU", "location": "Location", "available": "Available"},
    "collections": {"title": "Title"},
}  # fmt: skip
KEY = "Shopify ID"
UNFIT = (("price", "Int"), ("sku", "Numeric"))  # types of a column that cannot hold the field


@contextmanager
def _listing(sizes: ListingSizes) -> Iterator[None]:
    """Runs in this process list the shop's goods so."""
    implementation.ShopCatalogue = partial(ShopCatalogue, sizes=sizes)  # type: ignore[misc,assignment]
    try:
        yield
    finally:
        implementation.ShopCatalogue = ShopCatalogue  # type: ignore[misc]


@dataclass(slots=True)
class Kept:
    """Shop, document, time, ledger and settings as they were at some moment."""

    goods: dict[str, Any]
    document: dict[str, Any]
    time: float
    ledger: Path | None
    env: dict[str, str]
    chosen: dict[str, Any]
    columns: dict[tuple[str, str], int]
    numbers: dict[str, int]
    types: dict[tuple[str, str], str]
    received: list[Seen]


@dataclass
class ProofWorld(GristWorld):
    """`skew` is how many seconds this computer's clock is ahead. `chosen` are the rules by entity and field, `sizes` is how the
    shop's goods are listed.

    `columns` and `numbers` say which column and table a field stands in, learnt by their names when they are made, since people
    rename them.
    """

    products: int = 3
    time: float = BEGIN
    skew: float = 0.0
    chosen: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(CHOICE))
    gone: dict[str, str] = field(default_factory=dict)
    sizes: ListingSizes = USUAL

    def __post_init__(self) -> None:
        super().__post_init__()
        # thousands of runs: where there is a file system in memory the ledger lies there, as its every commit waits for the disk
        self.quick = Path(tempfile.mkdtemp(prefix="syncdb-", dir=MEMORY if MEMORY.is_dir() else None))
        self.ledger = self.quick / "ledger.db"
        self.env["DB_PATH"] = str(self.ledger)
        self.born = self.time
        self.received: list[Seen] = []
        self.levels: dict[tuple[str, str], str] = {}  # (item, location) -> level, of all there ever were
        self.columns: dict[tuple[str, str], int] = {}
        self.looks_chosen: set[int] = set()  # references of which people chose what they show
        self.numbers: dict[str, int] = {}
        self.remade: set[tuple[str, str]] = set()  # fields ("": whole tables) that stand somewhere else since a run
        self.types: dict[tuple[str, str], str] = {}
        self.strangers: set[tuple[int, int]] = set()  # (table, column; 0: whole tables) of ours that this ledger does not know
        self.clock = Clock(
            now=lambda: datetime.fromtimestamp(self.time + self.skew, UTC),
            monotonic=lambda: self.time - self.born,
            sleep=self.pass_time,
        )

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.quick, ignore_errors=True)

    def sync(self, **asked: Any) -> Ran:
        self.remade.clear()
        entities = {
            name: {"fields": fields} | ({"gone_in_shop": self.gone[name]} if name in self.gone else {})
            for name, fields in self.chosen.items()
        }
        self.env["GRIST_SYNC"] = json.dumps(entities)
        try:
            with _listing(self.sizes):
                return super().sync(**asked)
        finally:
            self.received += self.faults.log
            self.learn()

    def all_received(self) -> list[Seen]:
        """Every request that any server has seen, those that landed late included."""
        return [*self.received, *self.faults.landed]

    # --- the document, past the API

    @property
    def document(self) -> Any:
        return self.sandbox.grist_document

    def learn(self) -> None:
        """Note which tables and columns are ours, when they are first seen."""
        self.levels |= {(one["item"]["id"], one["location"]["id"]): gid for gid, one in self.goods.levels.items()}
        for entity, fields in LABELS.items():
            named = self.document.table(TABLES[entity])
            if named is not None and (named.ref, 0) in self.strangers and self.table(entity) is not None:
                named = None
            if named is not None and named.ref != self.numbers.get(entity):  # also one made anew: that is ours from now on
                self.remade |= {(entity, "")} if entity in self.numbers else set()
                self.numbers[entity] = named.ref
                for place in [one for one in self.columns if one[0] == entity]:
                    del self.columns[place]
                    self.types.pop(place, None)
            table = self.table(entity)
            if table is None:
                continue
            for name, label in {**fields, "": KEY}.items():
                strange = self.strangers if self.column(entity, name) is not None else ()
                labelled = (one for one in table.ordered() if one.label == label and (table.ref, one.ref) not in strange)
                known = next(labelled, None)
                if known is None or name not in {"", *self.chosen[entity]}:
                    continue
                place = (entity, name)
                if self.columns.get(place, known.ref) != known.ref:
                    self.remade.add(place)
                    self.types.pop(place, None)
                self.columns[place] = known.ref
                self.types.setdefault(place, known.type)

    def go_by(self, columns: dict[tuple[str, str], int], numbers: dict[str, int]) -> None:
        """The ledger is one that knows these columns and tables, whatever another one made beside them since."""
        for entity, ref in numbers.items():
            table = next((one for one in self.document.tables.values() if one.ref == ref), None)
            if table is None:
                continue
            now = self.numbers.get(entity, ref)
            if now != ref:
                self.strangers.add((now, 0))
                self.columns = {place: column for place, column in self.columns.items() if place[0] != entity}
                self.numbers[entity] = ref
            for place, column in columns.items():
                if place[0] == entity and column in table.columns and self.columns.get(place) != column:
                    self.strangers |= {(ref, self.columns[place])} if place in self.columns else set()
                    self.columns[place] = column
        known = {(self.numbers[entity], column) for (entity, _), column in self.columns.items()}
        self.strangers -= known | {(ref, 0) for ref in self.numbers.values()}

    def go_by_names(self) -> None:
        """The ledger is one that knows nothing yet: whatever others knew, it takes what is called as it should be."""
        self.strangers.clear()
        self.learn()

    def retyped(self, entity: str, name: str, column: Column) -> bool:
        """Whether a column is of another type than agreed on, and its word may count or it cannot hold what it should."""
        changed = self.types.get((entity, name), column.type) != column.type
        return changed and (self.shared(entity, name) or (name, column.type) in UNFIT)

    def shared(self, entity: str, name: str) -> bool:
        """Whether what people type there may go to the shop."""
        may = {"all", entity, f"{entity}.{name}"} & set(self.env["SHOPIFY_WRITES"].split(","))
        return name != "" and self.chosen[entity].get(name, "shopify") != "shopify" and bool(may)

    def take_types(self) -> None:
        """The columns count as they are from now on."""
        self.types = {place: column.type for place in self.types if (column := self.column(*place)) is not None}

    def table(self, entity: str) -> Table | None:
        return self.document.tables.get(self.numbers.get(entity, -1)) or next(
            (one for one in self.document.tables.values() if one.ref == self.numbers.get(entity)), None
        )

    def column(self, entity: str, name: str) -> Column | None:
        table, ref = self.table(entity), self.columns.get((entity, name))
        return table.columns.get(ref) if table is not None and ref is not None else None

    def renamed(self) -> bool:
        """Whether people call a table or a column of ours something else."""
        tables = [(self.table(entity), TABLES[entity]) for entity in self.numbers]
        columns = [(self.column(*place), LABELS[place[0]].get(place[1], KEY)) for place in self.columns]
        return any(one is not None and one.id != name for one, name in tables) or any(
            one is not None and one.label != label for one, label in columns
        )

    def name_back(self) -> None:
        """A person calls tables and columns of ours again as they were called, and what another ledger made something else."""
        for table in list(self.document.tables.values()):
            for column in [one for one in table.ordered() if (table.ref, one.ref) in self.strangers]:
                Person(self.document, table.id).rename_column(column.id, f"Former {column.ref}")
            if (table.ref, 0) in self.strangers:
                Person(self.document, table.id).rename_table(f"Former_{table.ref}")
        for (entity, name), ref in self.columns.items():
            table, label = self.table(entity), LABELS[entity].get(name, KEY)
            column = table.columns.get(ref) if table is not None else None
            if column is not None and column.label != label:
                self.hand(entity).rename_column(column.id, label)
        for entity in self.numbers:
            table = self.table(entity)
            if table is not None and table.id != TABLES[entity]:
                self.hand(entity).rename_table(TABLES[entity])

    def hand(self, entity: str) -> Person:
        """A person at the table of an entity, whatever it is called now. Raises LookupError while there is none."""
        table = self.table(entity)
        if table is None:
            raise LookupError(f"no table of {entity}")
        return Person(self.document, table.id)

    def rows_of(self, entity: str) -> list[int]:
        """Row ids of records of ours; [] while there is no table."""
        table, key = self.table(entity), self.column(entity, "")
        if table is None or key is None:
            return []
        return [row for row in table.ids() if str(table.get(row, key) or "").startswith("gid://")]

    def index_of(self, entity: str, key: str) -> int:
        """Which of our rows holds a key. Raises LookupError."""
        table, column = self.table(entity), self.column(entity, "")
        if table is None or column is None:
            raise LookupError(f"no table of {entity}")
        return [table.get(row, column) for row in self.rows_of(entity)].index(key)

    # --- to another moment

    def kept(self, name: str | None) -> Kept:
        """All there is now, to come back to later; the ledger's copy is called by `name`, None where it is not wanted."""
        copied = self.quick / name if name is not None and self.ledger.exists() else None
        if copied is not None:
            shutil.copy(self.ledger, copied)
        document = {one: value for one, value in self.document.__dict__.items() if one not in ("committed", "_clock")}
        return Kept(
            self._apart(self.goods.__dict__),
            copy.deepcopy(document),
            self.time,
            copied,
            dict(self.env),
            copy.deepcopy(self.chosen),
            dict(self.columns),
            dict(self.numbers),
            dict(self.types),
            list(self.received),
        )

    def _apart(self, goods: dict[str, Any]) -> dict[str, Any]:
        """A copy of the goods that still belongs to this shop: what it tells of changes goes to the same one."""
        return copy.deepcopy(goods, {id(one): one for one in (self.goods, self.shop)})

    def come_back(self, to: Kept, *, ledger: bool = True) -> None:
        """Everything is as it was then, but for the ledger and its marks where that is not wanted."""
        self.goods.__dict__.update(self._apart(to.goods))
        self.document.__dict__.update(copy.deepcopy(to.document))
        self.time, self.skew = to.time, 0.0
        self.env.clear()
        self.env.update(to.env)
        self.chosen = copy.deepcopy(to.chosen)
        self.gone.clear()
        self.strangers.clear()
        self.columns, self.numbers, self.types = dict(to.columns), dict(to.numbers), dict(to.types)
        self.received = list(to.received)
        self.faults.clear()
        self.faults._late.clear()
        self.faults.landed.clear()
        self.sandbox.shop.index_lag = 0.0
        self.sandbox.shopify.bucket = Bucket(self.sandbox.shopify.clock)
        if ledger:
            self.put_ledger(to.ledger)

    def put_ledger(self, copied: Path | None) -> None:
        """Put a copy in place of the ledger, or take it away; the marks of the other one are taken off the tables by hand."""
        for table in self.document.tables.values():
            for column in table.columns.values():
                column.description = ""
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.ledger}{ending}").unlink(missing_ok=True)
        if copied is not None:
            shutil.copy(copied, self.ledger)
