"""The queue of an ERP's database as a page: what waits, what failed and why, and having it tried again."""

from pathlib import Path

import pytest

from syncdb.ledger.web.file import make, web_path
from syncdb.services.jobs import Jobs
from syncdb.web.asked import Site
from syncdb.web.login import Door
from syncdb.web.site import site_of
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld
from tests.web.pages.browsing import PASSWORD, logged_in, text_of


def test_what_waits_and_what_failed_is_shown_and_tried_again(erp: Erp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = ErpWorld(tmp_path, erp)
    path = web_path(world.ledger)
    make(path)
    site = Site(Door(path), Jobs(world.ledger, None, tmp_path), None, world.ledger, world.env, tmp_path, clock=world.clock)
    site.door.make("Oscar", "operator", PASSWORD, "the test", world.clock.now())
    app = site_of(site)
    operator = logged_in(site, app, "Oscar")
    stock = world.stock_up()
    world.switch("inventory")
    erp.sql("update inventory set quantity = 7 where id = %s", int(stock))
    page = operator.page("/queue")
    assert "Process 1 now" in page and "inventory SHIRT" in text_of(page) and "pending" in page
    erp.sql("update sync_queue set status = 'failed', retry_count = 5, error_message = '<b>refused</b>'")
    (row,) = erp.sql("select id from sync_queue")
    page = operator.page("/queue?failed=yes")
    assert "&lt;b&gt;refused" in page and f"Retry row {row['id']}" in page and "1 failed for good" in text_of(page)
    assert f"Row {row['id']} is tried again" in operator.done("/queue/retry", pair="erp", row=str(row["id"]))
    assert erp.sql("select status from sync_queue")[0]["status"] == "pending"
    assert operator.post("/queue/retry", pair="erp", row=str(row["id"])).status_code == 409  # it did not fail again
    assert operator.post("/queue/retry", pair="grist", row="1").status_code == 409
    erp.sql("""insert into sync_queue (entity_type, entity_id, status, error_message)
               select 'inventory', 'no ' || n, case n when 1 then 'failed' else 'processing' end, 'why'
               from generate_series(1, 30) n""")
    page = operator.page("/queue")
    assert page.count("Retry row") == 1 and page.index("inventory no 1<") < page.index("processing</span>") < page.index(
        "/queue?all=yes"
    )
    assert page.count('data-title="Row"') == 20 and operator.page("/queue?all=yes").count('data-title="Row"') == 31
    site.env = {**world.env, "ERP_DATABASE_URL": "postgresql://nobody:secret-of-erp@127.0.0.1:9/none", "DEADLINE_SECONDS": "1"}
    page = operator.page("/queue")
    assert "Cannot be read" in page and "secret-of-erp" not in page
    site.env = world.env
    world.switch("orders")
    id = world.erp_order("SO-1")
    world.synced()
    assert (
        "kept in step between both sides here" in text_of(operator.page("/orders")) and world.order_row(id)["shopify_order_name"]
    )
    assert "keeps no copies of orders" in text_of(operator.page("/missing"))
    assert "SO-1" in text_of(operator.page("/things?kind=orders&find=SO-1"))
    world.sandbox.close()
