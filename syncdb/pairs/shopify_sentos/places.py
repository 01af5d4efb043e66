"""Which warehouses of Sentos go to which location of the shop."""

from collections.abc import Mapping

from syncdb.connectors.shopify.catalogue.locations import ShopLocation
from syncdb.errors import ConfigurationError
from syncdb.pairs.shopify_sentos.goods_records import Place


def pair_places(warehouses: Mapping[int, str] | None, locations: list[ShopLocation]) -> list[Place]:
    """The locations of the shop that stock is written to, each with its warehouses. Raises ConfigurationError."""
    active = [one for one in locations if one.active]
    found: dict[str, list[int]] = {}
    for number, wanted in (warehouses or {0: ""}).items():
        named = [one for one in active if one.called(wanted)] if wanted else (active if len(active) == 1 else [])
        if len(named) != 1:
            shown = ", ".join(one.name for one in active)
            what = f"warehouse {number} goes to {wanted!r}" if wanted else "no location is named for Sentos' stock"
            raise ConfigurationError(
                [f"sentos_warehouses: {what}; the shop has the locations {shown}."],
                next_step='Name a location for each warehouse, such as {"1": "' + active[0].name + '"}. Nothing was written.'
                if active
                else "The shop has no active location.",
            )
        found.setdefault(named[0].id, []).extend([number] if warehouses else [])
    by_id = {one.id: one for one in active}
    return [Place(id, by_id[id].name, tuple(numbers)) for id, numbers in found.items()]
