"""Choosing columns, records of a snapshot, and what is shown where something is withheld, removed or deleted."""

import copy
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncdb.mapping import CATALOGUE, SheetMapping, default_columns, parse_columns
from syncdb.mapping.choice import KEY_LABELS, Choice, all_columns
from syncdb.mapping.offered_columns import in_short
from syncdb.mapping.reference import families, reference
from syncdb.model import Record
from syncdb.sandbox.shopify.generate import new_order
from syncdb.sandbox.shopify.shop import Shop
from syncdb.values import Kind
from tests.mapping.answering import stored

NOON = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
SHOWN = {name: one for name, one in CATALOGUE.items() if one.level in ("order", "line")}
ALL = tuple((name, one.label) for name, one in SHOWN.items())


@pytest.fixture(scope="module")
def order() -> dict[str, Any]:
    """A lively order: several lines, a refund, a shipment."""
    shop = Shop(clock=NOON.timestamp)
    for seed in range(200):
        node = new_order(shop, random.Random(seed), NOON, 1)
        if len(node["lineItems"]) >= 2 and node["customer"] and node["lineItems"][0]["variant"]:
            break
    first = node["lineItems"][0]["id"]
    shop.fulfil(node["id"], {first: 1}, [("DHL", "00340", "https://dhl.example/00340")])
    shop.refund(node["id"], {node["lineItems"][1]["id"]: 1}, note="broken")
    node["customAttributes"] = [{"key": "gift", "value": "yes"}, {"key": "empty", "value": None}]
    node["lineItems"][0]["customAttributes"] = [{"key": "Engraving", "value": "=A1"}]
    return stored(node)


def mapping(columns: Any = None, rows: Any = "line", zone: str = "Europe/Berlin") -> SheetMapping:
    choice = parse_columns(columns, rows)
    assert choice.problems == ()
    return SheetMapping(rows, choice.columns, zone, "EUR")


def test_default_columns_are_known_and_sensible() -> None:
    for rows in ("line", "order"):
        columns = default_columns(rows)  # type: ignore[arg-type]
        assert 25 <= len(columns) <= 45 and parse_columns([name for name, _ in columns], rows).problems == ()  # type: ignore[arg-type]
        assert SheetMapping(rows, columns, "UTC", "EUR").fields[0].label == KEY_LABELS[rows]  # type: ignore[arg-type,index]


def test_headers_are_told_apart() -> None:
    labels = [one.label.casefold() for one in CATALOGUE.values()]
    assert sorted(set(labels)) == sorted(labels)


@pytest.mark.parametrize("nothing", [None, "", "default", []])
def test_nothing_chosen_means_the_default(nothing: Any) -> None:
    assert parse_columns(nothing).columns == default_columns("line")


@pytest.mark.parametrize("rows", ["line", "order"])
@pytest.mark.parametrize("chosen", [None, "default", "all", "each by its name"])
def test_every_choice_that_is_offered_has_each_header_once(rows: Any, chosen: Any) -> None:
    choice = parse_columns([name for name, _ in all_columns(rows)] if chosen == "each by its name" else chosen, rows)
    labels = [KEY_LABELS[rows].casefold(), *(label.casefold() for _, label in choice.columns)]
    assert choice.columns and not choice.problems and len(set(labels)) == len(labels)


def test_columns_are_chosen_by_name_header_and_family() -> None:
    chosen = parse_columns(
        ["sku", {"field": "order_name", "header": " Nr. "}, "attribute:gift", "property:A:b", "metafield:custom.wrap"]
    )
    assert chosen.problems == ()
    assert chosen.columns == (
        ("sku", "SKU"),
        ("order_name", "Nr."),
        ("attribute:gift", "gift"),
        ("property:A:b", "A:b"),
        ("metafield:custom.wrap", "custom.wrap"),
    )
    assert parse_columns("sku, order_name").columns == (("sku", "SKU"), ("order_name", "Order"))
    assert len(parse_columns("all").columns) == len(SHOWN)
    assert SheetMapping("line", chosen.columns, "UTC", "EUR").metafields == (("custom", "wrap"),)


def test_a_set_of_columns_stands_in_a_list_with_what_is_added_or_called_otherwise() -> None:
    chosen = parse_columns(["default", {"field": "quantity", "header": "Pieces"}, "vendor"])
    usual = default_columns("line")
    assert chosen.problems == () and dict(chosen.columns) == dict(usual) | {"quantity": "Pieces", "vendor": "Vendor"}
    assert [name for name, _ in chosen.columns] == [*(name for name, _ in usual), "vendor"]
    first = parse_columns([{"field": "vendor", "header": "Made by"}, "all"])
    assert first.columns[0] == ("vendor", "Made by") and not first.problems and len(first.columns) == len(SHOWN)
    assert parse_columns("default, vendor").columns[-1] == ("vendor", "Vendor")
    assert "SKU" in " ".join(parse_columns(["default", {"field": "vendor", "header": "SKU"}]).problems)


def test_metafields_are_what_their_definitions_say() -> None:
    names = ["metafield:custom.due", "metafield:custom.weight", "metafield_text:custom.due", "metafield:custom.none"]
    chosen = parse_columns([{"field": name, "header": name} for name in names], "order")
    types = {"custom.due": "date_time", "custom.weight": "number_decimal", "custom.none": ""}
    mapping = SheetMapping("order", chosen.columns, "Europe/Berlin", "EUR", types=types)
    assert not chosen.problems and [one.kind for one in mapping.fields[1:]] == [Kind.MOMENT, Kind.NUMBER, Kind.TEXT, Kind.TEXT]
    assert mapping.metafields == (("custom", "due"), ("custom", "weight"), ("custom", "none"))
    assert mapping.digest != SheetMapping("order", chosen.columns, "Europe/Berlin", "EUR").digest
    texts = {"custom.due": "2026-07-01T15:30:00+00:00", "custom.weight": "2.50", "custom.none": "7"}
    (record,) = mapping.records({"id": "1", "metafields": texts})
    assert [record.fields[name] for name in names] == [datetime(2026, 7, 1, 17, 30), Decimal("2.5"), texts["custom.due"], "7"]
    (older,) = mapping.records({"id": "1", "metafields": dict.fromkeys(texts, "?")})
    assert {older.fields[name] for name in names} == {"?"}


@pytest.mark.parametrize(
    ("value", "rows", "said"),
    [
        (["order_nam"], "line", "Did you mean order_name?"),
        (["Payment status"], "line", "Did you mean financial_status?"),
        (["zzz"], "line", "no column 'zzz'"),
        (["sku", "sku"], "line", "listed twice"),
        (["default", "vendor", "vendor"], "line", "listed twice"),
        (["sku", {"field": "vendor", "header": "sku"}], "line", "two columns have the header"),
        ([{"field": "vendor", "header": "line id"}], "line", "two columns have the header"),
        (["sku"], "order", "one row per order"),
        ([{"field": "sku", "title": "x"}], "line", "expected a name or"),
        ([{"field": "sku", "header": " "}], "line", "must be text"),
        ([7], "line", "expected a name or"),
        ({"sku": "x"}, "line", "expected a list"),
        (["attribute:"], "line", "no column"),
        (["metafield:custom"], "line", "no column"),
    ],
)
def test_what_is_wrong_is_told(value: Any, rows: Any, said: str) -> None:
    assert any(said in problem for problem in parse_columns(value, rows).problems)


def test_all_problems_are_told_at_once() -> None:
    assert len(parse_columns(["a", "b", "sku", "sku"]).problems) == 3


def test_fields_tell_what_columns_hold() -> None:
    fields = {field.name: field for field in mapping(["unit_price", "presentment_total", "sku", "created_at"]).fields}
    assert (fields["key"].label, fields["key"].kind) == ("Line ID", Kind.IDENTIFIER)
    assert (fields["unit_price"].currency_in, fields["presentment_total"].currency_in) == (None, None)
    named = {
        field.name: field for field in mapping(["unit_price", "presentment_total", "currency", "presentment_currency"]).fields
    }
    assert named["unit_price"].currency_in == "currency"
    assert named["presentment_total"].currency_in == "presentment_currency"
    assert fields["created_at"].kind is Kind.MOMENT


def test_times_are_the_shops_wall_clock(order: dict[str, Any]) -> None:
    for zone, hour in (("Europe/Berlin", 2), ("UTC", 0), ("Asia/Kolkata", 6)):
        (record, *_) = mapping(["created_at"], zone=zone).records(order)
        assert record.fields["created_at"] == datetime(2026, 10, 25, hour, 30 if zone != "Asia/Kolkata" else 0)


def test_the_digest_moves_with_anything_that_is_shown() -> None:
    digests = {
        mapping(columns, rows, zone).digest
        for columns, rows, zone in [
            (None, "line", "UTC"),
            (None, "order", "UTC"),
            (None, "line", "Europe/Berlin"),
            (["sku", "note"], "line", "UTC"),
            (["note", "sku"], "line", "UTC"),
            ([{"field": "sku", "header": "x"}, "note"], "line", "UTC"),
        ]
    }
    assert len(digests) == 6
    assert mapping().digest == mapping().digest


def test_chosen_values(order: dict[str, Any]) -> None:
    chosen = mapping(
        ["attribute:gift", "attribute:empty", "attribute:none", "property:Engraving", "metafield:custom.wrap", "line_total"]
    )
    first, second, *_ = chosen.records({**order, "metafields": {"custom.wrap": "red"}})
    assert (first.fields["attribute:gift"], first.fields["attribute:none"]) == ("yes", None)
    assert not first.fields["attribute:empty"]
    assert (first.fields["property:Engraving"], second.fields["property:Engraving"]) == ("=A1", None)
    assert second.fields["metafield:custom.wrap"] == "red"
    assert isinstance(first.fields["line_total"], Decimal)


def test_an_order_without_lines_has_a_row(order: dict[str, Any]) -> None:
    bare = {name: value for name, value in order.items() if name != "line_items"}
    (record,) = mapping("all").records(bare)
    assert record.key == f"order-{order['id']}" == record.fields["key"]
    empty = {name for name, one in CATALOGUE.items() if one.level == "line"} - {"first_line"}
    assert all(record.fields[name] is None for name in empty) and record.fields["first_line"] is True
    assert record.fields["order_name"] == order["name"]


def test_a_deleted_order_says_so(order: dict[str, Any]) -> None:
    for record in mapping("all").records({**order, "deleted_at": "2026-11-20T00:00:00Z"}):
        assert record.fields["order_status"] == "deleted"


def test_a_removed_line_keeps_its_row(order: dict[str, Any]) -> None:
    shown = mapping(["line_title", "line_status", "current_quantity"])
    (first, *_) = shown.records(order)
    gone = shown.removed_record(first.key, first.fields)
    assert gone == Record(first.key, {**first.fields, "line_status": "removed", "current_quantity": 0})
    narrow = mapping(["line_title"])
    assert narrow.removed_record("1", {"key": "1", "line_title": "x"}).fields == {"key": "1", "line_title": "x"}


def test_statuses_of_lines(order: dict[str, Any]) -> None:
    changed = copy.deepcopy(order)
    first, second = changed["line_items"][:2]
    first["current_quantity"] = 0
    second["current_quantity"], second["quantity"] = 0, 1
    rows = mapping(["line_status", "refunded_quantity"]).records(changed)
    assert [row.fields["line_status"] for row in rows[:2]] == ["removed", "refunded"]
    assert rows[1].fields["refunded_quantity"] == 1


def test_only_what_took_effect_is_counted(order: dict[str, Any]) -> None:
    """Failed and pending transactions and cancelled shipments are on record, too."""
    columns = mapping(["payments_captured", "fulfilled_quantity", "tracking_numbers", "paid_at", "shipments"])
    before = columns.records(order)
    more = copy.deepcopy(order)
    sale = {"id": "1", "kind": "SALE", "amount": ["999", "EUR"], "created_at": "2020-01-01T00:00:00Z"}
    more.setdefault("transactions", [])
    more["transactions"] += [{**sale, "status": status} for status in ("FAILURE", "PENDING", "ERROR", "UNKNOWN_YET")]
    more["transactions"] += [
        {**sale, "status": "SUCCESS", "kind": kind} for kind in ("SUGGESTED_REFUND", "VOID", "REFUND", "CHANGE")
    ]
    more["fulfillments"] += [{**more["fulfillments"][0], "id": "7", "status": "CANCELLED", "tracking_info": [{"number": "VOID"}]}]
    assert columns.records(more) == before
    assert before[0].fields["fulfilled_quantity"] == 1 and before[0].fields["tracking_numbers"] == "00340"


def paths(data: Mapping[str, Any], above: str = "") -> set[str]:
    found = set()
    for name, value in data.items():
        found.add(f"{above}{name}")
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                found |= paths(item, f"{above}{name}.")
    return found


def dropped(data: Any, names: list[str]) -> Any:
    if isinstance(data, list):
        return [dropped(item, names) if isinstance(item, dict) else item for item in data]
    if len(names) == 1:
        return {name: value for name, value in data.items() if name != names[0]}
    return {**data, names[0]: dropped(data[names[0]], names[1:])} if names[0] in data else data


UNWITHHELD = {
    "id",
    "shop",
    "line_items",
    "line_items.id",
    "refunds.refund_line_items.line_item",
    "fulfillments.fulfillment_line_items",
}


SUMMARIES = {"items", "skus"}  # put together from many parts of lines


def test_a_column_says_on_what_it_rests(order: dict[str, Any]) -> None:
    """Without a part of the snapshot only those columns change that name it among their needs."""
    shown, tried, silent = mapping("all"), 0, set()
    before = {record.key: record.fields for record in shown.records(order)}
    for path in paths(order):
        if any(path == one or path.startswith(f"{one}.") for one in UNWITHHELD if one != "line_items") or path == "line_items":
            continue
        for record in shown.records(dropped(order, path.split("."))):
            changed = {name for name in SHOWN if record.fields[name] != before[record.key][name]}
            silent |= {
                (name, path) for name in changed - SUMMARIES if not any(_touch(path, need) for need in CATALOGUE[name].needs)
            }
        tried += 1
    assert silent == set()
    assert tried > 100


def _touch(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def test_a_withheld_source_is_not_shown_as_empty(order: dict[str, Any]) -> None:
    shown = mapping("all")
    unseen = {name: value for name, value in order.items() if name not in ("customer", "email")}
    fields = shown.records({**unseen, "withheld": ["customer", "email", "line_items.product"]})[0].fields
    assert not {"customer_id", "customer_email", "customer_first_name", "product_id", "product_type"} & fields.keys()
    assert fields["customer_name"] == order["billing_address"]["name"], "the next best name is used"
    partly = shown.records({**unseen, "withheld": ["line_items.discount_allocations", "refunds"]})[0].fields
    assert not {"line_total", "line_discount", "refunds", "line_status", "refunded_quantity"} & partly.keys()
    assert {"line_tax", "current_quantity"} <= partly.keys()


def test_records_survive_being_stored(order: dict[str, Any]) -> None:
    shown = mapping("all")
    assert shown.records(json.loads(json.dumps(order))) == shown.records(order)


def test_the_reference_page_is_up_to_date() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "columns.md").read_text(encoding="utf-8")
    assert page == reference(), "write syncdb.mapping.reference.reference() to docs/columns.md"
    assert all(f"`{name}`" in page for name in CATALOGUE) and all(f"`{family}:" in page for family in families())


@pytest.mark.parametrize(
    ("given", "rows", "short"),
    [
        (["default", "shipping_zip"], "line", ["default", "shipping_zip"]),
        (["default", {"field": "quantity", "header": "Pieces"}, "attribute:gift"], "line", None),
        (["shipping_zip", "default"], "line", None),
        (["order_name", {"field": "sku", "header": "Article"}], "line", None),
        ("all", "order", ["all"]),
        (["default"], "refund", ["default"]),
    ],
)
def test_columns_said_in_short_mean_the_same(given: Any, rows: Any, short: list[str] | None) -> None:
    columns = parse_columns(given, rows).columns
    said = in_short(columns, rows)
    assert parse_columns(said, rows) == Choice(columns) and (short is None or said == short)
