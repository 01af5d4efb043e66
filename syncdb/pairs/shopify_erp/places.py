"""Which location of the shop a place of the ERP's stock is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.locations import ShopLocation
from syncdb.errors import ConfigurationError

USUAL = frozenset({"", "main", "default"})  # what an ERP with a single place calls it
NEXT = "Set SHOPIFY_DEFAULT_LOCATION_ID in the table api_settings to the id of one of them (Shopify admin, Settings, Locations)."


@dataclass(frozen=True, slots=True)
class Places:
    """The shop's locations that count, by global id, with their names; `usual` is where rows without a place lie."""

    names: Mapping[str, str]
    usual: str

    def of(self, shopify_id: str | None, location: str | None) -> str | None:
        """The global id of a row's location: by its id, else by its name; the usual one where it names none. None for one that
        the shop has not: nobody knows which is meant.
        """
        if shopify_id and shopify_id.strip():
            return next((one for one in self.names if shopify_id.strip() in (one, one.rpartition("/")[2])), None)
        wanted = (location or "").strip().casefold()
        named = next((one for one, name in self.names.items() if name.casefold() == wanted), None)
        return named or (self.usual if wanted in USUAL else None)


def places_of(locations: Sequence[ShopLocation], wanted: str | None) -> Places:
    """The places of a shop. `wanted` is the usual location as the ERP's settings name it, None for the primary one.

    Raises ConfigurationError where there is no such location.
    """
    active = [one for one in locations if one.active]
    if wanted:
        found = [one for one in active if one.called(wanted)]
        if not found:
            known = ", ".join(f"{one.name} ({one.id.rpartition('/')[2]})" for one in active)
            told = f"SHOPIFY_DEFAULT_LOCATION_ID is {wanted}, and the shop has no such location. It has {known}."
            raise ConfigurationError([told], next_step=NEXT)
    else:
        found = [one for one in active if one.primary] or active[:1]
    if not found:
        raise ConfigurationError(["The shop has no location at which stock can lie."], next_step="Make one in the Shopify admin.")
    return Places({one.id: one.name for one in active}, found[0].id)
