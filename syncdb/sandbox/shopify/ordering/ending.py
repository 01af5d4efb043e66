"""Orders that are paid, archived or cancelled. Cancelling is promised with a job and done a little later (refusals observed).

That archiving what is archived, and opening what is open, is taken and changes nothing is taken on trust.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncdb.sandbox.shopify.anatomy import gid, hash_text
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.ordering.stock import give_back
from syncdb.sandbox.shopify.products.writing import may_write, refusal
from syncdb.sandbox.shopify.shop import Shop

LONGEST_NOTE = 255


def _cancel(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_orders", step.name)
    shop = run.context.shop
    order = shop.visible(args["orderId"], run.context.everything)
    problem = next(_problems(order, args), None)
    if problem is not None or order is None:
        plain = {name: value for name, value in (problem or {}).items() if name != "code"}
        return {"job": None, "orderCancelUserErrors": [problem], "userErrors": [plain]}
    job = {"__typename": "Job", "id": gid("Job", hash_text(f"{order['id']}{shop.new_id()}")[:32]), "done": False}
    shop.jobs[job["id"]] = job
    shop.goods.later(shop.cancelling_takes, lambda: _cancelled(shop, order, job, args))
    return {"job": dict(job), "orderCancelUserErrors": [], "userErrors": []}


def _problems(order: Node | None, args: dict[str, Any]) -> Iterator[Node]:
    if order is None:
        yield refusal(["orderId"], "Order does not exist", "NOT_FOUND")
        return
    if len(args.get("staffNote") or "") > LONGEST_NOTE:
        text = f"Staff note is too long. Maximum length is {LONGEST_NOTE} characters."
        yield refusal(["staffNote"], text, "INVALID")
    if args.get("refund") is not None and args.get("refundMethod") is not None:
        yield refusal(["refund"], "Only one of the arguments `refund` or `refund_method` is allowed.", "INVALID")
    if order["cancelledAt"]:
        yield refusal(["orderId"], "Cannot cancel an order that has already been canceled", "INVALID")
    elif any(one["status"] == "SUCCESS" for one in order["fulfillments"]):
        yield refusal(["orderId"], "Cannot cancel an order that has outstanding fulfillments", "INVALID")


def _cancelled(shop: Shop, order: Node, job: Node, args: dict[str, Any]) -> None:
    """What was promised, unless something came between."""
    job["done"] = True
    if order["id"] not in shop.orders or any(_problems(order, {})):
        return
    method = args.get("refundMethod") or {}
    pay_back = bool(args.get("refund") or method.get("originalPaymentMethodsRefund"))
    left = {line["id"]: line["currentQuantity"] for line in order["lineItems"]}
    shop.cancel(order["id"], args["reason"], args.get("staffNote"), pay_back=pay_back)
    give_back(order, left, args["restock"], shop.goods)


def _job(_: Source, args: dict[str, Any], run: Execution, __: Step) -> Node | None:
    found: Node | None = run.context.shop.jobs.get(args["id"])
    return found


def _paid(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_orders", step.name)
    shop = run.context.shop
    order = shop.visible(args["input"]["id"], run.context.everything)
    if order is None:
        return {"order": None, "userErrors": [refusal(["id"], "Order does not exist")]}
    if not order["canMarkAsPaid"]:
        return {"order": order, "userErrors": [refusal(["id"], "Order cannot be marked as paid.")]}
    return {"order": shop.mark_paid(order["id"]), "userErrors": []}


def _archive(closed: bool) -> Resolver:
    def change(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
        may_write(run, "write_orders", step.name)
        shop = run.context.shop
        order = shop.visible(args["input"]["id"], run.context.everything)
        if order is None:
            return {"order": None, "userErrors": [refusal(["id"], "Order does not exist")]}
        if bool(order["closedAt"]) is not closed:
            order = shop.close(order["id"]) if closed else shop.reopen(order["id"])
        return {"order": order, "userErrors": []}

    return change


ENDING: dict[tuple[str, str], Resolver] = {
    ("Mutation", "orderCancel"): _cancel,
    ("Mutation", "orderMarkAsPaid"): _paid,
    ("Mutation", "orderClose"): _archive(True),
    ("Mutation", "orderOpen"): _archive(False),
    ("QueryRoot", "job"): _job,
}
