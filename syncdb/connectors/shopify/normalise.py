"""From an answered order to its snapshot: plain JSON data in our names that is equal whenever the order is.

A snapshot holds everything that any column needs. What was null or empty is left out; what could not be seen is left out too, but
named in `withheld`, so that an unseen value never passes for an empty one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from syncdb.connectors.order_source import Quarantined
from syncdb.connectors.shopify.order_shape import order_shape
from syncdb.connectors.shopify.shape import Parts, Path, bare_id, stored_path, without
from syncdb.order_snapshot import ASKED_ABOUT, OrderSnapshot, sealed

Snapshot = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """What is read of a shop's orders: with metafields (namespace, key) and parts along, without what this app may not see."""

    shop: str
    metafields: tuple[tuple[str, str], ...] = ()
    withheld: frozenset[Path] = frozenset()
    along: tuple[str, ...] = ()

    @property
    def parts(self) -> Parts:
        """The shape of such an order, the same object each time."""
        return _parts(self.metafields, self.along, self.withheld)


@lru_cache(maxsize=16)
def _parts(metafields: tuple[tuple[str, str], ...], along: tuple[str, ...], withheld: frozenset[Path]) -> Parts:
    return without(order_shape(metafields, along), withheld)


def snapshot(node: Any, sight: Sight) -> Snapshot:
    """One whole answered order as a snapshot. Raises ValueError, TypeError or AttributeError where it is not what was asked."""
    return _sealing(sight)(node).snapshot


@lru_cache(maxsize=16)
def _sealing(sight: Sight) -> Callable[[Any], OrderSnapshot]:
    from syncdb.connectors.shopify.keeping import keeper_of, written  # a run without orders does without its libraries

    named = {f"metafield_{number}": f"{ns}.{key}" for number, (ns, key) in enumerate(sight.metafields)}
    unseen = sorted(stored_path(path) for path in sight.withheld)
    beside = dict.fromkeys(ASKED_ABOUT) | {"shop": sight.shop, "withheld": unseen or None}
    keep, asked_about = keeper_of(sight.parts, named, beside), attrgetter(*ASKED_ABOUT)

    def seal(node: Any) -> OrderSnapshot:
        found = keep(node)
        text = counted = written(found)
        if unseen:
            found.withheld = None
            counted = written(found)
        return sealed(text, counted, asked_about(found))

    return seal


def keeper(sight: Sight) -> Callable[[Any], OrderSnapshot | Quarantined]:
    """A function that makes of a whole answered order what is kept; the order is held back where it cannot be read or stored."""
    seal = _sealing(sight)

    def kept(node: Any) -> OrderSnapshot | Quarantined:
        try:
            return seal(node)
        except UnicodeEncodeError:
            return held_back(node, "one of its texts holds half of a character.")
        except (ValueError, TypeError, AttributeError) as error:
            return held_back(node, cannot_be_read(error))

    return kept


def kept(node: Any, sight: Sight) -> OrderSnapshot | Quarantined:
    """One order so."""
    return keeper(sight)(node)


def held_back(node: Any, why: str) -> Quarantined:
    """An answered order held back."""
    return Quarantined(bare_id(node.id), str(getattr(node, "name", None) or ""), why)


def cannot_be_read(error: Exception) -> str:
    """Why an order is held back whose answer is not what was asked for."""
    return f"Shopify's answer cannot be read ({error})."


def merge_withheld(new: Snapshot, stored: Mapping[str, Any] | None) -> Snapshot:
    """`new` with every withheld value as it was last seen. What was never seen stays withheld."""
    if stored is None or not new.get("withheld"):
        return new
    merged, unseen = dict(new), []
    for path in new["withheld"]:
        names = path.split(".")
        never_seen = [other for other in stored.get("withheld", ()) if _within(path, other) or _within(other, path)]
        unseen += [path if _within(path, other) else other for other in never_seen]
        if not any(_within(path, other) for other in never_seen):
            merged = _kept(merged, stored, names)
    merged.pop("withheld")
    return merged | ({"withheld": sorted(set(unseen))} if unseen else {})


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")


def _kept(new: Any, stored: Any, names: Sequence[str]) -> Any:
    """`new` with the value at `names` taken from `stored`; the items of a list are matched by their ids."""
    if isinstance(new, list):
        known = {item["id"]: item for item in stored or () if isinstance(item, Mapping) and "id" in item}
        return [_kept(item, known[item["id"]], names) if item.get("id") in known else item for item in new]
    name, rest = names[0], names[1:]
    if not isinstance(stored, Mapping) or name not in stored:
        return new
    if not rest:
        return new | {name: stored[name]}
    return new | {name: _kept(new.get(name, {}), stored[name], rest)}
