"""Statuses of orders that people typed though the shop does not take them from there: put back, and told."""

from collections.abc import Iterator

from syncdb.engine.naming import names_in
from syncdb.engine.policy import RESTORED
from syncdb.engine.report import Note, Report
from syncdb.ledger import Ledger
from syncdb.model import Action, Operation, Side
from syncdb.pairs.chosen import ORDER_STATUSES
from syncdb.wording import some_of

NAMED = 5
SWITCH_ON = (
    "Do it in the Shopify admin, or let Grist do it: name the field in from_grist of the orders and in shopify_writes "
    "(docs/grist.md)."
)


def with_put_back(report: Report, ledger: Ledger, pair: str) -> Report:
    """The report with a note about such statuses. `pair` is the orders' in the ledger."""
    found = [] if report.plan is None else [one for op in report.plan.operations for one in _typed(op)]
    if found:
        names = names_in(ledger, pair, (key for key, _ in found))
        typed = [f'"{text}" of {names[key]}' for key, text in found]
        told = f"{len(typed)} status(es) of orders typed in Grist are not carried out in the shop: {some_of(typed, NAMED)}."
        report.note(Note("status_put_back", f"{told} The cells show again what the shop shows.", SWITCH_ON))
    return report


def _typed(op: Operation) -> Iterator[tuple[str, str]]:
    """The key of an order and what was typed, for each status that is put back."""
    if op.side is Side.RIGHT and op.action is Action.UPDATE and RESTORED in op.reason.split("+"):
        yield from ((op.key, str(op.expected.get(name) or "")) for name in op.changes if name in ORDER_STATUSES)
