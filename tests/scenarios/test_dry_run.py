"""`--test`: shows exactly what a run would do, and touches nothing."""

import csv
import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncdb.mapping import default_columns
from syncdb.sandbox.shopify.generate import new_order
from tests.scenarios.test_people import some_line
from tests.scenarios.world import World


def stir(world: World) -> None:
    """Changes of every kind since the last run."""
    gid, key = some_line(world)
    world.shop.set_note(gid, "=1+1 changed")
    new_order(world.shop, random.Random(4), world.sandbox.now(), 1)
    world.colleague.type(f"{world.letter('SKU')}{world.row_of(key)}", "overwritten")
    other = next(one for one in world.rows() if one != key)
    world.colleague.delete_rows(world.row_of(other))


def untouched(world: World) -> tuple[object, ...]:
    ledger = Path(world.env["DB_PATH"])
    beside = sorted(path.name for path in ledger.parent.iterdir() if path.name.startswith(ledger.name))
    return ledger.read_bytes() if ledger.exists() else None, beside, world.sandbox.spreadsheet.version, world.grid_or_none()


def first_use(world: World) -> None:
    """A shop that was never synced: no ledger, no tab."""


def after_a_while(world: World) -> None:
    world.synced()
    stir(world)


def another_column(world: World) -> None:
    world.synced()
    stir(world)
    world.env |= {"SHEET_COLUMNS": ",".join([*(name for name, _ in default_columns("line")), "shipping_zip", "order_number"])}


@pytest.mark.parametrize("prepare", [first_use, after_a_while, another_column])
@pytest.mark.parametrize("full", [False, True])
def test_the_real_run_does_exactly_what_the_dry_run_showed(
    make: Callable[..., World], prepare: Callable[[World], None], full: bool
) -> None:
    world = make(orders=25)
    prepare(world)
    world.pass_time(hours=1)
    before = untouched(world)
    dry = world.at_once(test=True, full=full)
    assert dry.code == 0 and dry.writes == 0
    assert untouched(world) == before
    real = world.at_once(full=full)
    assert real.code == 0 and real.data["plan_digest"] == dry.data["plan_digest"]


def test_its_files_say_what_would_be_written(world: World, tmp_path: Path) -> None:
    stir(world)
    rows = world.rows()
    dry = world.sync(test=True, as_json=False, full=True)
    folder = tmp_path / "test_output"
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    with (folder / "cells_to_change.csv").open(encoding="utf-8-sig", newline="") as file:
        changes = list(csv.DictReader(file))
    with (folder / "rows_to_append.csv").open(encoding="utf-8-sig", newline="") as file:
        added = list(csv.DictReader(file))
    assert plan["plan_digest"] and len(plan["operations"]) == len(added) + len({one["Line ID"] for one in changes})
    for one in changes:
        if one["Column"] == "SKU":
            assert one["Before"] == "overwritten" and one["Why"] == "changed+restored"
    assert {one["Column"] for one in changes} == {"SKU", "Note"}
    real = world.at_once(full=True)
    after = world.rows()
    assert real.counts["cells_changed"] == len(changes) and real.counts["rows_added"] == len(added)
    for one in changes:
        shown = after[one["Line ID"]][one["Column"]]
        assert one["After"].lstrip("'") == str(shown)
    assert {one["Line ID"] for one in added} == set(after) - set(rows)
    assert any(one["After"].startswith("'=") for one in changes), "a text that looks like a formula is made harmless in CSV"
    page = (folder / "summary.html").read_text(encoding="utf-8")
    assert "What a run would do now" in page and "overwritten" in page
    groups = {one["name"]: one for one in told(page)["groups"]}
    assert sum(len(one.get("rows", ())) for one in groups.values()) == len(added)
    assert sum(len(one.get("changes", ())) for one in groups.values()) == len(changes)
    names = {order["name"] for order in world.shop.orders.values()}
    assert set(groups) <= names, "changes, too, stand under their order's name"
    assert "Dry run" in dry.text and "summary.html" in dry.text


def told(page: str) -> Any:
    """What the page's script is given."""
    found = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    return json.loads(found[0])


def test_no_text_of_a_customer_becomes_part_of_the_page(world: World, tmp_path: Path) -> None:
    gid, _ = some_line(world)
    evil = "</script><img src=x onerror=alert(1)><!--\u2028 & \"quoted\" 'too'"
    world.shop.set_note(gid, evil)
    world.sync(test=True, full=True)
    page = (tmp_path / "test_output" / "summary.html").read_text(encoding="utf-8")
    assert "<img" not in page and "\u2028" not in page
    assert any(evil in change for one in told(page)["groups"] for change in one.get("changes", ()))


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this computer to look at the page with")
def test_a_browser_shows_finds_and_opens(make: Callable[..., World], tmp_path: Path) -> None:
    world = make(orders=30)
    world.sync(test=True)
    page = tmp_path / "test_output" / "summary.html"
    name = next(iter(world.shop.orders.values()))["name"]
    tried = tmp_path / "tried.html"
    act = f"words = [{name.lower()!r}]; draw(true); document.title = chosen.length + ' of ' + data.groups.length;"
    tried.write_text(page.read_text(encoding="utf-8") + f"<script>{act}</script>", encoding="utf-8")
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=5000",
        f"--user-data-dir={tmp_path / 'b'}",
    ]
    done = subprocess.run([str(BROWSER), *options, "--dump-dom", tried.as_uri()], capture_output=True, check=False, timeout=120)
    dom = done.stdout.decode("utf-8")
    assert f"of {len(world.shop.orders)}</title>" in dom, done.stderr[-500:]
    assert dom.count("<details") >= 1 and "<dl>" in dom and f"<b>{name}</b>" in dom


def test_a_guard_is_announced(world: World) -> None:
    world.colleague.delete_rows(2, len(world.rows()))
    dry = world.sync(test=True, full=True, as_json=False)
    assert dry.code == world.sync(full=True).code == 5 and "A real run would stop here" in dry.text
