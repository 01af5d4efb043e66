"""A run that finds nothing new is mostly its own start: what it does not need is not loaded for it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_NEEDED = ("graphql", "jinja2", "psycopg", "pydantic", "syncdb.connectors.grist", "syncdb.sandbox", "typer", "werkzeug")


def loaded_by(statement: str) -> set[str]:
    """Every module that is there after a statement in a new process."""
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return loaded_by("import syncdb.cli.run_pair, syncdb.pairs.registry as r; r.pair_named('sheets').load_implementation()")


def test_what_a_run_needs_is_there(loaded: set[str]) -> None:
    assert {"gspread", "requests", "syncdb.orders.order_sync", "syncdb.connectors.google_sheets.connector"} <= loaded


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_what_a_run_does_not_need_is_not_loaded(loaded: set[str], name: str) -> None:
    assert name in loaded_by(f"import {name}"), f"{name} is not looked for by its right name"
    assert name not in loaded
