"""Every pair's mapping can be chosen, and choosing what is there already changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from syncdb.model import Owner, Tie
from syncdb.pairs import registry
from syncdb.pairs.base import Mapped, PairType
from syncdb.pairs.editing import Offered, Wished
from tests.account import account_key

KEY = {
    "type": "service_account",
    "client_email": "a@b.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}
SHOP = {"SHOPIFY_STORE_NAME": "a-shop", "SHOPIFY_ACCESS_TOKEN": "shpat_0123456789abcdef0123456789abcdef", "SHOPIFY_WRITES": "all"}
ENV = {
    "sheets": {
        "GOOGLE_SERVICE_ACCOUNT_FILE": "key.json",
        "TARGET_SPREADSHEET": "Orders of a shop",
        "SHEET_COLUMNS": '[{"field": "order_name", "header": "Bestellung"}, "sku", "attribute:gift"]',
        "ROUTES": json.dumps(
            {
                "b2b": {"target_worksheet": "B2B", "columns": ["order_name"]},
                "goods": {
                    "target_worksheet": "Goods",
                    "rows": "product",
                    "columns": ["title", {"field": "vendor", "header": "Maker"}],
                },
            }
        ),
    },
    "grist": {
        "GRIST_API_KEY": "0123456789abcdef0123",
        "GRIST_DOCUMENT": "https://docs.getgrist.com/abcdefghijkl/Doc",
        "GRIST_SYNC": json.dumps(
            {
                "products": {
                    "fields": {"title": {"column": "Name"}, "tags": "shopify", "metafields.custom.care": {"as": "text"}}
                },
                "inventory": True,
                "orders": {"columns": ["order_name", "note"], "from_grist": {"note": "grist-wins"}, "filter": {"tags": ["x"]}},
            }
        ),
    },
    "stores": {
        **{f"{name}_DOMAIN": f"{name.lower()}-shop" for name in ("TAF", "AFL")},
        **{f"{name}_TOKEN": "shpat_0123456789abcdef0123456789abcdef" for name in ("TAF", "AFL")},
        "STORES_SYNC": '{"products": true, "variants": {"fields": {"usual": true, "price": "taf"}}, "inventory": true}',
    },
    "sentos": {
        "SENTOS_API_URL": "https://company.sentos.com.tr/api",
        "SENTOS_API_KEY": "0123456789",
        "SENTOS_API_SECRET": "0123456789",
        "SENTOS_FIELDS": '{"title": "shop"}',
    },
    "workbook": {"WORKBOOK": "orders.xlsx", "WORKBOOK_COLUMNS": '["order_name", {"field": "sku", "header": "Code"}]'},
    "erp": {"ERP_DATABASE_URL": "postgresql://u:p4ssword@127.0.0.1:5432/erp", "ERP_FIELDS": '{"price": "erp"}'},
}
PAIRS = [pytest.param(pair, id=pair.name) for pair in registry.PAIRS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    private = account_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (tmp_path / "key.json").write_text(json.dumps(KEY | {"private_key": private}))
    (tmp_path / "key.json").chmod(0o600)
    return tmp_path


def loaded(pair: PairType, folder: Path, **changes: Any) -> Any:
    env = ENV[pair.name] | ({} if pair.name == "stores" else SHOP)
    known = registry.known_keys().by_name
    env |= {known[name].env: json.dumps(value) for name, value in changes.items()}
    return pair.load_implementation().load({}, env, folder, None)


def mapped(pair: PairType, settings: Any) -> list[Mapped]:
    tell = pair.load_implementation().mapped
    assert tell is not None
    return [Mapped(one.entity, one.place, one.fields, id=one.id) for one in tell(settings)]


def as_it_is(offered: Offered) -> list[Wished]:
    chosen = [one for one in offered.fields if one.chosen]
    return [Wished(one.name, "" if one.there == one.label else one.there, one.rule) for one in chosen]


@pytest.mark.parametrize("pair", PAIRS)
def test_choosing_what_is_there_changes_nothing(pair: PairType, folder: Path) -> None:
    editing, settings = pair.load_implementation().editing, loaded(pair, folder)
    assert editing is not None
    kinds = list(editing.offered(settings))
    assert kinds and {one.id for one in mapped(pair, settings)} & {one.id for one in kinds}
    known = registry.known_keys().by_name
    for offered in kinds:
        raw = ENV[pair.name].get(known[offered.setting].env)
        value = editing.put(settings, json.loads(raw) if raw else None, offered.id, as_it_is(offered))
        again = loaded(pair, folder, **{offered.setting: value})
        assert mapped(pair, again) == mapped(pair, settings), offered.id
        assert editing.offered(again) == editing.offered(settings), offered.id


@pytest.mark.parametrize("pair", PAIRS)
def test_every_rule_that_is_offered_can_be_taken(pair: PairType, folder: Path) -> None:
    editing, settings = pair.load_implementation().editing, loaded(pair, folder)
    assert editing is not None
    for offered in editing.offered(settings):
        most = max((len(one.rules) for one in offered.fields), default=0)
        for number in range(most):
            wished = [Wished(one.name, "", list(one.rules)[number % len(one.rules)]) for one in offered.fields if one.rules]
            names = {one.name for one in wished}
            if pair.name == "grist" and offered.id == "orders":
                wished = [Wished(one.name) for one in offered.fields if one.chosen and one.name not in names] + wished
            value = editing.put(settings, None, offered.id, wished)
            again = loaded(pair, folder, **{offered.setting: value})
            now = next(one for one in editing.offered(again) if one.id == offered.id)
            taken = {one.name: one.rule for one in now.fields}
            assert {one.name: taken[one.name] for one in wished if one.rule} == {one.name: one.rule for one in wished if one.rule}


def test_leaving_a_kind_out_and_taking_one_in(folder: Path) -> None:
    pair = registry.pair_named("grist")
    assert pair is not None
    editing, settings = pair.load_implementation().editing, loaded(pair, folder)
    assert editing is not None
    now = json.loads(ENV["grist"]["GRIST_SYNC"])
    without = loaded(pair, folder, grist_sync=editing.put(settings, now, "products", []))
    assert [one.id for one in mapped(pair, without)] == ["inventory", "orders"]
    more = loaded(pair, folder, grist_sync=editing.put(settings, now, "collections", [Wished("title", "Name")]))
    kept = {one.id: one for one in mapped(pair, more)}
    assert [(one.name, one.there) for one in kept["collections"].fields] == [("Title", "Name")]
    assert more.selection.orders.wanted.data == settings.selection.orders.wanted.data


def test_the_erps_own_names_are_told(folder: Path) -> None:
    pair = registry.pair_named("erp")
    assert pair is not None
    file = folder / "mapping.json"
    file.write_text('{"products": {"columns": {"price": "fiyat"}}}')
    env = ENV["erp"] | SHOP | {"ERP_MAPPING": str(file)}
    kinds = {one.id: one for one in mapped(pair, pair.load_implementation().load({}, env, folder, None))}
    products, stock, orders = (kinds[name] for name in ("products", "inventory", "orders"))
    price = next(one for one in products.fields if one.key == "price")
    assert (price.there, price.rule.owner) == ("fiyat", Owner.RIGHT)
    assert [(one.key, one.there, one.rule.tie) for one in stock.fields] == [("available", "quantity", Tie.SUM)]
    assert {"payment", "note"} <= {one.key for one in orders.fields}
