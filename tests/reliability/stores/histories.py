"""Random histories of stock in two stores: sales, restocks, counts and transfers in both, signals that come late, twice, out of
order or never, answers that are lost, a process that dies. Judged by adding up, without the ledger.

A history is that of a few goods. Several are played at once in the same two stores, each with movements of its own: what a run
costs hardly depends on how many goods have moved.
"""

import json
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.webhooks.delivery import Weather
from syncdb.sandbox.stores import LocalStore
from tests.engine.hostile import Crash, Steps
from tests.reliability.crash import dying
from tests.scenarios.listening import Listening
from tests.scenarios.stores_world import StoresWorld

MEMORY = Path("/dev/shm")
GOODS = 3  # of each history
STEPS = 12
PART = 0.7  # of the histories that something happens in, when it does
LISTENED = 150.0  # seconds in which signals are waited for
TROUBLE = ("apply_then_cut", "apply_then_error", "apply_late", "cut_before", "too_many", "unavailable", "html_200")


class StockWorld(StoresWorld):
    """Two stores with a few counted goods that both have, for so many histories at once."""

    def __init__(self, folder: Path, histories: int = 1) -> None:
        self.goods = range(histories * GOODS)
        self.quick = Path(tempfile.mkdtemp(prefix="syncdb-", dir=MEMORY if MEMORY.is_dir() else None))
        # everything is small here, so that a change of half of it is nothing to stop for
        super().__init__(folder, products=0, env={"DB_PATH": str(self.quick / "ledger.db"), "MAX_CHANGED_PERCENT": "100"})
        self.ledger = self.quick / "ledger.db"
        for number in self.goods:
            for store in self.stores:
                store.merchant.add_product(f"Good {number}", sku=f"G{number}", price="5.00", stock=20, vendor="Kayra")
        self.synced(full=True)
        self.variants = {store.name: {one["sku"]: one for one in store.goods.variants.values()} for store in self.stores}
        self.listening = Listening(self, "stores", stores=self.stores)
        self.listening.__enter__()

    @property
    def stores(self) -> tuple[LocalStore, LocalStore]:
        return self.taf, self.afl

    def variant(self, store: LocalStore, number: int) -> Any:
        return self.variants[store.name][f"G{number}"]

    def available(self, store: LocalStore, number: int) -> int:
        return self.stock(self.variant(store, number), store)

    def close(self) -> None:
        self.listening.__exit__(None, None, None)
        super().close()
        shutil.rmtree(self.quick, ignore_errors=True)


@dataclass
class StockHistory:
    """As many histories at once as the world has goods for: what happens is drawn from `rng`, and what must come of it is added
    up on the way.
    """

    world: StockWorld
    rng: random.Random
    told: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.expected = [self.world.available(self.world.taf, number) for number in self.world.goods]

    def play(self) -> None:
        """Let it happen, let it calm down, hold both stores against what was added up. Raises AssertionError with the story."""
        for _ in range(self.rng.randint(4, STEPS)):
            self.rng.choice(ACTS)(self)
        self.calm()
        self.answer()
        for store in self.world.stores:
            found = [self.world.available(store, number) for number in self.world.goods]
            wrong = [
                f"{shown} instead of {right} of G{at}"
                for at, (shown, right) in enumerate(zip(found, self.expected, strict=True))
                if shown != right
            ]
            assert not wrong, f"{store.name} shows {'; '.join(wrong)}:\n" + "\n".join(self.told)

    # --- what people do

    def moves(self) -> None:
        """Something moves, or the same does in both stores before anybody looks; most histories have a part in it."""
        for first in self.world.goods[::GOODS]:
            if len(self.world.goods) == GOODS or self.rng.random() < PART:
                self.rng.choice((self._moves, self._moves, self.alike))(first)

    def _moves(self, first: int) -> None:
        self._movement(self.rng.choice(self.world.stores), first)()

    def alike(self, first: int = 0) -> None:
        number, pieces = first + self.rng.randrange(GOODS), self.rng.randint(1, 4)
        for store in self.world.stores:
            self._sell(store, number, pieces)

    def _movement(self, store: LocalStore, first: int) -> Callable[[], None]:
        number, pieces = first + self.rng.randrange(GOODS), self.rng.randint(1, 5)
        return self.rng.choice(
            (
                lambda: self._sell(store, number, pieces),
                lambda: self._sell(store, number, pieces),
                lambda: self._receive(store, number, pieces),
                lambda: self._count(store, number, pieces * 7),
                lambda: self._transfer(store, number, pieces),
                lambda: self._ship(store, number, 1),
            )
        )

    def _sell(self, store: LocalStore, number: int, pieces: int) -> None:
        store.merchant.sell(self.world.variant(store, number)["id"], pieces, store.shop.location["id"])
        self._moved(store, number, -pieces, "sold")

    def _receive(self, store: LocalStore, number: int, pieces: int) -> None:
        store.merchant.receive(self.world.variant(store, number)["id"], pieces, store.shop.location["id"])
        self._moved(store, number, pieces, "received")

    def _count(self, store: LocalStore, number: int, counted: int) -> None:
        before = self.world.available(store, number)
        store.merchant.count(self.world.variant(store, number)["id"], counted, store.shop.location["id"])
        self._moved(store, number, counted - before, "counted anew")

    def _transfer(self, store: LocalStore, number: int, pieces: int) -> None:
        """Pieces go to a location that stands for none in the other store: there are fewer at this one."""
        other = next(gid for gid in store.goods.locations if gid != store.shop.location["id"])
        variant = self.world.variant(store, number)["id"]
        store.merchant.receive(variant, -pieces, store.shop.location["id"])
        store.merchant.receive(variant, pieces, other)
        self._moved(store, number, -pieces, "sent elsewhere")

    def _ship(self, store: LocalStore, number: int, pieces: int) -> None:
        store.merchant.ship(self.world.variant(store, number)["id"], pieces, store.shop.location["id"])
        self.told.append(f"{store.name} ships {pieces} of G{number}")

    def _moved(self, store: LocalStore, number: int, by: int, what: str) -> None:
        self.expected[number] += by
        self.seen[what] += 1
        self.told.append(f"{store.name}: G{number} {by:+} ({what})")

    # --- what the program meets

    def listens(self) -> None:
        """Signals of what moves in a few minutes arrive late, twice, in disorder or never while the command waits for them."""
        moments = [self.rng.uniform(1, LISTENED) for _ in range(self.rng.randint(1, 5))]
        delay = self.rng.choice((0.0, 20.0, 90.0, 86_400.0))
        for desk in self.world.listening.desks:
            desk.rng = random.Random(self.rng.random())
            desk.weather = Weather(lost=self.rng.choice((0.0, 0.3, 1.0)), doubled=self.rng.choice((0.0, 0.5)), delay=delay)
        before = sum(len(desk.sent) for desk in self.world.listening.desks)
        self.told.append(f"signals are up to {delay:.0f} s late")
        series = self.world.listening.series(LISTENED, dict.fromkeys(moments, self.moves))
        assert series.code in (0, 3, 4), f"{series.code}: {series.text}{series.errors}\n" + "\n".join(self.told)
        self.seen["signals"] += sum(len(desk.sent) for desk in self.world.listening.desks) - before
        self.seen["listened"] += 1

    def lags(self) -> None:
        """Changes are told late, or so late that no question for changes meets them; each store by itself."""
        store, seconds = self.rng.choice(self.world.stores), self.rng.choice((0.0, 60.0, 600.0, 3600.0))
        store.shop.index_lag = seconds
        self.seen["told late"] += seconds > 0
        self.told.append(f"searches in {store.name} lag {seconds:.0f} s")

    def waits(self) -> None:
        """Hours, or more than a day: by then a shop has forgotten the keys under which it was written."""
        self.world.pass_time(hours=self.rng.choice((1, 7, 25)))

    def runs(self) -> None:
        """A run, as it may go: well, over lost answers, with a sale in the worst moment, or cut off."""
        self.rng.choice((self._well, self._in_trouble, self._in_trouble, self._sold_meanwhile, self._dies))()

    def _well(self) -> None:
        self.told.append(f"a run ends with {self.world.sync().code}")

    def _in_trouble(self) -> None:
        store, kind = self.rng.choice(self.world.stores), self.rng.choice(TROUBLE)
        where = self.rng.choice(("shopify write", "shopify write", "any"))
        after = self.rng.choice((0, 1, 3)) if kind == "apply_late" else None
        store.faults.add(Fault(kind, where, skip=self.rng.randrange(3) if where == "any" else 0, after=after))  # type: ignore[arg-type]
        self.told.append(f"{kind} for {where} to {store.name}; a run ends with {self.world.sync().code}")
        self.seen[kind] += not store.faults.pending()
        self.seen["lost"] += not store.faults.pending()
        store.faults.clear()

    def _sold_meanwhile(self) -> None:
        store = self.rng.choice(self.world.stores)
        store.faults.add(Fault("meanwhile", "shopify write", action=self._meanwhile))
        self.told.append(f"just before a write to {store.name} something moves; a run ends with {self.world.sync().code}")
        self.seen["moved in the moment"] += not store.faults.pending()
        store.faults.clear()

    def _meanwhile(self) -> None:
        self._moves(self.rng.choice(self.world.goods[::GOODS]))

    def _dies(self) -> None:
        at = self.rng.randint(1, 60)
        try:
            with dying(Steps(at)):
                self.world.sync()
        except Crash:
            self.seen["died"] += 1
            self.told.append(f"a run dies at boundary {at}")

    def answer(self) -> None:
        """Where what became of a write cannot be known any more, a person is asked and counts; a number is never made up."""
        asked = json.loads(self.world.manage("conflicts", "--json").out)["conflicts"]
        for one in asked:
            number = int(re.findall(r"\bG(\d+)\b", one["name"])[0])
            assert one["why"] == "one movement or two" and self.seen["died"] + self.seen["lost"], f"{one}\n" + "\n".join(
                self.told
            )
            self.world.manage("conflicts", one["id"], "--value", str(self.expected[number]), "--yes")
            self.seen["asked"] += 1
        if asked:
            assert self.world.sync(full=True).code == 0

    def calm(self, hours: int | None = None) -> None:
        """What is under way arrives, nothing lags, and runs go well: the third of them at the latest writes nothing.

        The first comes after so many hours, by default after one or more than a day.
        """
        for store in self.world.stores:
            store.faults.clear()
            store.faults.land_late()
            store.shop.index_lag = 0.0
        self.world.pass_time(hours=hours or self.rng.choice((1, 26)))
        for _ in range(3):
            ran = self.world.sync(full=True)
            assert ran.code == 0, f"a run afterwards ends with {ran.code}: {ran.text}\n" + "\n".join(self.told)
            if ran.written == 0:
                return
        raise AssertionError("there is still something to write:\n" + "\n".join(self.told))


ACTS = (
    *(StockHistory.moves,) * 7,
    *(StockHistory.runs,) * 5,
    *(StockHistory.listens,) * 2,
    StockHistory.lags,
    StockHistory.waits,
)


def play(rounds: int, first: int, world: StockWorld) -> Counter[str]:
    """Play so many rounds of histories, from this seed on, one after the other in the same stores; what was met in them."""
    met: Counter[str] = Counter()
    for number in range(first, first + rounds):
        history = StockHistory(world, random.Random(number))
        try:
            history.play()
        except AssertionError as wrong:
            raise AssertionError(f"seed {number}: {wrong}") from wrong
        met += history.seen
    return met
