"""The documents that ask for records of an entity: a page of them, single ones, all of them in bulk."""

from syncdb.connectors.shopify.catalogue.entities import STOCK, ShopEntity
from syncdb.connectors.shopify.shape import One, Parts, selection

LOCATIONS = """query Locations($first: Int!, $after: String) {
  locations(first: $first, after: $after, includeLegacy: true) { nodes { id name } pageInfo { hasNextPage endCursor } }
}"""
HOME = "location"  # where a level of stock is


def page_of(entity: ShopEntity, parts: Parts) -> str:
    """The document that asks for a page of an entity's records. Of stock the location is asked for once, not of each level."""
    arguments = "first: $first, after: $after"
    of_each = {name: shape for name, shape in parts.items() if entity is not STOCK or name != HOME}
    listed = f"{{ nodes {{ {selection(of_each)} }} pageInfo {{ hasNextPage endCursor }} }}"
    if entity is STOCK:
        home = parts.get(HOME)
        shown = selection(home.parts) if isinstance(home, One) else ""
        body = f"location(id: $location) {{ {shown} inventoryLevels({arguments}) {listed} }}"
        return f"query Page($location: ID!, $first: Int!, $after: String) {{ {body} }}"
    body = f"{entity.listing}({arguments}, {entity.listed_by}) {listed}"
    return f"query Page($first: Int!, $after: String) {{ {f'{entity.within} {{ {body} }}' if entity.within else body} }}"


def by_ids_of(entity: ShopEntity, selected: str) -> str:
    """The document that asks for single records of an entity."""
    return f"query ById($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {entity.type} {{ {selected} }} }} }}"


def bulk_listing_of(entity: ShopEntity, parts: Parts) -> str:
    """The query to be run in bulk: every record of an entity with these parts."""
    listed = f"edges {{ node {{ {selection(parts)} }} }}"
    if entity is STOCK:
        return f"{{ locations(includeLegacy: true) {{ edges {{ node {{ id {entity.listing} {{ {listed} }} }} }} }} }}"
    return f"{{ {entity.listing}({entity.listed_by}) {{ {listed} }} }}"
