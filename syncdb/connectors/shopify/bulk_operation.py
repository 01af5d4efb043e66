"""Bulk operations of a shop: submitted, looked at, judged, cancelled.

Observed: five at a time per app and shop since 2026-01 (one before), a small one is done within a second or two, one that is
cancelled a moment later. Documented: it may take up to ten days, its result can be fetched for seven; one that stalls may be
cancelled by Shopify.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.bulk_query import COUNT, STATE, STATES, SUBMIT, cancellation, count_of
from syncdb.connectors.shopify.bulk_trouble import AddressRanOut, NoPlace, NotInBulk
from syncdb.connectors.shopify.client import ShopifyClient, TooCostly, message_of
from syncdb.errors import Refused, RetryLater

PARTING = 5.0  # seconds within which an operation that nobody waits for is cancelled or left: Ctrl-C waits for this


@dataclass(frozen=True, slots=True)
class BulkResultFile:
    """A completed operation: where its file lies (None: nothing was found), and how much is to be in it.

    `roots` are the objects that belong to no other, `size` is in bytes.
    """

    url: str | None
    lines: int
    roots: int
    size: int | None


@dataclass(frozen=True, slots=True)
class OperationState:
    """How an operation stands: `headway` changes while it works; it has ended with a `result` or a `failure`."""

    headway: str = ""
    result: BulkResultFile | None = None
    failure: NotInBulk | None = None


@dataclass(frozen=True, slots=True)
class Operations:
    """Bulk operations of one shop. Every method raises NotInBulk where pages must do instead, also where the shop refuses."""

    client: ShopifyClient

    def count(self, search: str | None) -> int:
        """How many orders a search finds, exactly. A search that Shopify did not understand is no search (it finds all)."""
        return _counted(self._ask(COUNT, {"query": search}, "Counting orders").get("ordersCount"), "orders")

    def count_all(self, name: str, things: str) -> int:
        """How many of some things there are, exactly; `name` is the field of Shopify's that counts them."""
        return _counted(self._ask(count_of(name), {}, f"Counting {things}").get(name), things)

    def submit(self, query: str) -> str:
        """Start an operation; its id. Raises NoPlace where as many run as may.

        A submit whose answer was lost is sent again: at worst an operation runs that nobody fetches.
        """
        payload = self._ask(SUBMIT, {"query": query}, "Starting a bulk operation").get("bulkOperationRunQuery") or {}
        wrong = payload.get("userErrors") or ()
        if payload.get("bulkOperation") and not wrong:
            return str(payload["bulkOperation"]["id"])
        why = message_of(tuple(wrong)) or "it was not accepted"
        if any(error.get("code") == "OPERATION_IN_PROGRESS" for error in wrong):
            raise NoPlace(why)
        raise NotInBulk(why)

    def look(self, gids: Sequence[str]) -> list[OperationState]:
        """How these operations stand, by one request."""
        what = "Looking after a bulk operation"
        if len(gids) == 1:
            return [_state(self._ask(STATE, {"id": gids[0]}, what).get("bulkOperation"))]
        nodes = self._ask(STATES, {"ids": list(gids)}, what).get("nodes") or ()
        found = {node["id"]: node for node in nodes if node and "id" in node}
        return [_state(found.get(gid)) for gid in gids]

    def renewed(self, gid: str, result: BulkResultFile) -> BulkResultFile:
        """The result under a new address (documented: asking again gives one). Raises AddressRanOut where it is the old one."""
        state = self.look([gid])[0]
        if state.failure is not None:
            raise state.failure
        if state.result is None or state.result.url in (None, result.url):
            raise AddressRanOut("the address of the result has run out", again=True)
        return state.result

    def cancel(self, gids: Sequence[str]) -> None:
        """Free the places of operations that nobody waits for any more. One that has ended meanwhile stays so (observed)."""
        variables = {f"id{place}": gid for place, gid in enumerate(gids)}
        self._ask(cancellation(len(gids)), variables, "Cancelling bulk operations", within=PARTING)

    def _ask(self, document: str, variables: Mapping[str, Any], what: str, within: float | None = None) -> Mapping[str, Any]:
        try:
            answer = self.client.ask(document, lambda: variables, what, within=within)
        except (RetryLater, TooCostly, Refused) as error:
            raise NotInBulk(str(error)) from error
        if answer.errors or answer.data is None:
            raise NotInBulk(message_of(answer.errors) or "no reason given")
        if answer.warnings:
            raise NotInBulk(f"Shopify did not understand the search ({answer.warnings[0]})")
        return answer.data


def _counted(found: Mapping[str, Any] | None, things: str) -> int:
    if not found or found["precision"] != "EXACT":
        raise NotInBulk(f"Shopify does not count these {things}")
    return int(found["count"])


def _state(shown: Mapping[str, Any] | None) -> OperationState:
    """What an operation shows of itself. One that ended otherwise than well has a failure: part of the orders is no result.

    What a failed one has found so far (`partialDataUrl`) is left alone: no order of lines is promised (documented), so such a
    part does not show of a single order that all of its lines are there.
    """
    if not shown:
        return OperationState(failure=NotInBulk("the operation has vanished", again=True))
    status = shown["status"]
    match status:
        case "COMPLETED":
            size = int(shown["fileSize"]) if shown["fileSize"] else None
            return OperationState(
                result=BulkResultFile(shown["url"], int(shown["objectCount"]), int(shown["rootObjectCount"]), size)
            )
        case "FAILED" | "CANCELED" | "CANCELING" | "EXPIRED":
            code = shown["errorCode"]
            why = f"the operation ended as {status} ({code or 'no reason given'})"
            return OperationState(failure=NotInBulk(why, again=code != "ACCESS_DENIED", halve=code == "TIMEOUT"))
    return OperationState(headway=f"{status} {shown['objectCount']}")
