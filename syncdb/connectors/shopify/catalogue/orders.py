"""Notes and tags of orders, written back to the shop, several orders in one document.

`orderUpdate` overwrites note and tags as wholes and does not compare: the order is read just before and verified after.
"""

from collections.abc import Mapping, Sequence

from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import ORDERS
from syncdb.connectors.shopify.catalogue.side import LATE, CatalogueSide
from syncdb.connectors.shopify.catalogue.taken_back import operations_of
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.shape import bare_id
from syncdb.model import Action, Attempt, Operation, Outcome, Side
from syncdb.values import Value

FIELDS = ("name", "note", "tags")


def order_gid(order_id: str) -> str:
    """The global id of an order by its number ("1001")."""
    return f"gid://shopify/Order/{bare_id(order_id)}"


class OrderWriter:
    """Writes `fields` of orders (note, tags, po_number, metafields). Orders are named by their ids without prefix.

    An attempt is prepared, put into the journal by the caller, written, and settled where its answer was lost.
    """

    def __init__(self, client: ShopifyClient, fields: Sequence[str] = FIELDS, *, late: float = LATE) -> None:
        names = dict.fromkeys(("name", *fields))
        self.side = CatalogueSide(Conversation(client), ORDERS, ORDERS.chosen(tuple(names)), late)

    def look(self, order_ids: Sequence[str]) -> dict[str, Mapping[str, Value]]:
        """The fields of these orders as they are now; an order that is not shown is left out. Raises Refused and RetryLater."""
        found = self.side.look([order_gid(one) for one in order_ids]).found
        return {bare_id(key): one.record.fields for key, one in found.items()}

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """The write of as many of these as one document takes, keyed as the shop keys orders."""
        return self.side.prepare([_in_shop(one) for one in operations], token)

    def again(self, operations: Sequence[Operation], token: int, evidence: Mapping[str, object]) -> Attempt:
        """The attempt that `prepare` made, from what the journal kept of it."""
        return Attempt(token, tuple(_in_shop(one) for one in operations), evidence)

    def write(self, attempt: Attempt) -> list[Outcome]:
        """Send it once. UNKNOWN where the answer was lost: settle it then."""
        return self.side.write(attempt)

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """What became of an attempt whose answer was lost."""
        return self.side.settle(attempt)

    def taking_back(self, attempt: Attempt, token: int) -> Attempt | None:
        """What puts back what an attempt went over, to be written and settled by `side`; None where that is nothing."""
        return self.side.mend(attempt, token)

    def taken_back(self, attempt: Attempt) -> list[str]:
        """The ids of the orders that such an attempt puts back."""
        return [bare_id(one.key) for one in operations_of(attempt)]


def _in_shop(operation: Operation) -> Operation:
    """The change of an order by its number, as one of the order by its global id."""
    key, expected, changes = order_gid(operation.key), dict(operation.expected), dict(operation.changes)
    return Operation(Side.LEFT, Action.UPDATE, key, None, expected, changes, operation.reason)
