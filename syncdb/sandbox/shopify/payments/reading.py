"""What answers the questions for a shop's payouts and balance transactions.

Lists come from the database, by the searches of the schema. No recording shows them; the permissions are those that the
documentation names, each of which opens what it is for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.index import milliseconds
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.paging import Place, page
from syncdb.sandbox.shopify.payments.desk import PaymentsDesk
from syncdb.sandbox.shopify.search import Grammar, read_search

ACCOUNT = ("read_shopify_payments_payouts", "read_shopify_payments_accounts", "read_shopify_payments")
PAYOUTS = ("read_shopify_payments_payouts", "read_shopify_payments")
PAYOUT_SEARCH = Grammar(frozenset({"issued_at"}), frozenset({"status", "currency"}))
BALANCE_SEARCH = Grammar(
    frozenset({"processed_at"}), frozenset({"payments_transfer_id", "payout_status", "transaction_type", "currency"})
)
SORTS = {"ISSUED_AT": "issued_at", "PROCESSED_AT": "processed_at", "ID": "number"}


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    """A payout or balance transaction as searches know it: when it was issued or processed (epoch milliseconds)."""

    number: int
    at: int
    words: dict[str, frozenset[str]] = field(hash=False)
    text: str = ""

    @property
    def issued_at(self) -> int:
        return self.at

    @property
    def processed_at(self) -> int:
        return self.at


def desk_of(run: Execution) -> PaymentsDesk:
    desk: PaymentsDesk = run.context.shop.payments
    return desk


def may_read(run: Execution, scopes: tuple[str, ...], name: str) -> None:
    """Raise FieldFailed unless the app has one of these scopes."""
    if not any(one in run.context.scopes for one in scopes):
        run.context.require(scopes[0], name)


def payments_node(run: Execution, one: str, name: str) -> Node | None:
    """A payout or balance transaction by its global id, if the app may read it."""
    node = desk_of(run).find(one) if desk_of(run).open else None
    if node is not None:
        may_read(run, PAYOUTS, name)
    return node


def _account(_: Source, __: dict[str, Any], run: Execution, step: Step) -> Node | None:
    may_read(run, ACCOUNT, step.name)
    return desk_of(run).account() if desk_of(run).open else None


def _payouts(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_read(run, PAYOUTS, step.name)
    wanted = args.get("transactionType")
    nodes = [one for one in desk_of(run).payouts.values() if wanted in (None, one["transactionType"])]
    return _listed([(_payout_entry(one), one) for one in nodes], PAYOUT_SEARCH, "ISSUED_AT", args, run, step)


def _balance(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_read(run, PAYOUTS, step.name)
    desk_of(run).take_in()
    nodes = [one for one in desk_of(run).transactions.values() if not args.get("hideTransfers") or one["type"] != "TRANSFER"]
    return _listed([(_balance_entry(one), one) for one in nodes], BALANCE_SEARCH, "PROCESSED_AT", args, run, step)


def _payout_entry(node: Node) -> PaymentEntry:
    words = {"status": frozenset({node["status"].casefold()}), "currency": frozenset({node["net"]["currencyCode"].casefold()})}
    return PaymentEntry(node["_number"], milliseconds(node["issuedAt"]), words)


def _balance_entry(node: Node) -> PaymentEntry:
    payout = node["_payout"]
    words = {
        "payments_transfer_id": frozenset({payout["legacyResourceId"]} if payout else ()),
        "payout_status": frozenset({node["associatedPayout"]["status"].casefold()}),
        "transaction_type": frozenset({node["type"].casefold()}),
        "currency": frozenset({node["net"]["currencyCode"].casefold()}),
    }
    return PaymentEntry(node["_number"], milliseconds(node["transactionDate"]), words)


def _listed(
    pairs: list[tuple[PaymentEntry, Node]], grammar: Grammar, default: str, args: dict[str, Any], run: Execution, step: Step
) -> Node:
    asker, query = run.context, args.get("query")
    search = read_search(query, asker.shop.timezone, grammar)
    if query and (search.warnings or asker.explain):
        asker.searches.append(search.report([step.key], query))
    key = SORTS.get(args.get("sortKey") or default)
    if key is None:
        raise FieldFailed(f"sortKey {args['sortKey']} is not served here", code="BAD_REQUEST")
    falling = bool(args.get("reverse"))
    found = sorted(((entry, node) for entry, node in pairs if search.test(entry)), key=lambda one: _rank(one[0], key))
    found = found[::-1] if falling else found
    places: list[Place] = [_shown(entry, key) for entry, _ in found]
    return page([node for _, node in found], places, args, falling)


def _rank(entry: PaymentEntry, key: str) -> tuple[int, int]:
    return getattr(entry, key), entry.number


def _shown(entry: PaymentEntry, key: str) -> Place:
    return (str(entry.number) if key == "number" else getattr(entry, key)), entry.number


PAYMENT_FIELDS: dict[tuple[str, str], Resolver] = {
    ("QueryRoot", "shopifyPaymentsAccount"): _account,
    ("ShopifyPaymentsAccount", "payouts"): _payouts,
    ("ShopifyPaymentsAccount", "balanceTransactions"): _balance,
}
