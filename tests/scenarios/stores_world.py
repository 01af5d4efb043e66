"""Two shops, the people of both and the real command between them, in simulated time."""

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.stores import LocalStore, TwoStores
from tests.cli.conftest import Answer, manage

OWN = ("id", "updatedAt", "createdAt", "publishedAt")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command left behind."""

    code: int
    text: str
    errors: str
    data: Mapping[str, Any]
    requests: tuple[int, int]

    @property
    def report(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.data["runs"][0]
        return found

    @property
    def counts(self) -> Mapping[str, int]:
        found: Mapping[str, int] = self.report["counts"]
        return found

    @property
    def written(self) -> int:
        return self.counts.get("written_left", 0) + self.counts.get("written_right", 0)

    @property
    def conflicts(self) -> int:
        return int(self.report["conflicts"])


@dataclass
class StoresWorld:
    """Everything a scenario needs. Time stands still unless told otherwise or the product waits."""

    folder: Path
    products: int = 8
    alike: bool = True
    env: dict[str, str] = field(default_factory=dict)
    time: float = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0).timestamp())
    currencies: tuple[str, str] = ("EUR", "EUR")
    names: tuple[str, str] = ("taf", "afl")  # what the configuration calls them

    def __post_init__(self) -> None:
        self.sandbox = TwoStores(products=self.products, alike=self.alike, clock=lambda: self.time, currencies=self.currencies)
        self.taf, self.afl = self.sandbox.taf, self.sandbox.afl
        self.ledger = self.folder / "ledger.db"
        files = {"DB_PATH": str(self.ledger), "LOG_FILE": str(self.folder / "sync.log")}
        own = {**self.taf.environment(self.names[0]), **self.afl.environment(self.names[1]), "STORES": ",".join(self.names)}
        self.env = own | files | {"STORES_WRITE": "yes"} | self.env
        self.clock = Clock(now=lambda: datetime.fromtimestamp(self.time, UTC), monotonic=lambda: self.time, sleep=self.pass_time)

    def pass_time(self, seconds: float = 0.0, *, hours: float = 0.0) -> None:
        self.time += seconds + hours * 3600

    def sync(self, **asked: Any) -> Ran:
        """A quarter of an hour later, somebody (or cron) runs the command."""
        self.pass_time(hours=0.25)
        out, err = io.StringIO(), io.StringIO()
        for one in (self.taf, self.afl):
            one.faults.log.clear()
        with redirect_stdout(out), redirect_stderr(err):
            code = run("stores", RunOptions(**{"as_json": True} | asked), self.env, self.clock)
        text = out.getvalue()
        assert "Traceback" not in text + err.getvalue(), text + err.getvalue()
        data = json.loads(text) if asked.get("as_json", True) and text else {}
        return Ran(code, text, err.getvalue(), data, (self.taf.faults.count("shopify"), self.afl.faults.count("shopify")))

    def synced(self, **asked: Any) -> Ran:
        """A run that must end well."""
        ran = self.sync(**asked)
        assert ran.code == 0, ran.text + ran.errors
        return ran

    def manage(self, *arguments: str) -> Answer:
        return manage(*arguments, "--db", str(self.ledger))

    def writes(self) -> list[str]:
        """The mutations of the last run, by name, of both stores."""
        bodies = [seen.body_json for one in (self.taf, self.afl) for seen in one.faults.log if one.app.kind(seen) == "write"]
        return [str(body["query"]).split("{", 1)[1].split("(", 1)[0].strip() for body in bodies]

    # --- eyes of its own, past API and ledger

    def same(self, product: Mapping[str, Any], store: LocalStore | None = None) -> Any:
        """The product of the other store that has this one's SKUs, or its handle where it has none."""
        goods = (store or self.afl).goods
        skus = {one["sku"] for one in product["variants"] if one["sku"]}
        found = [
            one
            for one in goods.products.values()
            if ({two["sku"] for two in one["variants"] if two["sku"]} == skus if skus else one["handle"] == product["handle"])
        ]
        assert len(found) == 1, f"{len(found)} products are like {product['title']}"
        return found[0]

    def stock(self, variant: Mapping[str, Any], store: LocalStore) -> int:
        """What can be sold of it at the store's first location."""
        place = store.shop.location["id"]
        levels = [one for one in variant["inventoryItem"]["inventoryLevels"] if one["location"]["id"] == place]
        return int(levels[0]["_counts"]["available"])

    def close(self) -> None:
        self.sandbox.close()
