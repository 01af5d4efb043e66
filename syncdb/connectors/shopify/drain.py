"""Reading the rest of an order whose lists did not fit into the page that brought it.

An order is drained completely or not used: half its refunds would be a wrong number in somebody's sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.client import Answer, ShopifyClient, TooCostly, message_of
from syncdb.connectors.shopify.documents import LARGEST_PAGE, rest_of
from syncdb.connectors.shopify.open_ended import unfinished
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.shape import Many, Paged, Parts


class Edited(Exception):
    """The order changed while it was being read: what was read belongs to two different states."""


class HeldBack(Exception):
    """The order cannot be read completely, and why."""


@dataclass(slots=True)
class Drain:
    """Fills up orders in place. Uses one page size for all of them."""

    client: ShopifyClient
    size: PageSize = field(default_factory=lambda: PageSize(100))

    def finish(self, parts: Parts, order: Any) -> None:
        """Read on until nothing is missing. Raises Edited where the order moved meanwhile, HeldBack where it cannot be.

        Raises ValueError where an answer is not of the asked shape.
        """
        finished: set[tuple[str, str]] = set()
        while gap := next((gap for gap in unfinished(parts, order) if (gap[0].id, gap[1]) not in finished), None):
            owner, name, shape = gap
            if isinstance(shape, Paged):
                self._read_on(order, owner, name, shape)
            else:
                self._read_larger(order, owner, name, shape)
            finished.add((owner.id, name))

    def _read_on(self, order: Any, owner: Any, name: str, shape: Paged) -> None:
        from syncdb.connectors.shopify.answer_types import Connection
        from syncdb.connectors.shopify.reading import connection

        document = rest_of(_type(owner.id), name, shape)
        found, page, passed = list(getattr(owner, name).nodes), getattr(owner, name).pageInfo, set()
        while page.hasNextPage:
            cursor = page.endCursor
            if not cursor or cursor in passed:
                raise HeldBack(f"Shopify's pages of {name} go round in a circle")
            passed.add(cursor)
            more = connection(shape.parts, self._ask(order, owner.id, document, name, {"after": cursor}))
            found, page = found + more.nodes, more.pageInfo
        setattr(owner, name, Connection(_once(found), page))

    def _read_larger(self, order: Any, owner: Any, name: str, shape: Many) -> None:
        from syncdb.connectors.shopify.reading import answered

        largest = PageSize(LARGEST_PAGE)
        found = self._ask(order, owner.id, rest_of(_type(owner.id), name, shape), name, {}, largest)
        if len(found) >= largest.size:
            raise HeldBack(f"it has {largest.size} or more {name}, more than Shopify shows at once")
        setattr(owner, name, [answered(shape.parts, one) for one in found])

    def _ask(
        self,
        order: Any,
        owner_id: str,
        document: str,
        name: str,
        variables: Mapping[str, Any],
        size: PageSize | None = None,
    ) -> Any:
        size = size or self.size
        answer = self._within_cost(
            document, {"id": owner_id, **variables}, size, f"Reading all {name} of order {getattr(order, 'name', None)}"
        )
        if answer.errors:
            raise HeldBack(f"its {name} could not be read completely ({message_of(answer.errors)})")
        node = (answer.data or {}).get("node")
        if not node or node.get("order", node)["updatedAt"] != order.updatedAt:
            raise Edited
        return node[name]

    def _within_cost(self, document: str, variables: Mapping[str, Any], size: PageSize, what: str) -> Answer:
        while True:
            try:
                return self.client.ask(document, lambda: {**variables, "first": size.size}, what, size.relieve)
            except TooCostly as error:
                if size.size == 1:
                    raise HeldBack(f"even one by one it costs more than one query may: {error}") from error
                size.halve()


def _type(gid: str) -> str:
    return gid.split("/")[-2]


def _once(nodes: list[Any]) -> list[Any]:
    """Each item once, the later reading of it."""
    if not all(hasattr(node, "id") for node in nodes):
        return nodes
    return list({node.id: node for node in nodes}.values())
