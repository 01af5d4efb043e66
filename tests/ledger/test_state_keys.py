"""What the ledger remembers under a name is spelt in one place: two parts never keep different things under the same one."""

import ast
import inspect
from pathlib import Path

from syncdb.ledger import state_keys

ROOT = Path(__file__).parents[2] / "syncdb"
# migrations tell what stood in older ledgers
SPELT = {ROOT / "ledger" / "state_keys.py", ROOT / "ledger" / "schema.py"}
CONSTANTS = {value for name, value in vars(state_keys).items() if name.isupper()}
FUNCTIONS = [function for _, function in inspect.getmembers(state_keys, inspect.isfunction)]


def patterns() -> list[str]:
    """What each function's names begin or end with."""
    made = [function(*("\0" for _ in inspect.signature(function).parameters)) for function in FUNCTIONS]
    return [name.replace("\0", "") or name for name in made]


def spelt(path: Path) -> list[str]:
    """The names of the ledger's state that a file spells by itself."""
    beginnings = tuple(pattern.split(":")[0] + ":" for pattern in patterns() if ":" in pattern)
    texts = [node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)]
    words = [text for text in texts if isinstance(text, str)]
    # "shop" and the like are words of many meanings: only names that can be nothing else are looked for
    telling = {name for name in CONSTANTS if ":" in name or "_" in name} - {"ledger_id", "made_at", "checked_at"}
    return [word for word in words if word in telling or (word.startswith(beginnings) and " " not in word)]


def test_no_name_stands_for_two_things() -> None:
    made = [function(*("\0" for _ in inspect.signature(function).parameters)) for function in FUNCTIONS]
    assert len({*made, *CONSTANTS}) == len(made) + len(CONSTANTS) > 20


def test_a_name_is_spelt_in_one_place_only() -> None:
    # what a command prints has names of its own
    elsewhere = {"sandbox", "cli"}
    files = [path for path in sorted(ROOT.rglob("*.py")) if path not in SPELT and not elsewhere & set(path.parts)]
    assert len(files) > 200 and spelt(ROOT / "ledger" / "state_keys.py")
    assert {str(path.relative_to(ROOT)): found for path in files if (found := spelt(path))} == {}
