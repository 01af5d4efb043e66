"""One bulk operation: submitted, waited for, and judged.

Observed: five at a time per app and shop since 2026-01 (one before), a small one is done within a second or two.
Documented: it may take up to ten days, its result can be fetched for seven; one that stalls may be cancelled by Shopify.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.bulk_query import CANCEL, COUNT, STATE, SUBMIT
from syncdb.connectors.shopify.client import ShopifyClient, TooCostly, message_of
from syncdb.errors import Refused, RetryLater

FIRST_WAIT, GROWTH, LONGEST_WAIT = 0.25, 1.4, 10.0  # seconds between two looks
STALLED = 900.0  # seconds without a new object after which an operation is given up
BUSY_WAITS = (2.0, 5.0, 15.0, 30.0)  # seconds, while other operations of this app take all places


class NotInBulk(Exception):
    """The orders cannot be had this way. `again`: a new operation may succeed where this one did not."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.again = again


@dataclass(frozen=True, slots=True)
class Result:
    """A completed operation: where its file lies (None: nothing was found), and how much is to be in it. `size` is in bytes."""

    url: str | None
    lines: int
    orders: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Operations:
    """Bulk operations of one shop. Every method raises NotInBulk where pages must do instead, also where the shop refuses."""

    client: ShopifyClient

    def count(self, search: str | None) -> int:
        """How many orders a search finds, exactly."""
        found = self._ask(COUNT, {"query": search}, "Counting orders").get("ordersCount")
        if not found or found["precision"] != "EXACT":
            raise NotInBulk("Shopify does not count these orders")
        return int(found["count"])

    def submit(self, query: str) -> str:
        """Start an operation; its id. Where all places are taken one is waited for, for a while.

        A submit whose answer was lost is sent again: at worst an operation runs that nobody fetches.
        """
        for wait in (*BUSY_WAITS, None):
            payload = self._ask(SUBMIT, {"query": query}, "Starting a bulk operation").get("bulkOperationRunQuery") or {}
            wrong = payload.get("userErrors") or ()
            if payload.get("bulkOperation") and not wrong:
                return str(payload["bulkOperation"]["id"])
            if wait is None or all(error.get("code") != "OPERATION_IN_PROGRESS" for error in wrong):
                raise NotInBulk(message_of(tuple(wrong)) or "it was not accepted")
            self.client.clock.sleep(wait)
        raise NotInBulk("every place was taken")

    def waited(self, gid: str) -> Iterator[Result | None]:
        """Look until the operation has ended: None after each look, the result last."""
        clock, wait, moved, seen = self.client.clock, FIRST_WAIT, self.client.clock.monotonic(), ""
        while True:
            state = self._ask(STATE, {"id": gid}, "Looking after a bulk operation").get("bulkOperation")
            if not state:
                raise NotInBulk("the operation has vanished", again=True)
            if (result := _ended(state)) is not None:
                yield result
                return
            if state["objectCount"] != seen:
                seen, moved = state["objectCount"], clock.monotonic()
            elif clock.monotonic() - moved > STALLED:
                self.cancel(gid)
                raise NotInBulk("the operation makes no headway")
            yield None
            clock.sleep(wait)
            wait = min(LONGEST_WAIT, wait * GROWTH)

    def cancel(self, gid: str) -> None:
        """Free the place of an operation that nobody waits for any more."""
        self._ask(CANCEL, {"id": gid}, "Cancelling a bulk operation")

    def _ask(self, document: str, variables: Mapping[str, Any], what: str) -> Mapping[str, Any]:
        try:
            answer = self.client.ask(document, lambda: variables, what)
        except (RetryLater, TooCostly, Refused) as error:
            raise NotInBulk(str(error)) from error
        if answer.errors or answer.data is None:
            raise NotInBulk(message_of(answer.errors) or "no reason given")
        return answer.data


def _ended(state: Mapping[str, Any]) -> Result | None:
    """The result, None while it runs. Raises NotInBulk where it ended otherwise: part of the orders is no result."""
    match state["status"]:
        case "COMPLETED":
            size = int(state["fileSize"]) if state["fileSize"] else None
            return Result(state["url"], int(state["objectCount"]), int(state["rootObjectCount"]), size)
        case "FAILED" | "CANCELED" | "CANCELING" | "EXPIRED" as status:
            code = state["errorCode"]
            raise NotInBulk(f"the operation ended as {status} ({code or 'no reason given'})", again=code != "ACCESS_DENIED")
    return None
