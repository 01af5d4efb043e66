"""A run that finds nothing new is mostly its own start: what it does not need is not loaded for it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_NEEDED = {
    *("graphql", "jinja2", "msgspec", "psycopg", "pydantic", "rich", "sqlite_utils", "typer", "werkzeug"),
    *("syncdb.connectors.grist", "syncdb.connectors.shopify.bulk", "syncdb.connectors.shopify.catalogue.catalogue"),
    *(
        "syncdb.connectors.shopify.keeping",
        "syncdb.connectors.shopify.ordering",
        "syncdb.connectors.shopify.reading",
        "syncdb.sandbox",
    ),
}


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


def test_what_a_run_does_not_need_is_not_loaded(loaded: set[str]) -> None:
    assert loaded_by(f"import {', '.join(sorted(NOT_NEEDED))}") >= NOT_NEEDED, "these are their right names"
    assert not loaded & NOT_NEEDED


def test_what_applies_migrations_is_loaded_where_there_are_some(tmp_path: Path) -> None:
    opening = (
        f"from syncdb.ledger.file import open_for_writing as o; from pathlib import Path; o(Path({str(tmp_path / 'l.db')!r}))"
    )
    assert "sqlite_utils" in loaded_by(opening), "a new ledger has them all before it"
    assert "sqlite_utils" not in loaded_by(opening)
