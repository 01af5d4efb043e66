"""What a person may ask for in `grist_sync` and `shopify_writes`, and what it comes to."""

import json
from pathlib import Path
from typing import Any

import pytest

from syncdb.errors import ConfigurationError
from syncdb.mapping.entities import ENTITIES, entity_field
from syncdb.model import OnDrift, OnMissing, Owner, Rule, Tie
from syncdb.pairs.chosen import Selection
from syncdb.pairs.selection import parse_selection
from syncdb.pairs.shopify_grist.settings import load as load_grist

REPORTED = Rule(Owner.LEFT, OnDrift.REPORT)


def rules(selection: Selection, entity: str) -> dict[str, Rule]:
    assert not selection.problems
    return {one.field.name: one.rule for chosen in selection.entities if chosen.entity.name == entity for one in chosen.fields}


def test_left_out_it_is_everything_but_orders_and_nothing_is_written_to_the_shop() -> None:
    selection = parse_selection(None, ())
    assert [one.entity.name for one in selection.entities] == ["products", "variants", "inventory", "collections"]
    assert selection.orders is None
    every = [one.rule for chosen in selection.entities for one in chosen.fields]
    assert len(every) > 15 and all(rule.owner is Owner.LEFT for rule in every)


def test_what_may_be_written_gets_its_own_rule() -> None:
    selection = parse_selection(None, ("inventory", "variants.price"))
    assert rules(selection, "inventory")["available"] == Rule(Owner.BOTH, tie=Tie.SUM)
    assert rules(selection, "variants")["price"] == Rule(Owner.BOTH, tie=Tie.ASK)
    assert rules(selection, "variants")["sku"] == REPORTED
    assert rules(selection, "variants")["title"].owner is Owner.LEFT


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("shopify", Rule(Owner.LEFT)),
        ("grist", Rule(Owner.RIGHT, asks_first=True)),
        ("shopify-wins", Rule(Owner.BOTH, tie=Tie.LEFT)),
        ("grist-wins", Rule(Owner.BOTH, tie=Tie.RIGHT)),
        ("newest", Rule(Owner.BOTH, tie=Tie.NEWEST)),
        ("ask", Rule(Owner.BOTH, tie=Tie.ASK)),
    ],
)
def test_every_rule_can_be_chosen(word: str, expected: Rule) -> None:
    selection = parse_selection({"variants": {"fields": {"price": word}}}, ("all",))
    assert rules(selection, "variants") == {"price": expected}
    assert selection.entities[0].needs_times is (word == "newest")


def test_fields_columns_tables_metafields_and_absence_are_chosen() -> None:
    asked = {
        "products": {
            "table": "Artikel",
            "fields": {"title": {"column": "Titel"}, "metafields.custom.material": {"column": "Stoff", "rule": "grist"}},
            "gone_in_shop": "delete",
            "gone_in_grist": "keep",
        },
        "variants": {"fields": ["product", "price"]},
        "collections": False,
    }
    selection = parse_selection(asked, ("products",))
    products, variants = selection.entities
    assert (products.table, products.gone_in_shop, products.gone_there) == ("Artikel", OnMissing.DELETE, OnMissing.RESPECT)
    assert [(one.field.name, one.column) for one in products.fields] == [
        ("title", "Titel"),
        ("metafields.custom.material", "Stoff"),
    ]
    assert [one.field.name for one in variants.fields] == ["product", "price"]


@pytest.mark.parametrize(
    ("asked", "writes", "told"),
    [
        ({"product": True}, (), "did you mean products"),
        ({"products": {"fields": ["titel"]}}, (), "did you mean title"),
        ({"products": {"tabel": "A"}}, (), "did you mean table"),
        ({"products": {"fields": {"title": "mine"}}}, (), "must be one of shopify"),
        ({"products": {"fields": {"title": "sum"}}}, ("all",), "counts of stock only"),
        ({"products": {"fields": {"created_at": "grist"}}}, ("all",), "only Shopify sets"),
        ({"products": {"fields": {"title": {"column": "Shopify ID"}}}}, (), "same column"),
        ({"products": {"table": "A"}, "variants": {"table": "a"}}, (), "same table"),
        ({"products": {"gone_in_shop": "restore"}}, (), "must be keep or delete"),
        ({"orders": {"from_grist": ["note"]}}, (), "may not be written"),
        ({"orders": {"from_grist": ["total"]}}, (), "must be a list of note and tags"),
        ({"orders": {"columns": ["nothing"]}}, (), "no column"),
        ({}, ("products.created_at",), "only be set by Shopify"),
        ({}, ("prices",), "no field prices"),
        ([], (), "expected an object"),
    ],
)
def test_what_cannot_be_is_told(asked: Any, writes: tuple[str, ...], told: str) -> None:
    problems = parse_selection(asked, writes).problems
    assert any(told in problem for problem in problems), problems


def test_a_run_can_be_limited_to_entities_and_fields() -> None:
    selection, unknown = parse_selection(None, ("all",)).only(["inventory", "price", "weight"])
    assert unknown == ["weight"]
    assert {one.entity.name: [part.field.name for part in one.fields] for one in selection.entities} == {
        "variants": ["product", "price"],
        "inventory": ["variant", "sku", "location", "available"],
    }


def test_every_entity_has_unique_names_and_labels() -> None:
    assert len(ENTITIES) == 4
    for entity in ENTITIES.values():
        assert len({one.name for one in entity.fields}) == len({one.label for one in entity.fields}) == len(entity.fields)
    assert entity_field(ENTITIES["inventory"], "metafields.a.b") is None


def settings_file(folder: Path, **more: Any) -> None:
    given = {"shopify_store_name": "tea", "shopify_access_token": "shpat_" + "a" * 32, "grist_api_key": "k" * 40}
    (folder / "config.json").write_text(json.dumps(given | {"grist_document": "abcdefghij12"} | more), encoding="utf-8")


def test_the_settings_of_a_pair_with_grist_need_nothing_of_google(tmp_path: Path) -> None:
    settings_file(
        tmp_path, grist_document="https://team.getgrist.com/o/team/abcdefghij12/Stock/p/3", shopify_writes=["inventory"]
    )
    settings = load_grist({}, {}, tmp_path)
    assert (settings.grist_document, settings.grist_server) == ("abcdefghij12", "https://docs.getgrist.com")
    assert settings.shopify_writes == ("inventory",) and len(settings.selection.entities) == 4
    assert "k" * 40 in settings.secrets and "k" * 40 not in repr(settings)


def test_everything_that_is_wrong_is_told_at_once_and_no_key_is_shown(tmp_path: Path) -> None:
    settings_file(tmp_path, grist_document="My stock", grist_sync={"product": 1}, grist_server="http://grist.example.com")
    with pytest.raises(ConfigurationError) as caught:
        load_grist({}, {}, tmp_path)
    told = "\n".join(caught.value.problems)
    assert "no document's id" in told and "did you mean products" in told and "https://" in told
    assert "k" * 40 not in told


def test_orders_can_be_filtered_and_a_wrong_filter_is_named() -> None:
    chosen = parse_selection({"orders": {"filter": {"tags": ["wholesale"]}}}, ()).orders
    assert chosen is not None and chosen.wanted.tags == {"wholesale"}
    wrong = parse_selection({"orders": {"filter": {"financial_status": ["payed"]}}}, ())
    assert wrong.problems[0].startswith("orders.filter.financial_status: there is no payed")
