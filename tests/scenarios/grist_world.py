"""A shop, a Grist document, the people of both and the real command between them, in simulated time.

The document is the sandbox's, or one on a real server, whose requests are then counted by the ledger.
"""

import io
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.grist.person import Person
from syncdb.sandbox.grist.site import WORKSPACE
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.account import account_key
from tests.cli.conftest import Answer, manage
from tests.sandbox.grist.places import Doc
from tests.scenarios.grist_hands import Hands

TABLES = {name: name.title() for name in ("products", "variants", "inventory", "collections", "customers", "orders")}
TABLES["draft_orders"] = "Draft_orders"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command left behind."""

    code: int
    text: str
    errors: str
    data: Mapping[str, Any]
    shop_requests: int
    grist_requests: int

    @property
    def counts(self) -> Mapping[str, int]:
        """The counts of all runs of the command together."""
        total: dict[str, int] = {}
        for one in self.data.get("runs", ()):
            for name, count in one["counts"].items():
                total[name] = total.get(name, 0) + count
        return total

    @property
    def written(self) -> int:
        return self.counts.get("written_left", 0) + self.counts.get("written_right", 0)

    @property
    def conflicts(self) -> int:
        return sum(one["conflicts"] for one in self.data.get("runs", ()))


@dataclass
class GristWorld:
    """Everything a scenario needs. Time stands still unless told otherwise or the product waits.

    `real` is a document on a real server that takes the place of the sandbox's.
    """

    folder: Path
    products: int = 8
    orders: int = 0
    env: dict[str, str] = field(default_factory=dict)
    time: float = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0).timestamp())
    real: Doc | None = None

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(
            self.folder, products=self.products, orders=self.orders, clock=lambda: self.time, key=account_key()
        )
        self.ledger = self.folder / "ledger.db"
        files = {"DB_PATH": str(self.ledger), "LOG_FILE": str(self.folder / "sync.log")}
        self.env = files | {"SHOPIFY_WRITES": "all"} | self._elsewhere() | self.env
        self.clock = Clock(now=lambda: datetime.fromtimestamp(self.time, UTC), monotonic=lambda: self.time, sleep=self.pass_time)
        self.merchant = Merchant(self.sandbox.shop.goods)
        self.faults = self.sandbox.faults

    def _elsewhere(self) -> dict[str, str]:
        if self.real is None:
            return {}
        place = self.real.place
        return {"GRIST_SERVER": place.url, "GRIST_API_KEY": place.key, "GRIST_DOCUMENT": self.real.id}

    @property
    def shop(self) -> Any:
        return self.sandbox.shop

    @property
    def goods(self) -> Any:
        return self.sandbox.shop.goods

    def pass_time(self, seconds: float = 0.0, *, hours: float = 0.0) -> None:
        self.time += seconds + hours * 3600

    def sync(self, **asked: Any) -> Ran:
        """A quarter of an hour later, somebody (or cron) runs the command."""
        self.pass_time(hours=0.25)
        out, err = io.StringIO(), io.StringIO()
        self.faults.log.clear()
        before = self._calls()
        with redirect_stdout(out), redirect_stderr(err):
            code = run("grist", RunOptions(**{"as_json": True} | asked), self.sandbox.environment() | self.env, self.clock)
        text = out.getvalue()
        assert "Traceback" not in text + err.getvalue(), text + err.getvalue()
        data = json.loads(text) if asked.get("as_json", True) else {}
        count = self.faults.count
        calls = count("grist") if self.real is None else self._calls() - before
        return Ran(code, text, err.getvalue(), data, count("shopify"), calls)

    def _calls(self) -> int:
        """Calls to a real server so far, as the ledger has counted them."""
        if self.real is None or not self.ledger.exists():
            return 0
        connection = sqlite3.connect(self.ledger)
        (stored,) = connection.execute("SELECT value FROM meta WHERE name = 'grist_calls'").fetchone()
        connection.close()
        return int(json.loads(stored)["used"])

    def synced(self, **asked: Any) -> Ran:
        """A run that must end well."""
        ran = self.sync(**asked)
        assert ran.code == 0, ran.text + ran.errors
        return ran

    def manage(self, *arguments: str) -> Answer:
        return manage(*arguments, "--db", str(self.ledger))

    def person(self, entity: str) -> Person | Hands:
        """Somebody of the shop at that table (of an entity, or by its own id)."""
        table = TABLES.get(entity, entity)
        return Person(self.sandbox.grist_document, table) if self.real is None else Hands(self.real, table)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the document by somebody else."""
        env = self.sandbox.environment() | self.env
        headers = {"Authorization": f"Bearer {env['GRIST_API_KEY']}"}
        place = f"{env['GRIST_SERVER']}/api/docs/{path.format(env['GRIST_DOCUMENT'])}"
        answer = requests.request(method, place, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def copied(self) -> str:
        """Somebody makes a copy of the document; its id."""
        workspace = WORKSPACE if self.real is None else self.real.place.workspace()
        return str(self._call("POST", "{}/copy", {"documentName": "syncdb test copy", "workspaceId": workspace}))

    def put_back(self, copied: str) -> None:
        """Somebody puts a copy in the document's place."""
        self._call("POST", "{}/replace", {"sourceDocId": copied})
        self._call("DELETE", copied)

    def by_hand(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Somebody makes a table of their own, with columns of text, and fills it."""
        env = self.sandbox.environment() | self.env
        place = f"{env['GRIST_SERVER']}/api/docs/{env['GRIST_DOCUMENT']}/tables"
        ids = {label: label.replace(" ", "_") for row in rows for label in row}
        columns = [{"id": ids[label], "fields": {"label": label, "type": "Text"}} for label in ids]
        records = [{"fields": {ids[label]: text for label, text in row.items()}} for row in rows]
        headers = {"Authorization": f"Bearer {env['GRIST_API_KEY']}"}
        requests.post(place, json={"tables": [{"id": table, "columns": columns}]}, headers=headers, timeout=30).raise_for_status()
        for one in records:
            answer = requests.post(f"{place}/{table}/records", json={"records": [one]}, headers=headers, timeout=30)
            answer.raise_for_status()

    def tables(self) -> set[str]:
        """The ids of the document's tables."""
        return set(self.real.tables()) if self.real else {table.id for table in self.sandbox.grist_document.tables.values()}

    # --- eyes of its own, past API and ledger

    def rows(self, entity: str) -> dict[str, dict[str, Any]]:
        """What people see, by key and label; a doubled key is a failure."""
        shown: dict[str, dict[str, Any]] = {}
        for row, cells in self._all(entity).items():
            key = str(cells.get("Shopify ID") or "")
            assert key not in shown or not key, f"{key} stands twice"
            shown[key] = cells | {"row": row}
        return shown

    def _all(self, entity: str) -> dict[int, dict[str, Any]]:
        person = self.person(entity)
        if isinstance(person, Hands):
            return person.rows()
        table = person.here()
        return {row: {column.label: table.get(row, column) for column in table.ordered()} for row in table.ids()}

    def row(self, entity: str, key: str) -> int:
        return int(self.rows(entity)[key]["row"])

    def edit(self, entity: str, key: str, column: str, value: Any) -> None:
        """A person types into a cell."""
        self.person(entity).edit(self.row(entity, key), column, value)

    def shown(self, entity: str, key: str, column: str) -> Any:
        return self.rows(entity)[key][column]

    def variant(self, number: int = 0) -> Any:
        return list(self.goods.variants.values())[number]

    def product(self, number: int = 0) -> Any:
        return list(self.goods.products.values())[number]

    def agreed(self) -> None:
        """Shop and document show the same products, prices and stock, worked out without the mapping."""
        products, variants, stock = self.rows("products"), self.rows("variants"), self.rows("inventory")
        assert set(products) == set(self.goods.products) and set(variants) == set(self.goods.variants) and variants
        for gid, product in self.goods.products.items():
            assert products[gid]["Title"] == product["title"] and products[gid]["Status"] == product["status"], gid
        for gid, variant in self.goods.variants.items():
            assert Decimal(str(variants[gid]["Price"])) == Decimal(variant["price"]), gid
            assert (variants[gid]["SKU"] or None) == (variant["sku"] or None), gid
            of = next(key for key, row in products.items() if row["row"] == variants[gid]["Product"])
            assert of == variant["product"]["id"], gid
        levels = {level["id"]: level["_counts"]["available"] for level in self.goods.levels.values()}
        assert {key: row["Available"] for key, row in stock.items()} == levels and levels

    def close(self) -> None:
        self.sandbox.close()
