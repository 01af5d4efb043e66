"""A pair's name is never taken apart: what it stands for is registered. Only the migration of older ledgers reads names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "syncdb"
MIGRATION = ROOT / "ledger" / "schema.py"
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py")) if path != MIGRATION}
NEUTRAL = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ("ledger", "engine")]

TAKES_APART = {
    "partition",
    "rpartition",
    "split",
    "rsplit",
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "find",
    "index",
}
NAMES_A_PAIR = re.compile(r"""(^|[._])pair(_?(id|name))?$|\bpair\.(id|name)$|\[['"]pair['"]\]$""")
IN_SQL = re.compile(
    r"\bpair\s+(NOT\s+)?(LIKE|GLOB|REGEXP)\b"
    r"|\b(substr|instr)\s*\(\s*(\w+\.)?pair\b|\breplace\s*\(\s*(\w+\.)?pair\s*,\s*['\"]",
    re.IGNORECASE,
)
PREFIX = re.compile(r"""["'](sheets|grist|postgres|sentos|shopify):""")


def taken_apart(source: str) -> Iterator[str]:
    """Where a source takes the name of a pair apart, in Python or in SQL."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKES_APART:
            if NAMES_A_PAIR.search(ast.unparse(node.func.value)):
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif (
            isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and NAMES_A_PAIR.search(ast.unparse(node.value))
        ):
            yield f"line {node.lineno}: {ast.unparse(node)}"
    yield from (f"SQL: {found[0]}" for found in IN_SQL.finditer(source))


@pytest.mark.parametrize(
    "source",
    [
        "pair.partition(':')[0]",
        "row['pair'].startswith('x:')",
        "self.pair.rpartition(':')",
        "one.pair.name.split(':')",
        "pair.id[:6]",
        "q = \"SELECT 1 FROM journal WHERE pair NOT LIKE 'x:%'\"",
        "q = 'SELECT substr(record.pair, 1, 6) FROM record'",
    ],
)
def test_what_is_looked_for_would_be_found(source: str) -> None:
    assert list(taken_apart(source))


def test_no_name_of_a_pair_is_taken_apart() -> None:
    assert len(SOURCES) > 100
    assert {str(path.relative_to(ROOT)): found for path, text in SOURCES.items() if (found := list(taken_apart(text)))} == {}


def test_neither_the_ledger_nor_the_engine_knows_how_a_pair_is_named() -> None:
    assert len(NEUTRAL) > 30
    found = {str(path.relative_to(ROOT)): hits for path in NEUTRAL if (hits := PREFIX.findall(SOURCES[path]))}
    assert found == {}
