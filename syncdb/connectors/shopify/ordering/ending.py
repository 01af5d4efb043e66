"""Orders that were paid elsewhere, are archived or cancelled. Cancelling is a job that the shop does a little later."""

from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.answered import found_at, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import whole
from syncdb.connectors.shopify.catalogue.work import GONE, said
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.errors import OutcomeUnknown
from syncdb.model import Outcome, Result

CANCEL = """mutation CancelOrder($id: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $note: String) {
  orderCancel(orderId: $id, reason: $reason, restock: $restock, notifyCustomer: false, staffNote: $note) {
    job { id done } userErrors { field message }
  }
}"""
PAY = """mutation MarkPaid($id: ID!) {
  orderMarkAsPaid(input: {id: $id}) { order { id } userErrors { field message } } }"""
CLOSE = """mutation ArchiveOrder($id: ID!) {
  orderClose(input: {id: $id}) { order { id } userErrors { field message } } }"""
OPEN = """mutation ReopenOrder($id: ID!) {
  orderOpen(input: {id: $id}) { order { id } userErrors { field message } } }"""
STATE = "query Ending($id: ID!) { order(id: $id) { id cancelledAt displayFinancialStatus } }"
REASONS = frozenset({"CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF"})
LONGEST_NOTE = 255  # observed
PAID = frozenset({"PAID", "PARTIALLY_REFUNDED", "REFUNDED"})


@dataclass(slots=True)
class OrderEnder:
    """Pays, archives and cancels orders of one shop."""

    desk: OrderDesk

    def cancel(self, order_id: str, reason: str = "OTHER", *, restock: bool, note: str | None = None) -> Outcome:
        """Cancel an order and wait until it is, without paying anything back: that is for people. DONE also where it was before.

        `restock`: its pieces are for sale again. Raises OutcomeUnknown where it is not cancelled yet, and as `OrderDesk.send`.
        """
        there = self._state(order_id)
        if there is None or there[0]:
            return Outcome(Result.DONE) if there else Outcome(Result.STALE, why=GONE)
        why = reason.upper() if reason.upper() in REASONS else "OTHER"
        variables = {"id": order_id, "reason": why, "restock": restock, "note": note[:LONGEST_NOTE] if note else None}
        answered = self.desk.send(CANCEL, variables, "orderCancel", "Cancelling an order")
        if answered.errors:
            return Outcome(Result.REJECTED, why=f"Shopify does not cancel it: {said(answered.errors)}")
        if not self.desk.patience.until(lambda: bool((self._state(order_id) or (True, ""))[0])):
            raise OutcomeUnknown("Shopify is still cancelling an order.", next_step="The next run looks whether it is cancelled.")
        return Outcome(Result.DONE)

    def pay(self, order_id: str) -> Outcome:
        """Say that all of an order was received. DONE also where it was paid before."""
        there = self._state(order_id)
        if there is None or there[1] in PAID:
            return Outcome(Result.DONE) if there else Outcome(Result.STALE, why=GONE)
        answered = self.desk.send(PAY, {"id": order_id}, "orderMarkAsPaid", "Marking an order as paid")
        if answered.errors:
            return Outcome(Result.REJECTED, why=f"Shopify does not take it for paid: {said(answered.errors)}")
        return Outcome(Result.DONE)

    def archive(self, order_id: str, *, closed: bool) -> Outcome:
        """Put an order into the archive, or take it out again. Done twice it changes nothing."""
        document, name = (CLOSE, "orderClose") if closed else (OPEN, "orderOpen")
        answered = self.desk.send(document, {"id": order_id}, name, "Archiving an order" if closed else "Reopening an order")
        if answered.errors:
            what = "archive" if closed else "reopen"
            return Outcome(Result.REJECTED, why=f"Shopify does not {what} it: {said(answered.errors)}")
        return Outcome(Result.DONE)

    def _state(self, order_id: str) -> tuple[bool, str] | None:
        """Whether an order is cancelled, and its payment; None where there is no such order."""
        what = "Reading how an order stands"
        node = found_at(whole(self.desk.conversation.ask(STATE, lambda: {"id": order_id}, what), what), "order")
        if node is None:
            return None
        text_at(node, "id")
        return text_or_none_at(node, "cancelledAt") is not None, text_or_none_at(node, "displayFinancialStatus") or ""
