"""Which location of one store stands for which of the other. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.locations import ShopLocation
from syncdb.errors import ConfigurationError

REMEDY = "Name the locations in stores_location_pairs, by their names or ids (Shopify admin, Settings, Locations)."


@dataclass(frozen=True, slots=True)
class Places:
    """The pairs of locations: by the id of a location of either store, the pair's name, which is the same on both sides."""

    left: Mapping[str, str]
    right: Mapping[str, str]

    @property
    def told(self) -> str:
        """The pairs in words."""
        return ", ".join(dict.fromkeys(self.left.values()))


def pair_locations(
    names: tuple[str, str], left: Sequence[ShopLocation], right: Sequence[ShopLocation], wanted: Mapping[str, str] | None
) -> Places:
    """The pairs of locations that are wanted, or the usual one. Raises ConfigurationError where one is not there or not clear."""
    if wanted is None:
        pairs = [(usual_location(names[0], left), usual_location(names[1], right))]
    else:
        pairs = [(named_location(names[0], one, left), named_location(names[1], other, right)) for one, other in wanted.items()]
    if len({one.id for one, _ in pairs}) < len(pairs) or len({other.id for _, other in pairs}) < len(pairs):
        raise ConfigurationError(["stores_location_pairs: a location stands there twice."], next_step=REMEDY)
    # by ids, so that renaming a location changes nothing
    return Places({one.id: _name(one, other) for one, other in pairs}, {other.id: _name(one, other) for one, other in pairs})


def _name(one: ShopLocation, other: ShopLocation) -> str:
    return f"{one.id} = {other.id}"


def usual_location(store: str, there: Sequence[ShopLocation]) -> ShopLocation:
    """The only active location of a store, or its primary one. Raises ConfigurationError where that is not clear."""
    active = [one for one in there if one.active]
    primary = [one for one in active if one.primary]
    found = active if len(active) == 1 else primary
    if len(found) != 1:
        known = ", ".join(one.name for one in active) or "none is active"
        raise ConfigurationError([f"{store} has several locations and none is the primary one ({known})."], next_step=REMEDY)
    return found[0]


def named_location(store: str, wanted: str, there: Sequence[ShopLocation]) -> ShopLocation:
    """The location of that name or id. Raises ConfigurationError where there is none, or there are several."""
    found = [one for one in there if one.called(wanted)]
    if len(found) != 1:
        known = ", ".join(one.name for one in there)
        what = "no location" if not found else "several locations"
        raise ConfigurationError([f"stores_location_pairs: {store} has {what} {wanted!r}; there are {known}."], next_step=REMEDY)
    return found[0]
