"""Stock that moves on both sides at random: every movement counts once, judged by adding up what merchant and people did.

`python -m tests.reliability.grist.levels` moves 10,000 levels and prints how many came out wrong; `--levels` and `--seed` choose
others.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.sandbox.faults import Fault
from tests.scenarios.grist_world import GristWorld

AT_ONCE = 60  # levels that move between two runs


@dataclass
class Stock:
    """What each level must come to. `moved` counts levels that moved, by how."""

    world: GristWorld
    rng: random.Random
    total: dict[str, int] = field(default_factory=dict)
    moved: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def begin(self) -> None:
        for level in self.world.goods.levels.values():
            level["item"]["tracked"] = True
        for variant in self.world.goods.variants.values():
            self.world.merchant.count(variant["id"], self.rng.randrange(100, 400))
        self.world.synced(full=True)
        self.total = {gid: level["_counts"]["available"] for gid, level in self.world.goods.levels.items()}

    def hands(self, levels: int) -> None:
        """People and customers move so many levels, and edit other things."""
        for gid in self.rng.sample(sorted(self.total), min(levels, len(self.total))):
            how = self.rng.choice(("shop", "grist", "both", "both", "alike", "alike"))
            here = self.rng.choice((-3, -2, -1, 4, 9))
            there = here if how == "alike" else self.rng.choice((-4, -1, 2, 7))
            if how != "grist":
                self._in_shop(gid, here)
            if how != "shop":
                self._in_grist(gid, there)
            self.moved[how] += 1
        self._other_things()

    def _in_shop(self, gid: str, by: int) -> None:
        level = self.world.goods.levels[gid]
        variant, place = level["item"]["variant"]["id"], level["location"]["id"]
        if by < 0:
            self.world.merchant.sell(variant, -by, place)
        else:
            self.world.merchant.receive(variant, by, place)
        self.total[gid] += by

    def _in_grist(self, gid: str, by: int) -> None:
        shown = self.world.shown("inventory", gid, "Available")
        self.world.edit("inventory", gid, "Available", int(shown) + by)
        self.total[gid] += by

    def _other_things(self) -> None:
        number = self.rng.randrange(10**6)
        variants, products = list(self.world.goods.variants), list(self.world.goods.products)
        self.world.merchant.edit_product(self.rng.choice(products), title=f"Tea {number}")
        self.world.merchant.edit_variant(self.rng.choice(variants), price=f"{20 + number % 900 / 100:.2f}")
        self.world.edit("products", self.rng.choice(products), "Vendor", f"Vendor {number}")

    def run(self) -> None:
        """A run, in which answers may come late and pieces may be sold just before stock is set; then one in peace."""
        if self.rng.random() < 0.3:
            gid = self.rng.choice(sorted(self.total))
            fault = Fault("meanwhile", "shopify write", action=lambda: self._in_shop(gid, -1))
            self.world.faults.add(fault)
            self.world.sync()
            self.world.faults.clear()
            self.moved["in the moment"] += 1
        self.world.sync()
        self.world.pass_time(hours=1)
        ran = self.world.sync(full=True)
        assert ran.code in (0, 3), ran.text

    def judge(self) -> None:
        """Both sides show what the movements come to."""
        rows = self.world.rows("inventory")
        for gid, total in self.total.items():
            shown = self.world.goods.levels[gid]["_counts"]["available"], rows[gid]["Available"]
            if shown != (total, total):
                self.wrong.append(f"{gid}: {shown} instead of {total}")
                self.total[gid] = shown[0]


def moved_levels(folder: Path, levels: int, seed: int, told: Any = None) -> Stock:
    """So many levels that moved, in rounds, judged after each."""
    os.chdir(folder)
    world = GristWorld(folder, products=40, env={"MAX_SHOP_CHANGED_PERCENT": "100"})
    try:
        stock = Stock(world, random.Random(seed))
        stock.begin()
        while stock.moved.total() < levels:
            stock.hands(min(AT_ONCE, levels - stock.moved.total()))
            stock.run()
            stock.judge()
            if told is not None:
                told(f"{stock.moved.total()} levels moved, {len(stock.wrong)} wrong")
        return stock
    finally:
        world.close()


def main() -> int:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--levels", type=int, default=10_000)
    made.add_argument("--seed", type=int, default=int(time.time()))
    given = made.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stock = moved_levels(Path(folder), given.levels, given.seed, lambda told: sys.stderr.write(f"\r{told}"))
    sys.stdout.write(f"\nseed {given.seed}: {stock.moved.total()} levels moved {dict(stock.moved)}, {len(stock.wrong)} wrong\n")
    sys.stdout.write("".join(f"{one}\n" for one in stock.wrong[:20]))
    return 1 if stock.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
