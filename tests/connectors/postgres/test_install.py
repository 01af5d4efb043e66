"""What is made in an ERP's database: it can be made again, it can be taken away without a trace, and it notes what it should."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from syncdb.clock import SYSTEM
from syncdb.connectors.postgres.drift import examine
from syncdb.connectors.postgres.install.installing import columns_seen, install, installed_version, remove
from syncdb.connectors.postgres.install.script import VERSION, install_sql, remove_sql
from syncdb.connectors.postgres.queue_book import QueueBook
from syncdb.connectors.postgres.settings_table import read_settings, understood
from syncdb.connectors.postgres.tables import ErpTables, default_tables, tables_from
from syncdb.errors import ConfigurationError, Exit, NeedsPerson
from syncdb.systems.postgres.checks import check_erp
from tests.postgres import Erp, Server

# an ERP with names of its own, in a schema of its own, which knew nothing of any shop
OTHER = """
create schema buch;
create table buch."Artikel" (nr uuid primary key default gen_random_uuid(), "Artikel-Nr" text, bezeichnung text, vk numeric(10,2),
    shopify_variant_id text);
create table buch.bestand (id serial primary key, artikel uuid references buch."Artikel", menge integer not null);
create table buch.verkauf (beleg text primary key, notiz text);
insert into buch."Artikel" ("Artikel-Nr") values ('M-1');
insert into buch.verkauf values ('2019-1', 'years ago');
"""
MAPPING: dict[str, Any] = {
    "products": {"table": "Artikel", "key": "nr", "columns": {"sku": "Artikel-Nr", "name": "bezeichnung", "price": "vk"}},
    "inventory": {"table": "bestand", "columns": {"product_id": "artikel", "quantity": "menge"}},
    "orders": {"table": "buch.verkauf", "key": "beleg", "columns": {"order_number": "beleg", "note": "notiz"}},
    "order_items": None,
    "customers": None,
    "sync_queue": "shop_queue",
}
CATALOGUE = """
select 'column' as what,
    format('%s.%s %s%s', table_schema || '.' || table_name, column_name, data_type, column_default) as name
from information_schema.columns where table_schema in ('public', 'buch')
union all select 'trigger', format('%s on %s', tgname, tgrelid::regclass) from pg_trigger where not tgisinternal
union all select 'function', p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'buch')
union all select 'policy', policyname || tablename from pg_policies
union all select 'index', indexname from pg_indexes where schemaname in ('public', 'buch')
union all select 'secured', relname from pg_class where relrowsecurity
union all select 'granted', table_name || privilege_type from information_schema.role_table_grants where grantee = 'syncdb_sync'
"""


def standing(erp: Erp) -> set[tuple[str, str]]:
    return {(row["what"], row["name"]) for row in erp.sql(CATALOGUE)}


def other(bare: Erp) -> ErpTables:
    bare.sql(OTHER)
    return tables_from(MAPPING, "buch")


def queued(erp: Erp, queue: str = "sync_queue") -> list[tuple[str, str, str]]:
    rows = erp.sql(f"select entity_type, entity_id, action from {queue} order by id")
    return [(row["entity_type"], row["entity_id"], row["action"]) for row in rows]


def test_it_can_be_made_again_without_changing_anything(bare: Erp) -> None:
    tables = other(bare)
    with bare.database() as database:
        first = install(database, tables)
        assert first.before is None and set(first.tables.by_entity) == {"products", "inventory", "orders"}
        bare.sql("update buch.api_settings set value = 'false' where key = 'SHOPIFY_AUTO_SYNC_ORDERS'")
        before = standing(bare)
        assert install(database, tables).before == VERSION
        assert standing(bare) == before
        assert read_settings(database, tables).orders is False


def test_taking_it_away_leaves_the_erp_as_it_was(bare: Erp) -> None:
    tables = other(bare)
    before = standing(bare)
    with bare.database() as database:
        install(database, tables)
        assert len(standing(bare) - before) > 50
        remove(database, tables)
        assert standing(bare) == before
        remove(database, tables)
        install(database, tables)
    assert bare.sql('select "Artikel-Nr" as sku, sync_to_shopify from buch."Artikel"') == [
        {"sku": "M-1", "sync_to_shopify": True}
    ]


def test_what_is_printed_does_the_same_in_an_editor(bare: Erp, erp: Erp) -> None:
    tables = default_tables("public")
    with bare.connect() as editor:
        editor.autocommit = True
        told: list[str] = []
        editor.add_notice_handler(lambda one: told.append(one.message_primary or ""))
        for _ in range(2):
            editor.execute(install_sql(tables, complete=True))  # type: ignore[call-overload]
        assert told == [], "what is there already is no news"
    assert standing(bare) == standing(erp)
    bare.sql(remove_sql(tables))
    assert not {one for one in standing(bare) if "sync" in one[1] or "shopify" in one[1]}


def test_orders_from_before_are_left_alone_and_new_ones_wait(bare: Erp) -> None:
    tables = other(bare)
    with bare.database() as database:
        install(database, tables)
    bare.sql("insert into buch.verkauf values ('2026-1', 'new')")
    states = {row["beleg"]: row["shopify_sync_status"] for row in bare.sql("select * from buch.verkauf")}
    assert states == {"2019-1": "disabled", "2026-1": "pending"}
    bare.sql("update buch.verkauf set notiz = 'touched'")
    assert queued(bare, "buch.shop_queue") == [("order", "2026-1", "create")]
    bare.sql("update buch.verkauf set shopify_sync_status = 'pending' where beleg = '2019-1'")
    assert queued(bare, "buch.shop_queue")[1:] == [("order", "2019-1", "update")]


def test_an_erp_without_any_of_the_tables_is_told_what_to_do(bare: Erp) -> None:
    with bare.database() as database, pytest.raises(ConfigurationError) as refused:
        install(database, default_tables("public"))
    assert len(refused.value.problems) == 1 and str(refused.value).count("There is no table") == 5
    assert "--complete" in refused.value.next_step


def test_a_newer_version_is_left_alone(erp: Erp) -> None:
    erp.sql("update sync_install set version = 99 where item = 'version'")
    with erp.database() as database:
        with pytest.raises(NeedsPerson, match="newer version"):
            install(database, erp.tables)
        assert installed_version(database, erp.tables) == 99
    with pytest.raises(psycopg.errors.RaiseException, match="newer version"):
        erp.sql(install_sql(erp.tables))


def test_an_installation_from_before_goes_on_and_is_brought_up_to_date(bare: Erp) -> None:
    bare.sql((Path(__file__).parent / "version_1.sql").read_text(encoding="utf-8"))
    bare.sql("insert into products (sku) values ('A')")
    with bare.database() as database:
        book = QueueBook(database, bare.tables)
        assert [book.add("product", "1", "update"), book.add("product", "9", "update")] == [1, 2]
        bare.sql(
            "update sync_queue set status = 'failed' where id = 2; update api_settings set value = 'no' where key ~ 'ORDERS'"
        )
        before = bare.sql("select * from sync_queue order by id")
        assert install(database, bare.tables).before == 1
        assert bare.sql("select * from sync_queue order by id") == before
        bare.sql(
            "update products set price = 2; insert into products (sku) values ('B'); insert into orders (order_number) values (1)"
        )
        assert queued(bare) == [("product", "1", "update"), ("product", "9", "update"), ("product", "2", "create")]
        left = {name for what, name in standing(bare) if what in ("index", "function")}
        assert not left & {"sync_queue_one_pending", "sync_queue_one_processing", "syncdb_note_product()"}
        remove(database, bare.tables)
    assert not {one for one in standing(bare) if "sync" in one[1] or "shopify" in one[1]}


def test_what_fails_halfway_changes_nothing(bare: Erp) -> None:
    tables = other(bare)
    bare.sql("create view buch.shop_queue as select 1 as id")
    before = standing(bare)
    with bare.database() as database, pytest.raises(Exception, match="shop_queue"):
        install(database, tables)
    assert standing(bare) == before


@pytest.fixture(scope="module")
def one_erp(erp_server: Server, erp_template: str) -> Erp:
    """A small ERP for several tests, each of which begins by laying it out anew."""
    return Erp(erp_server.url(erp_server.make(erp_template)))


@pytest.fixture
def shop_floor(one_erp: Erp) -> Erp:
    """One of everything, and nothing in the queue."""
    one_erp.sql(
        """
        truncate products, customers, orders, order_items, inventory;
        insert into api_settings select 'SHOPIFY_AUTO_SYNC_' || one, 'true' from unnest(array['PRODUCTS', 'ORDERS',
            'INVENTORY', 'CUSTOMERS']) one on conflict (key) do update set value = 'true';
        insert into products (sku, name, price) values ('A', 'Cup', 5);
        insert into inventory (product_id, quantity) select id, 4 from products;
        insert into customers (email) values ('anna@example.com');
        insert into orders (order_number) values ('1');
        insert into order_items (order_id, sku, quantity, unit_price) select id, 'A', 1, 5 from orders;
        truncate sync_queue;
        """
    )
    return one_erp


@pytest.mark.parametrize(
    "change, noted",
    [
        ("update products set price = 6 where sku = 'A'", [("product", "update")]),
        ("update products set price = 5", []),
        ("update products set shopify_product_id = '1', shopify_last_sync_at = now()", []),
        ("update products set sku = 'B'; update products set sku = 'C'", [("product", "update")]),
        ("update products set sync_to_shopify = false", [("product", "update")]),
        ("begin; update products set price = 7; rollback", []),
        ("begin; select set_config('sync.origin', 'shopify', true); update products set price = 7; commit", []),
        ("delete from products", [("product", "delete"), ("inventory", "delete")]),
        ("insert into products (sku, sync_to_shopify) values ('Z', false)", []),
        ("update inventory set quantity = quantity - 1", [("inventory", "update")]),
        ("update inventory set last_shopify_sync = now()", []),
        ("update customers set phone = '+49 1'", [("customer", "update")]),
        ("update orders set status = 'shipped', tracking_number = '00340'", [("order", "update")]),
        ("update orders set shopify_sync_status = 'synced'", []),
        ("update orders set shopify_sync_status = 'disabled', note = 'x'", []),
        ("update order_items set quantity = 3", [("order", "update")]),
        ("insert into order_items (order_id, sku, quantity, unit_price) select id, 'B', 1, 1 from orders", [("order", "update")]),
        ("delete from orders", [("order", "delete")]),
        (
            "insert into orders (order_number) values ('2'); truncate sync_queue; update order_items set order_id = order_id + 1",
            [("order", "update"), ("order", "update")],
        ),
        ("update api_settings set value = 'off' where key like '%PRODUCTS'; update products set price = 7", []),
        ("update api_settings set value = 'maybe' where key like '%ORDERS'; update orders set note = 'x'", []),
        ("delete from api_settings; update products set price = 7", []),
    ],
)
def test_only_real_changes_that_concern_the_shop_are_noted(shop_floor: Erp, change: str, noted: list[tuple[str, str]]) -> None:
    shop_floor.sql(change)
    assert [(what, action) for what, _, action in queued(shop_floor)] == noted


def test_many_rows_of_one_statement_are_each_noted_once(erp: Erp) -> None:
    erp.sql("insert into products (sku) select 'S' || n from generate_series(1, 500) n")
    erp.sql("insert into orders (order_number) values ('1'), ('2')")
    lines = "select o.id, 'A', n, 1 from orders o, generate_series(1, 3) n"
    erp.sql(f"insert into order_items (order_id, sku, quantity, unit_price) {lines}")
    erp.sql("truncate sync_queue")
    erp.sql(
        "update products set price = case when id % 2 = 0 then 7 else price end; update order_items set quantity = quantity + 1"
    )
    assert sorted(id for what, id, _ in queued(erp) if what == "product") == sorted(map(str, range(2, 501, 2)))
    assert [id for what, id, _ in queued(erp) if what == "order"] == ["1", "2"]


def test_a_session_that_changed_single_rows_may_change_many(erp: Erp) -> None:
    """A plan that was made for one row, and kept, must be one for thousands: else that statement takes minutes."""
    erp.sql("insert into orders (order_number) select n from generate_series(1, 5000) n")
    erp.sql("insert into order_items (order_id, sku, quantity, unit_price) select id, 'A', 1, 1 from orders")
    erp.sql("update sync_queue set status = 'completed'")
    with erp.connect() as clerk:
        clerk.execute("set statement_timeout = '20s'")
        for id in range(1, 8):
            clerk.execute("update order_items set quantity = 2 where id = %s", (id,))
        clerk.execute("update order_items set quantity = 3")
        clerk.commit()
    assert erp.sql("select count(*) from sync_queue where status = 'pending'") == [{"count": 5000}]


def test_the_erp_may_change_its_tables_as_it_likes(erp: Erp) -> None:
    """Columns that come, go, or are called or typed otherwise: no trigger stands in the way of that, or fails because of it."""
    erp.sql("insert into products (sku, price) values ('A', 5)")
    for change in (
        "add column colour text", "drop column barcode", "rename column name to title", "alter column price type numeric(20,6)",
        "drop column sync_to_shopify", "rename column id to nr",
    ):  # fmt: skip
        erp.sql(f"alter table products {change}")
        erp.sql("update products set cost = coalesce(cost, 0) + 1; insert into products (sku) values (gen_random_uuid())")
    erp.sql("delete from products")


def test_what_was_deleted_is_noted_with_what_the_shop_called_it(erp: Erp) -> None:
    erp.sql("insert into products (sku, shopify_product_id, shopify_variant_id) values ('A', '632910392', '808950810')")
    erp.sql("delete from products")
    (row,) = erp.sql("select action, payload from sync_queue")
    assert (row["action"], row["payload"]["shopify_variant_id"], row["payload"]["sku"]) == ("delete", "808950810", "A")


@pytest.mark.parametrize(
    "changes, action",
    [
        (("insert into customers (id, email) values (7, 'a@b.c')", "update customers set phone = '1'"), "create"),
        (("insert into customers (id, email) values (7, 'a@b.c')", "delete from customers"), "delete"),
        (("insert into customers (id, email) values (7, 'a@b.c')", "delete from customers",
          "insert into customers (id, email) values (7, 'x@b.c')"), "update"),
    ],
)  # fmt: skip
def test_changes_that_wait_together_come_to_one(erp: Erp, changes: tuple[str, ...], action: str) -> None:
    for change in changes:
        erp.sql(change)
    assert queued(erp) == [("customer", "7", action)]


def test_a_change_that_is_not_committed_yet_is_not_taken_with_what_waits(erp: Erp) -> None:
    """Whoever took the row that waits would see the old value, and the change would be lost."""
    from syncdb.connectors.postgres.queue import SyncQueue

    erp.sql("insert into customers (email) values ('a@b.c')")
    with erp.database() as database, erp.connect() as person:
        queue = SyncQueue(database, erp.tables, "worker")
        person.execute("update customers set phone = '1'")
        assert queue.claim() == []
        person.commit()
        assert len(queue.claim()) == 1


def test_a_switch_counts_for_sessions_that_are_at_work(erp: Erp) -> None:
    with erp.connect() as clerk:
        for value, waiting in (("true", 1), ("off", 1), (" Yes ", 2)):
            erp.sql("update api_settings set value = %s where key = 'SHOPIFY_AUTO_SYNC_CUSTOMERS'", value)
            clerk.execute("insert into customers (email) values (gen_random_uuid())")
            clerk.commit()
            assert len(queued(erp)) == waiting, value
    with erp.connect() as one, erp.connect() as other:  # two who switch at once
        one.execute("update api_settings set value = 'no' where key = 'SHOPIFY_AUTO_SYNC_CUSTOMERS'")
        with ThreadPoolExecutor(1) as second:
            waits = second.submit(other.execute, "update api_settings set value = 'no' where key = 'SHOPIFY_AUTO_SYNC_PRODUCTS'")
            one.commit()
            waits.result(30)
        other.commit()
    erp.sql("insert into customers (email) values ('a@b.c'); insert into products (sku) values ('A')")
    assert len(queued(erp)) == 2


def test_a_colleague_of_the_erp_needs_no_right_on_the_queue(erp: Erp) -> None:
    erp.sql("drop role if exists clerk; create role clerk; grant usage on schema public to clerk; grant all on products to clerk")
    erp.sql("grant usage on all sequences in schema public to clerk; set role clerk; insert into products (sku) values ('A')")
    assert [what for what, _, _ in queued(erp)] == ["product"]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        erp.sql("set role clerk; select * from sync_queue")
    erp.sql("drop owned by clerk; drop role clerk")


def test_nobody_can_have_a_trigger_do_something_else(erp: Erp) -> None:
    """A table of the same name in front of ours would be found first, if the trigger looked along the path."""
    erp.sql(
        "create schema evil; create table evil.sync_queue (like public.sync_queue including all);"
        "set search_path = evil, public; insert into public.products (sku) values ('A')"
    )
    assert len(queued(erp, "public.sync_queue")) == 1 and queued(erp, "evil.sync_queue") == []
    functions = erp.sql(
        "select prosecdef, proconfig from pg_proc where oid in (select tgfoid from pg_trigger where tgname like 'syncdb%')"
    )
    assert len(functions) == 16
    assert all(one["prosecdef"] and one["proconfig"] == ['search_path=""'] for one in functions)


def test_the_role_of_the_sync_can_do_its_work_and_nothing_else(erp: Erp) -> None:
    name = erp.url.partition("@/")[2].partition("?")[0]
    erp.sql("insert into products (sku, price) values ('A', 1); alter table products enable row level security")
    erp.sql("drop role if exists shop_login; create role shop_login login in role syncdb_sync")
    login = Erp(erp.url.replace("erp@", "shop_login@"))
    assert login.sql("select sku from products") == [{"sku": "A"}]
    assert security(login) == "row-level security applies, and this login sees all rows as a member of syncdb_sync"
    login.sql(
        "update products set price = 2; insert into products (sku) values ('B'); update sync_queue set status = 'completed'"
    )
    login.sql("insert into orders (order_number) values ('1'); insert into sync_writes (token) values (1)")
    assert len(login.sql("select * from sync_queue")) == 3
    for forbidden in (
        "delete from products",
        "update api_settings set value = 'x'",
        "truncate orders",
        "drop table orders",
        "create table mine (id int)",
        "alter table products disable trigger all",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.sql(forbidden)
    erp.sql("revoke syncdb_sync from shop_login; grant select on all tables in schema public to shop_login")
    assert "sees nothing in the sync's own tables" in security(login)
    erp.sql("create policy shown on sync_install for select to shop_login using (true)")
    assert "products" in security(login) and "rows may be hidden" in security(login)
    erp.sql(f"drop owned by shop_login; revoke all on database {name} from shop_login; drop role shop_login")


def security(erp: Erp) -> str:
    """What `erp test` says to this login of row-level security."""
    return next(one.told for one in check_erp(access(erp), SYSTEM) if one.name == "security")


def access(erp: Erp, **more: Any) -> Any:
    return SimpleNamespace(
        **{"erp_database_url": erp.address, "erp_schema": "public", "erp_mapping": None, "deadline_seconds": 5} | more
    )


def test_tables_that_stand_elsewhere_are_told_where_and_nothing_is_called_well(bare: Erp) -> None:
    bare.sql("create schema elsewhere; create table elsewhere.products (id int primary key, sku text)")
    with bare.database() as database, pytest.raises(ConfigurationError) as refused:
        install(database, default_tables("public"))
    assert str(refused.value).count("None of the ERP's tables") == 1 and "There is one in the schema elsewhere" in str(
        refused.value
    )
    checks = {one.name: one for one in check_erp(access(bare), SYSTEM)}
    assert checks["tables"].exit_code is Exit.CONFIGURATION and "--complete" in checks["tables"].remedy
    assert "installed" not in checks  # one cause, one step


def test_a_column_that_is_gone_is_told_by_its_name_and_nothing_else_stops(bare: Erp) -> None:
    tables = other(bare)
    with bare.database() as database:
        install(database, tables)
        assert examine(database, tables, columns_seen(database, tables)).gone == ()
        bare.sql('alter table buch."Artikel" drop column vk; alter table buch.bestand drop column menge')
        found = examine(database, tables, columns_seen(database, tables))
    assert {(one.entity, one.column) for one in found.gone} == {("products", "vk"), ("inventory", "menge")}
    assert "The column vk of buch.Artikel is gone" in next(one.told for one in found.gone if one.column == "vk")
    assert not found.tables["products"].has("price") and found.tables["products"].has("sku")
    assert set(found.unusable) == {"inventory"} and "menge (quantity)" in found.unusable["inventory"]
    assert "orders" in found.tables


@pytest.mark.parametrize(
    "data, told",
    [
        ({"product": {}}, "There is no table 'product'. Was products meant?"),
        ({"products": {"columns": {"skus": "x"}}}, "There is no field of products 'skus'. Was sku meant?"),
        ({"products": {"columns": {"sku": None}}}, "products: sku cannot be left out."),
        ({"products": {"columns": {"price": 7}}}, "products: price must be the name of a column."),
        ({"products": []}, "products: it must be an object"),
        ({"products": {"columns": []}}, "products: columns must be an object."),
        ({"products": {"tabel": "x"}}, "Was table meant?"),
        ({"sync_queue": 1}, "sync_queue: the name of the table must be text."),
        ([], "It must be an object"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_told(data: Any, told: str) -> None:
    with pytest.raises(ValueError) as refused:
        tables_from(data, "public")
    assert told in str(refused.value)


def test_names_are_quoted_whatever_they_are(bare: Erp) -> None:
    """A name is only ever a name, even one that reads like a statement."""
    wicked = 'x"; drop table victim; --'
    bare.sql("create table victim (id int)")
    quoted = '"' + wicked.replace('"', '""') + '"'
    bare.sql(f"create table {quoted} ({quoted} text, id serial primary key)")
    tables = tables_from(
        {"products": {"table": wicked, "columns": {"sku": wicked}}}
        | dict.fromkeys(("customers", "orders", "order_items", "inventory")),
        "public",
    )
    with bare.database() as database:
        install(database, tables)
        bare.sql(f"insert into {quoted} ({quoted}) values ('A')")
        remove(database, tables)
    assert bare.sql("select * from victim") == []


def test_what_the_settings_say() -> None:
    found = understood(
        {"SHOPIFY_AUTO_SYNC_ORDERS": " Yes ", "SHOPIFY_AUTO_SYNC_PRODUCTS": "perhaps", "SHOPIFY_STORE_URL": "", "X": "1"}
    )
    assert (found.orders, found.products, found.inventory, found.store_url) == (True, False, False, None)
    assert found.on("order_items") and dict(found.others) == {"X": "1"}
    assert found.problems == (
        "SHOPIFY_AUTO_SYNC_PRODUCTS in the table api_settings is 'perhaps': it must be true or false, and counts as false.",
    )


def test_a_view_is_left_out_and_the_rest_is_installed(bare: Erp) -> None:
    bare.sql(
        """
        create table products (id serial primary key, sku text); create table moves (id serial, product_id int, quantity int);
        create view inventory as select min(id) as id, product_id, sum(quantity) as quantity from moves group by product_id
        """
    )
    with bare.database() as database:
        done = install(database, bare.tables)
        assert "public.inventory is a view" in done.unusable["inventory"] and "table behind it" in done.unusable["inventory"]
        assert list(done.tables.by_entity) == ["products"]
        remove(database, bare.tables)
