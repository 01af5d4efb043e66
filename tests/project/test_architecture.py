"""The house keeps its shape: imports point one way; only the parts meant for it print, speak SQL, send or see the clock."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "syncdb").rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

PURE = ("syncdb.values", "syncdb.model", "syncdb.engine.compare", "syncdb.engine.policy", "syncdb.engine.guards")
PURE += ("syncdb.engine.match", "syncdb.engine.capabilities", "syncdb.metafields")
IMPURE = {"asyncio", "http", "io", "logging", "os", "pathlib", "random", "requests", "secrets", "shutil", "socket"}
IMPURE |= {"sqlite3", "subprocess", "tempfile", "threading", "time", "urllib", "uuid"}

# what each room may import of the others, longest prefix first; what is not listed may import anything but the sandbox
FLOOR = (
    *("syncdb.errors", "syncdb.values", "syncdb.clock", "syncdb.decoding", "syncdb.programs"),
    *("syncdb.order_snapshot", "syncdb.snapshot_versions"),
)
FLOOR += ("syncdb.metafields", "syncdb.wording", "syncdb.folding")
DECIDING = ("syncdb.errors", "syncdb.values", "syncdb.model")
STORED = (*FLOOR, "syncdb.model", "syncdb.ledger", "syncdb.mapping", "syncdb.connectors", "syncdb.http", "syncdb.config")
SYSTEMS = (*FLOOR, "syncdb.model", "syncdb.http", "syncdb.config", "syncdb.connectors", "syncdb.ledger")
PAIRS = (*STORED, "syncdb.loading", "syncdb.engine", "syncdb.orders", "syncdb.systems", "syncdb.pairs")
ALLOWED: dict[str, tuple[str, ...]] = {
    "syncdb.errors": (),
    "syncdb.decoding": ("syncdb.errors",),
    "syncdb.values": (),
    "syncdb.programs": (),
    "syncdb.wording": (),
    "syncdb.loading": (),
    "syncdb.folding": (),
    "syncdb.clock": (),
    "syncdb.model": ("syncdb.values",),
    "syncdb.http": FLOOR,
    "syncdb.logs": (*FLOOR, "syncdb.http"),
    "syncdb.config": (*FLOOR, "syncdb.http"),
    "syncdb.mapping": (*FLOOR, "syncdb.model"),
    "syncdb.order_snapshot": ("syncdb.values",),
    "syncdb.snapshot_versions": ("syncdb.values",),
    "syncdb.metafields": ("syncdb.values",),
    "syncdb.ledger": (*FLOOR, "syncdb.model"),
    "syncdb.connectors": (
        *FLOOR,
        "syncdb.model",
        "syncdb.http",
        "syncdb.connectors.base",
        "syncdb.connectors.order_source",
        "syncdb.connectors.tabular",
    ),
    "syncdb.systems": SYSTEMS,
    "syncdb.engine.compare": DECIDING,
    "syncdb.engine.policy": (*DECIDING, "syncdb.engine.compare"),
    "syncdb.engine.guards": (*DECIDING, "syncdb.engine.compare", "syncdb.engine.policy"),
    "syncdb.engine": STORED,
    "syncdb.orders": (*STORED, "syncdb.engine"),
    "syncdb.pairs": PAIRS,
    "syncdb.contract": PAIRS,
    "syncdb.services": (*PAIRS, "syncdb.logs", "syncdb.services"),
    "syncdb.fleet": (*PAIRS, "syncdb.logs", "syncdb.services", "syncdb.fleet"),
    "syncdb.web": (*PAIRS, "syncdb.logs", "syncdb.services", "syncdb.fleet", "syncdb.web"),
}


def within(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


def part_of(module: str) -> str:
    """The part a module belongs to: a connector's package is a part of its own."""
    if module.startswith("syncdb.connectors."):
        return ".".join(module.split(".")[:3])
    listed = [part for part in ALLOWED if within(module, part)]
    return max(listed, key=len, default=".".join(module.split(".")[:2]))


def runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that counts while the program runs: all but what stands under `if TYPE_CHECKING`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield from runtime_nodes(child)


def imports(module: str) -> set[str]:
    """All that a module imports, wherever in it: our own as modules, others by their full names."""
    found: set[str] = set()
    for node in runtime_nodes(TREES[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{module} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name in MODULES} - {module}


def users_of(*packages: str) -> set[str]:
    return {name for name in MODULES if any(within(used, package) for used in imports(name) for package in packages)}


def outside(modules: set[str], *parts: str) -> list[str]:
    return sorted(name for name in modules if not any(within(name, part) for part in parts))


def test_there_is_something_to_examine() -> None:
    assert len(MODULES) > 40
    assert set(PURE) <= set(MODULES)
    assert sum(len(ours(name)) for name in MODULES) > 100


@pytest.mark.parametrize("part", ALLOWED)
def test_imports_point_one_way(part: str) -> None:
    examined = [name for name in MODULES if within(name, part) and (part_of(name) == part or part == "syncdb.connectors")]
    assert examined
    for name in examined:
        own = part_of(name)
        wrong = [used for used in ours(name) if not within(used, own) and not any(within(used, good) for good in ALLOWED[part])]
        assert not [used for used in wrong if used != "syncdb"], f"{name} imports {wrong}"


def test_nothing_of_the_product_knows_the_sandbox() -> None:
    assert any(within(name, "syncdb.sandbox") for name in MODULES)
    assert outside(users_of("syncdb.sandbox"), "syncdb.sandbox") == []


def test_what_stands_for_the_remote_systems_shares_no_code_with_what_it_tests() -> None:
    systems = (
        "syncdb.sandbox.shopify",
        "syncdb.sandbox.google",
        "syncdb.sandbox.grist",
        "syncdb.sandbox.sentos",
        "syncdb.sandbox.postgres",
    )
    stands_for = [name for name in MODULES if any(within(name, system) for system in systems)]
    assert len(stands_for) > 10
    assert [(name, used) for name in stands_for for used in ours(name) if not within(used, "syncdb.sandbox")] == []


def test_no_import_goes_round_in_a_circle() -> None:
    graph = {name: ours(name) for name in MODULES}
    # a package is loaded before what is in it, but lists it only for others: that is no circle
    for name, path in MODULES.items():
        if path.name == "__init__.py":
            graph = {user: used - {name} if within(user, name) else used for user, used in graph.items()}
    while leaves := [name for name, used in graph.items() if not used]:
        graph = {name: used - set(leaves) for name, used in graph.items() if name not in leaves}
    assert graph == {}


@pytest.mark.parametrize("module", PURE)
def test_what_decides_sees_no_clock_and_does_nothing(module: str) -> None:
    used = {name.split(".")[0] for name in imports(module)}
    assert used and not used & IMPURE
    calls = [node.func for node in ast.walk(TREES[module]) if isinstance(node, ast.Call)]
    assert calls
    assert not [call for call in calls if isinstance(call, ast.Attribute) and call.attr in ("now", "utcnow", "today")]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id in ("open", "print", "input", "exec", "eval")]


def prints(module: str) -> bool:
    """Whether a module writes to the terminal."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            return True
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.stdout":
            return True
    return any(within(used, "rich") or within(used, "typer") for used in imports(module))


def test_only_the_commands_print() -> None:
    printing = {name for name in MODULES if prints(name)}
    assert printing
    told = [
        f"syncdb.sandbox.{name}"
        for name in (
            "demo",
            "erp_demo",
            "grist_demo",
            "grist_story",
            "sentos_demo",
            "stores_by_hand",
            "stores_demo",
            "story",
            "web_demo",
            "workbook_demo",
            "__main__",
        )
    ]
    assert outside(printing, "syncdb.cli", *told) == []


def test_only_the_ledger_speaks_sql() -> None:
    speaking = users_of("sqlite3", "sqlite_utils")
    assert any(within(name, "syncdb.ledger") for name in speaking)
    assert outside(speaking, "syncdb.ledger", "syncdb.sandbox") == []


def test_only_its_connector_speaks_to_a_database_elsewhere() -> None:
    speaking = users_of("psycopg")
    assert "syncdb.connectors.postgres.database" in speaking
    # a fleet has a database of its own, which is no system of a pair
    assert outside(speaking, "syncdb.connectors.postgres", "syncdb.fleet", "syncdb.sandbox") == []


def test_only_the_connectors_send_requests() -> None:
    sending = users_of("requests", "gspread", "google.auth", "http.client", "urllib.request", "urllib3", "socket", "httpx")
    assert any(within(name, "syncdb.connectors.shopify") for name in sending)
    assert any(within(name, "syncdb.connectors.google_sheets") for name in sending)
    # who connects a system makes the session that it hands to a connector
    sessions = ("syncdb.systems.shopify.connecting",)
    assert outside(sending, "syncdb.http", "syncdb.connectors", *sessions, "syncdb.sandbox") == []


def test_what_shows_stands_above_what_answers() -> None:
    assert users_of("syncdb.services")
    assert outside(users_of("syncdb.cli"), "syncdb.cli", "syncdb.bootstrap", "syncdb.sandbox") == []


def test_only_the_web_room_knows_the_web_framework() -> None:
    serving = users_of("flask", "waitress")
    assert serving
    # the program that a WSGI server starts names what it gets
    assert outside(serving, "syncdb.web", "syncdb.bootstrap") == []
    assert outside(users_of("syncdb.web"), "syncdb.web", "syncdb.cli.hooks", "syncdb.cli.serve", "syncdb.bootstrap") == []


def test_only_what_describes_pairs_names_one() -> None:
    """Whatever serves every pair asks the registry: a new pair must not need another line there."""
    named = re.compile(r"grist|google|postgres|sentos|spreadsheet|shopify_sheets|\bsheets?\b", re.IGNORECASE)
    rooms = (
        "syncdb.config",
        "syncdb.engine",
        "syncdb.ledger",
        "syncdb.services",
        "syncdb.cli",
        "syncdb.web",
        "syncdb.pairs.opening",
        "syncdb.pairs.base",
    )
    # what a ledger of version 0.1 called its pairs is told once, when it is migrated; names under which things are kept stay
    apart = {"syncdb.ledger.schema", "syncdb.ledger.state_keys"}
    examined = [name for name in MODULES if name not in apart and any(within(name, room) for room in rooms)]
    assert len(examined) > 100
    found = {name: sorted({hit[0] for line in code_of(name) for hit in named.finditer(line)}) for name in examined}
    assert {name: words for name, words in found.items() if words} == {}


def code_of(module: str) -> Iterator[str]:
    """What the program does: its names and texts, without docstrings and comments."""
    tree = TREES[module]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and ast.get_docstring(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
