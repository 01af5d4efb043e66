"""The wheel, installed away from the source tree beside nothing but what it declares, does the whole job."""

import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from syncdb.sandbox.local import Sandbox
from tests.packaging.conftest import ROOT
from tests.packaging.environment import Environment

IMPORT_ALL = """
import importlib, pkgutil, sys, syncdb
found = pkgutil.walk_packages(syncdb.__path__, "syncdb.", onerror=lambda name: None)
names = [one.name for one in found if not one.name.startswith("syncdb.contract")]  # tests, which need pytest
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), syncdb.__file__)
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path, orders=12, products=4) as running:
        yield running


@pytest.fixture
def shop(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A folder as a user's is: settings that point to the sandbox, and nothing of the source tree."""
    sandbox.write_settings(tmp_path)
    return tmp_path


def test_it_holds_every_file_of_the_package_but_the_sandbox(wheel: Path) -> None:
    files = [path for path in (ROOT / "syncdb").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    product = {path.relative_to(ROOT).as_posix() for path in files if "sandbox" not in path.parts}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("/LICENSE")]
    assert packed == product and len(product) > 100
    assert any(not name.endswith(".py") for name in packed) and len(licences) == 1


def test_every_module_loads_beside_the_declared_packages_alone(installed: Environment, tmp_path: Path) -> None:
    done = installed.start("python", "-c", IMPORT_ALL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    count, where = done.stdout.split(" ", 1)
    assert int(count) > 100 and Path(where.strip()).is_relative_to(installed.packages)


def test_a_package_that_is_not_declared_is_not_there(installed: Environment, tmp_path: Path) -> None:
    for name in ("pytest", "hypothesis", "graphql", "setuptools"):
        done = installed.start("python", "-c", f"import {name}", cwd=tmp_path)
        assert done.returncode == 1 and "ModuleNotFoundError" in done.stderr, name


def test_both_ways_to_start_the_manager_show_the_same(installed: Environment, tmp_path: Path) -> None:
    command = installed.start("syncdb", "--help", cwd=tmp_path)
    module = installed.start("python", "-m", "syncdb", "--help", cwd=tmp_path)
    assert command.returncode == module.returncode == 0, command.stderr + module.stderr
    assert command.stdout == module.stdout and "Usage: syncdb [OPTIONS]" in command.stdout
    assert "sync_manager.py" not in command.stdout and re.search(r"Example:\S*syncdbstatus", "".join(command.stdout.split()))


def test_what_to_do_names_the_commands_that_are_there(installed: Environment, tmp_path: Path) -> None:
    assert installed.start("syncdb-sheets", "--help", cwd=tmp_path).stdout.startswith("Usage: syncdb-sheets")
    told = installed.start("syncdb-grist", "--help", cwd=tmp_path).stdout
    assert re.search(r"Example:\s+\S*syncdb-grist\s+--test", told), told


def test_a_dry_run_writes_its_pages_and_nothing_else(installed: Environment, sandbox: Sandbox, shop: Path) -> None:
    done = installed.start("syncdb-sheets", "--test", cwd=shop)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (shop / "test_output" / "summary.html").read_text(encoding="utf-8")
    assert "12 orders read" in " ".join(re.sub(r"<[^>]*>", " ", page).split())
    assert sandbox.spreadsheet.titled("Orders") is None and not (shop / "shopify_sync.db").exists()


def test_a_dry_run_of_the_document_as_well(installed: Environment, shop: Path) -> None:
    done = installed.start("syncdb-grist", "--test", cwd=shop)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((shop / "test_output").rglob("summary.html"))


def test_a_run_and_a_page_about_it(installed: Environment, shop: Path) -> None:
    done = installed.start("syncdb-sheets", cwd=shop)
    assert done.returncode == 0, done.stdout + done.stderr
    unknown = installed.start("syncdb", "history", "no such order", cwd=shop)
    assert unknown.returncode == 2 and re.search(r"See which orders there are: \S*syncdb orders", unknown.stderr), unknown.stderr
    page = installed.start("syncdb", "report", "--output", "report.html", cwd=shop)
    assert page.returncode == 0, page.stderr
    assert "<html" in (shop / "report.html").read_text(encoding="utf-8")
    exported = installed.start("syncdb", "export", "--output", "orders.xlsx", cwd=shop)
    assert exported.returncode == 0 and zipfile.is_zipfile(shop / "orders.xlsx"), exported.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="cron is not on Windows")
@pytest.mark.parametrize("pair", ["sheets", "grist"])
def test_the_line_for_cron_runs_what_is_installed(installed: Environment, shop: Path, pair: str) -> None:
    line = installed.start("syncdb", "schedule", "--pair", pair, "--kind", "cron", cwd=shop).stdout
    command = line.split(" ", 5)[5].replace("\\%", "%").replace("|| [ $? -eq 7 ]", "")
    done = subprocess.run(["/bin/sh", "-c", command], cwd="/", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, command + done.stderr
    with closing(sqlite3.connect(shop / "shopify_sync.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM sync_history WHERE pair LIKE ?", (f"{pair}%",)).fetchone()[0] > 0
