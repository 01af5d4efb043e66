"""Reading and writing customers: `customerSet` changes the one that an identifier names, or makes one (texts observed)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from syncdb.sandbox.shopify.customers.desk import CUSTOMERS, CustomerDesk, addresses_of
from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.listing import listed
from syncdb.sandbox.shopify.metafields import metafield_of, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.ordering.addresses import address_in
from syncdb.sandbox.shopify.products.definitions import NO_DEFINITION
from syncdb.sandbox.shopify.products.metafield_writes import put_metafield
from syncdb.sandbox.shopify.products.parts import tags_of
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal

INPUT = ["input"]
SORTS = {"ID": "number", "UPDATED_AT": "updated_at", "CREATED_AT": "created_at"}
ADDRESS_KEYS = {"countryCode": "countryCodeV2"}
TEXTS = ("email", "phone", "firstName", "lastName", "note", "locale", "taxExempt")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[0-9 ()./-]{6,}")


def desk_of(run: Execution) -> CustomerDesk:
    desk: CustomerDesk = run.context.shop.customers
    return desk


def _one(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    run.context.require("read_customers", step.name)
    run.context.approve("Customer", step.name)
    return desk_of(run).nodes.get(args["id"])


def _by_identifier(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    run.context.require("read_customers", step.name)
    given = args["identifier"]
    return _named({"email": given.get("emailAddress"), "phone": given.get("phoneNumber")} | given, run)


def _named(given: Mapping[str, Any], run: Execution) -> Node | None:
    """The customer that an identifier names. Raises FieldFailed where a custom id has no definition."""
    desk = desk_of(run)
    if given.get("id"):
        return desk.nodes.get(given["id"])
    if custom := given.get("customId"):
        where = ("CUSTOMER", namespace_of(custom.get("namespace")), custom["key"])
        definition = goods_of(run).definitions.get(where)
        if definition is None or definition["type"]["name"] != "id":
            raise FieldFailed(NO_DEFINITION, code="NOT_FOUND")
        found = ((one, metafield_of(one, where[1], where[2])) for one in desk.nodes.values())
        return next((one for one, field in found if field and field["value"] == custom["value"]), None)
    name = "email" if given.get("email") else "phone"
    return desk.by(name, given[name]) if given.get(name) else None


def _list(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    run.context.require("read_customers", step.name)
    run.context.approve("Customer", step.name)
    return listed(desk_of(run), args, run, step, CUSTOMERS, SORTS)


def _set(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_customers", step.name)
    identifier, given = args.get("identifier"), args["input"]
    if identifier and given.get("id"):
        return _refused("The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED")
    there = _named(identifier or {"id": given.get("id")}, run)
    named_by_id = (identifier or given).get("id")
    if named_by_id and there is None:
        return _refused("Resource matching the identifier was not found.", "NOT_FOUND")
    problems = [*_mismatches(identifier or {}, given), *_problems(given, there, desk_of(run))]
    if problems:
        return {"customer": None, "userErrors": problems[:1]}
    return {"customer": _written(there, identifier or {}, given, run), "userErrors": []}


def _refused(text: str, code: str) -> Node:
    return {"customer": None, "userErrors": [refusal(INPUT, text, code)]}


def _mismatches(identifier: Mapping[str, Any], given: Node) -> Iterator[Node]:
    for name in ("email", "phone"):
        if not identifier.get(name):
            continue
        if name not in given:
            yield refusal(INPUT, "The input field corresponding to the identifier is required.", "MISSING_FIELD_REQUIRED")
        elif (given[name] or "").casefold() != identifier[name].casefold():
            text = "The identifier value does not match the value of the corresponding field in the input."
            yield refusal(INPUT, text, "INPUT_MISMATCH")


def _problems(given: Node, there: Node | None, desk: CustomerDesk) -> Iterator[Node]:
    known = there or {}
    if not any(given.get(name, known.get(name)) for name in ("email", "phone", "firstName", "lastName")):
        yield refusal(INPUT, "A name, phone number, or email address must be present", "BLANK")
    for name, pattern in (("email", EMAIL), ("phone", PHONE)):
        value = given.get(name)
        if not value:
            continue
        if not pattern.fullmatch(value):
            yield refusal([*INPUT, name], f"{name.capitalize()} is invalid", "INVALID")
        other = desk.by(name, value)
        if other is not None and other is not there:
            yield refusal([*INPUT, name], f"{name.capitalize()} has already been taken", "TAKEN")


def _written(there: Node | None, identifier: Mapping[str, Any], given: Node, run: Execution) -> Node:
    desk = desk_of(run)
    if there is not None:
        there.setdefault("_addresses", addresses_of(there))
    fields = {name: given[name] for name in TEXTS if name in given}
    fields |= {"tags": sorted(tags_of(given["tags"] or ()))} if "tags" in given else {}
    if given.get("addresses") is not None:  # a given list is the whole truth, null says nothing (observed)
        home = [address_in(one, run.context.shop.new_id()) for one in given["addresses"][:1]]
        fields["defaultAddress"] = home[0] if home else None
        fields["_addresses"] = [address_in(one, run.context.shop.new_id()) for one in given["addresses"][1:]] + home
    node = desk.change(there, **fields) if there else desk.add(**fields)
    if custom := identifier.get("customId"):  # the shop stores it by itself (observed)
        entry = {"namespace": custom.get("namespace"), "key": custom["key"], "value": custom["value"], "type": "id"}
        put_metafield(goods_of(run), node, entry)
    return node


def _add_address(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_customers", step.name)
    node = desk_of(run).nodes.get(args["customerId"])
    if node is None:
        return _no_address("customerId", "Customer does not exist")
    address = address_in(args["address"], run.context.shop.new_id())
    desk_of(run).live_at(node, address, default=bool(args.get("setAsDefault")))
    return {"address": address, "userErrors": []}


def _change_address(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    """Fields that are not given stay as they are."""
    may_write(run, "write_customers", step.name)
    node = desk_of(run).nodes.get(args["customerId"])
    there = next((one for one in addresses_of(node) if one["id"] == args["addressId"]), None) if node else None
    if node is None or there is None:
        return _no_address("addressId", "Address does not exist")
    made = address_in(args["address"], run.context.shop.new_id())
    given = {ADDRESS_KEYS.get(name, name) for name in args["address"]}
    changed = {name: value for name, value in made.items() if name in given or (name == "country" and "countryCodeV2" in given)}
    address = there | changed
    desk_of(run).live_at(node, address, default=bool(args.get("setAsDefault")))
    return {"address": address, "userErrors": []}


def _no_address(name: str, text: str) -> Node:
    return {"address": None, "userErrors": [{"field": [name], "message": text}]}


def buyer(desk: CustomerDesk, given: Mapping[str, Any], email: str | None, phone: str | None) -> Node | None:
    """The customer of an order that an app makes: found by id, email or phone, or made (observed for an email alone)."""
    if given.get("id"):
        found = desk.nodes.get(given["id"])
    else:
        mail, call = given.get("email") or email, given.get("phone") or phone
        found = (desk.by("email", mail) if mail else None) or (desk.by("phone", call) if call and not mail else None)
        if found is None and (mail or call):
            return desk.add(email=mail, phone=call, **_names(given))
    if found is not None and given:
        desk.change(found, **_names(given))
    return found


def _names(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("firstName", "lastName", "note") if given.get(name)}


CUSTOMER_FIELDS: dict[tuple[str, str], Resolver] = {
    ("QueryRoot", "customer"): _one,
    ("QueryRoot", "customerByIdentifier"): _by_identifier,
    ("QueryRoot", "customers"): _list,
    ("Mutation", "customerSet"): _set,
    ("Mutation", "customerAddressCreate"): _add_address,
    ("Mutation", "customerAddressUpdate"): _change_address,
}
