"""Choosing what is kept in step: seen on real records first, tried, saved safely, and never more written without a password."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from syncdb.services.jobs import Jobs
from syncdb.web.asked import Site
from syncdb.web.login import Door
from syncdb.web.site import site_of
from tests.web.pages.browsing import PASSWORD, Visitor, logged_in, text_of
from tests.web.pages.conftest import Shown

CONFIG = """{
    "lookback_days": 20,

    "grist_sync": {"products": {}, "variants": {}, "orders": true},
    "shopify_writes": ["variants.price"]
}
"""


@dataclass
class Editable:
    """The pages over the lively ledger, whose mapping stands in a configuration file of its own."""

    site: Site
    file: Path

    def visitor(self, name: str) -> Visitor:
        return logged_in(self.site, site_of(self.site), name)


@pytest.fixture
def editable(lively: Shown, tmp_path: Path) -> Editable:
    file = tmp_path / "config.json"
    file.write_text(CONFIG, encoding="utf-8")
    door = tmp_path / "own.web.db"
    shutil.copy(lively.site.door.path, door)
    env = {name: value for name, value in lively.site.env.items() if name not in ("GRIST_SYNC", "SHOPIFY_WRITES")}
    jobs = Jobs(tmp_path / "own.db", file, tmp_path, env=env)
    return Editable(replace(lively.site, config=file, env=env, folder=tmp_path, jobs=jobs, door=Door(door)), file)


@pytest.fixture
def owner(editable: Editable) -> Visitor:
    return editable.visitor("Olga")


def ticked(page: str) -> list[str]:
    return re.findall(r'name="field" value="([^"]+)" checked', page)


def named(page: str) -> dict[str, str]:
    return {f"there:{name}": there for name, there in re.findall(r'name="there:([^"]+)" value="([^"]+)"', page)}


def test_a_column_is_renamed_added_seen_on_real_records_and_saved(editable: Editable, owner: Visitor) -> None:
    page = owner.page("/mapping/edit?pair=grist&kind=orders")
    fields = ticked(page)
    assert "order_name" in fields and "cancelled_at" not in fields and len(page) < 100_000
    form = named(page) | {"there:order_name": "Bestellung"}
    wished = [*fields, "cancelled_at"]
    seen = text_of(owner.done("/mapping/edit", pair="grist", kind="orders", field=wished, **form))
    order = re.search(r"#\d+", seen)
    assert order and "Bestellung" in seen and "Column then" in seen and seen.count(order[0]) >= 3
    file = editable.file
    assert file.read_text(encoding="utf-8") == CONFIG  # nothing counts yet
    saved = text_of(owner.done("/mapping/draft/save"))
    assert "Saved: grist_sync." in saved and "The version before is kept as config.json." in saved and "Bestellung" in saved
    text = file.read_text(encoding="utf-8")
    assert text.startswith('{\n    "lookback_days": 20,\n\n    "grist_sync": {') and file.stat().st_mode & 0o077 == 0
    held = json.loads(text)
    assert {"field": "order_name", "header": "Bestellung"} in held["grist_sync"]["orders"]["columns"]
    assert held["shopify_writes"] == ["variants.price"] and held["grist_sync"]["products"] == {}
    (kept,) = file.parent.glob("config.json.*.old")
    assert kept.read_text(encoding="utf-8") == CONFIG and kept.stat().st_mode & 0o077 == 0
    assert "Nothing is proposed." in owner.page("/mapping/draft")


def test_what_lets_more_be_written_asks_for_the_password_again(editable: Editable, owner: Visitor) -> None:
    page = text_of(owner.done("/mapping/writes", pair="grist", setting="shopify_writes", value="variants.price, products.title"))
    assert "More is written" in page and "products.title" in page and "Your password" in page
    refused = owner.post("/mapping/draft/save", password="a wrong one")
    assert refused.status_code == 409 and "not your password" in refused.text
    file = editable.file
    assert file.read_text(encoding="utf-8") == CONFIG
    assert "Saved: shopify_writes." in owner.done("/mapping/draft/save", password=PASSWORD)
    assert json.loads(file.read_text(encoding="utf-8"))["shopify_writes"] == ["variants.price", "products.title"]
    narrowed = text_of(owner.done("/mapping/writes", pair="grist", setting="shopify_writes", value=""))
    assert "More is written" not in narrowed
    owner.done("/mapping/draft/save")
    assert "shopify_writes" not in json.loads(file.read_text(encoding="utf-8"))


def test_a_rule_that_lets_the_shop_be_written_asks_too_and_one_that_cannot_be_used_is_refused(owner: Visitor) -> None:
    page = owner.page("/mapping/edit?pair=grist&kind=variants")
    fields = ticked(page)
    refused = owner.post("/mapping/edit", None, pair="grist", kind="variants", field=fields, **{"rule:price": "sum"})
    assert refused.status_code == 409 and "the rule sum is for counts of stock only" in refused.text
    assert "Nothing is proposed." in owner.page("/mapping/draft")
    mine = text_of(owner.done("/mapping/edit", pair="grist", kind="variants", field=fields, **{"rule:price": "shopify"}))
    assert "Price both; you are asked where both changed it Shopify alone" in mine and "More is written" not in mine
    owner.done("/mapping/draft/save")
    theirs = text_of(owner.done("/mapping/edit", pair="grist", kind="variants", field=fields, **{"rule:price": "grist-wins"}))
    assert "More is written" in theirs and "variants.price" in theirs


def test_a_change_made_meanwhile_by_hand_is_not_written_over(editable: Editable, owner: Visitor) -> None:
    owner.done("/mapping/edit", pair="grist", kind="variants", field=["price", "title"])
    file = editable.file
    by_hand = CONFIG.replace('"variants": {}', '"variants": {"table": "Sorts"}')
    file.write_text(by_hand, encoding="utf-8")
    refused = owner.post("/mapping/draft/save")
    assert refused.status_code == 409 and "changed meanwhile. Nothing was saved." in refused.text
    assert file.read_text(encoding="utf-8") == by_hand
    others = CONFIG.replace("20", "21")
    file.write_text(others, encoding="utf-8")
    owner.done("/mapping/draft/save")
    assert json.loads(file.read_text(encoding="utf-8"))["lookback_days"] == 21


def test_what_is_proposed_is_tried_by_a_run_of_its_own(editable: Editable, owner: Visitor) -> None:
    """What the run is told; that it does so is seen by the long test."""
    editable.site.jobs.program = ("true",)
    owner.done("/mapping/edit", pair="grist", kind="products", field=["title"])
    answer = owner.post("/mapping/draft/try", pair="grist")
    proposed = editable.file.with_name("config.proposed.json")
    assert json.loads(proposed.read_text(encoding="utf-8"))["grist_sync"]["products"]["fields"] == {"title": {}}
    assert proposed.stat().st_mode & 0o077 == 0
    job = editable.site.jobs.job(int(answer.headers["Location"].rpartition("/")[2]))
    assert job and f"--test --config {proposed}" in job.command
    owner.done("/mapping/draft/discard")
    assert not proposed.exists()


@pytest.mark.long
def test_a_dry_run_over_what_is_proposed_ends_well(disagreeing: Shown, tmp_path: Path) -> None:
    env = {name: value for name, value in disagreeing.site.env.items() if name not in ("GRIST_SYNC", "SHOPIFY_WRITES")}
    file = tmp_path / "config.json"
    file.write_text(CONFIG, encoding="utf-8")
    jobs = disagreeing.site.jobs
    jobs.env = {name: value for name, value in jobs.env.items() if name not in ("GRIST_SYNC", "SHOPIFY_WRITES")}
    site = replace(disagreeing.site, config=file, env=env)
    owner = logged_in(site, site_of(site), "Olga")
    owner.done("/mapping/edit", pair="grist", kind="products", field=["title"])
    answer = owner.post("/mapping/draft/try", pair="grist")
    number = int(answer.headers["Location"].rpartition("/")[2])
    for thread in list(jobs._waiting.values()):
        thread.join(60)
    ended = jobs.job(number)
    assert ended and ended.exit_code == 0, ended


def test_only_an_owner_changes_the_mapping_and_a_setting_of_the_environment_is_left(editable: Editable, owner: Visitor) -> None:
    operator = editable.visitor("Oscar")
    assert (
        "/mapping/edit" not in operator.page("/mapping")
        and operator.get("/mapping/edit?pair=grist&kind=orders").status_code == 403
    )
    assert operator.post("/mapping/edit", pair="grist", kind="orders", field=["order_name"]).status_code == 403
    env = editable.site.env
    editable.site.env = {**env, "GRIST_SYNC": '{"orders": true}'}
    told = owner.get("/mapping/edit?pair=grist&kind=orders")
    assert told.status_code == 409 and "counts before config.json" in told.text
    assert owner.post("/mapping/edit", pair="grist", kind="orders", field=["order_name"]).status_code == 409
    editable.site.env = env


def test_fields_of_a_column_list_hold_no_surprise(owner: Visitor) -> None:
    hostile = "<script>alert(1)</script>"
    page = owner.page("/mapping/edit?pair=grist&kind=orders")
    fields = ticked(page)
    shown = owner.done("/mapping/edit", pair="grist", kind="orders", field=fields, more="attribute:gift", more_there=hostile)
    assert hostile not in shown and "&lt;script&gt;" in shown
    assert owner.post("/mapping/edit", pair="grist", kind="orders", field=fields, more="../../etc").status_code == 409
    assert owner.post("/mapping/edit", pair="grist", kind="nothing", field=fields).status_code == 409
