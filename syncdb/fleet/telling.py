"""How the fleet stands, worst first: for people, for scripts, and as figures for Prometheus."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from syncdb.errors import Exit
from syncdb.values import iso
from syncdb.wording import counted

FINE, FIRST, NEXT = "fine", "waits for its first run", "waits for its next run"
GOOD = (None, Exit.DONE, Exit.PARTIAL, Exit.BUSY)
LATE = 300.0  # seconds beyond which a shop that is due counts as late


@dataclass(frozen=True, slots=True)
class ShopState:
    """One shop. `late` is for how many seconds it is due, 0 where it is not; `state` is for people."""

    name: str
    home: str
    state: str
    late: float
    row: Mapping[str, Any]

    @property
    def fine(self) -> bool:
        """Whether it needs nobody: what waits for its turn is fine, too."""
        return self.state in (FINE, FIRST, NEXT)

    def as_data(self) -> dict[str, Any]:
        """For scripts."""
        row = self.row
        moments = {name: iso(row[name]) if row[name] else None for name in ("due_at", "started_at", "ended_at", "done_at")}
        kept = {name: row[name] for name in ("every_minutes", "paused", "failures", "exit_code", "told", "worker", "runs")}
        return {"name": self.name, "home": self.home, "state": self.state, "late_seconds": round(self.late)} | moments | kept


def states(rows: Sequence[Mapping[str, Any]]) -> list[ShopState]:
    """Every shop, as the rows come: worst first."""
    return [_state(row) for row in rows]


def _state(row: Mapping[str, Any]) -> ShopState:
    late = 0.0 if row["paused"] or row["running"] else max(float(row["late"]), 0.0)
    if row["paused"]:
        state = f"paused: {row['paused']}"
    elif row["running"]:
        state = "running"
    elif row["failures"]:
        state = f"failed {counted(row['failures'], 'time')}, tried again"
    elif late > LATE:
        state = "late"
    elif row["exit_code"] not in GOOD:
        state = NEXT
    else:
        state = FINE if row["runs"] else FIRST
    return ShopState(row["name"], row["home"], state, late, row)


def stands_for_several(name: str) -> bool:
    """Whether a name as it was given means every shop like it (`shop1*`)."""
    return bool(set(name) & set("*?["))


def is_among(shop: str, names: Iterable[str]) -> bool:
    """Whether one of the names as they were given means this shop."""
    return any(fnmatchcase(shop, name) for name in names)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which shops are meant: those of these names (`shop1*` for several), of a home, in whose state or last words a text stands.

    What is empty leaves none out. `trouble`: only those that need a look.
    """

    names: tuple[str, ...] = ()
    home: str = ""
    text: str = ""
    trouble: bool = False

    @property
    def several(self) -> bool:
        """Whether shops are meant that nobody named one by one."""
        return bool(self.home or self.text or any(map(stands_for_several, self.names)))

    def of(self, shops: Sequence[ShopState]) -> list[ShopState]:
        """Those of some shops."""
        return [one for one in shops if self._means(one)]

    def _means(self, one: ShopState) -> bool:
        told = f"{one.state} {one.row['told']}".casefold()
        named = not self.names or is_among(one.name, self.names)
        troubled = not self.trouble or bool(one.row["paused"] or one.row["failures"] or one.late > LATE)
        return named and self.home in ("", one.home) and self.text.casefold() in told and troubled


def home_told(row: Mapping[str, Any]) -> str:
    """A home with its shops, and whether anybody works there."""
    seen = row["seen"]
    if row["workers"]:
        working = ", ".join([counted(row["workers"], "worker"), counted(row["slots"], "slot"), *row["versions"]])
    else:
        working = "no worker" + ("" if seen is None else f" for {counted(max(round(float(seen) / 60), 1), 'minute')}")
    return f"{row['home']}: {counted(row['shops'], 'shop')}, {working}"


def totals(shops: Sequence[ShopState]) -> dict[str, int]:
    """How many there are of each kind."""
    return {
        "shops": len(shops),
        "paused": sum(bool(one.row["paused"]) for one in shops),
        "failing": sum(one.row["failures"] > 0 and not one.row["paused"] for one in shops),
        "late": sum(one.late > LATE for one in shops),
        "running": sum(bool(one.row["running"]) for one in shops),
    }


_OF_SHOP: dict[str, Callable[[ShopState], int]] = {
    "failures": lambda one: int(one.row["failures"]),
    "paused": lambda one: int(bool(one.row["paused"])),
    "late_seconds": lambda one: round(one.late),
}


def metrics(shops: Sequence[ShopState]) -> str:
    """The figures in Prometheus' text format."""
    lines = [f"syncdb_fleet_{name} {count}" for name, count in totals(shops).items()]
    lines += [f"syncdb_fleet_latest_seconds {max((one.late for one in shops), default=0.0):.0f}"]
    for name, of in _OF_SHOP.items():
        lines += [f'syncdb_fleet_shop_{name}{{shop="{one.name}",home="{one.home}"}} {of(one)}' for one in shops]
    return "\n".join(lines) + "\n"
