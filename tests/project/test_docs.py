"""The documentation tells all there is and nothing that is not: settings, variables, exit codes, options, files and links."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from syncdb.errors import Exit
from syncdb.pairs.registry import known_keys

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DOCS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
SCRIPTS = sorted(path.name for path in ROOT.glob("*.py") if path.name != "wsgi.py")  # that one is started by a server


def rows(text: str, columns: int) -> list[list[str]]:
    """The rows of all tables with that many columns, without their heads."""
    tables = re.findall(r"^\|[-|: ]+\|\n((?:\|.*\|\n?)+)", text, re.MULTILINE)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for table in tables for line in table.splitlines()]
    return [row for row in cells if len(row) == columns]


def test_every_setting_is_explained_with_its_variable_default_and_meaning() -> None:
    told = {row[0].strip("`"): row for row in rows(DOCS["configuration.md"], 4)}
    assert list(told) == [key.name for key in known_keys().all] and len(told) > 20
    for key in known_keys().all:
        name, env, default, meaning = told[key.name]
        assert (env, meaning) == (f"`{key.env}`", key.meaning)
        if key.default is not None:
            shown = str(key.default).lower() if isinstance(key.default, bool) else str(key.default)
            assert default == f"`{shown}`", name


def test_the_template_of_dotenv_names_every_variable_and_no_other() -> None:
    content = (ROOT / ".env.template").read_text(encoding="utf-8")
    named = re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", content, re.MULTILINE)
    assert sorted(name for name, _ in named) == sorted(key.env for key in known_keys().all)
    values = dict(named)
    for key in known_keys().all:
        if key.default is not None:
            assert values[key.env] == (str(key.default).lower() if isinstance(key.default, bool) else str(key.default))


def test_every_exit_code_is_told() -> None:
    expected = [f"{code.value}" for code in Exit]
    assert [row[0] for row in rows(DOCS["exit-codes.md"], 4)] == expected and len(expected) >= 8
    assert [row[1].strip("`") for row in rows(DOCS["exit-codes.md"], 4)] == [code.name for code in Exit]
    assert [row[0] for row in rows(README, 2) if row[0].isdigit()] == expected


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_option_of_a_script_is_told(script: str) -> None:
    env = os.environ | {"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    shown = subprocess.run(
        [sys.executable, script, "--help"], cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert shown.returncode == 0, shown.stderr
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", shown.stdout)) - {"--help"}
    assert options, f"{script} --help shows no option"
    missing = {option for option in options if f"{option}`" not in README and f"{option} " not in README}
    assert not missing


def test_no_option_is_promised_that_does_not_exist() -> None:
    known = {"--help"}
    for script in SCRIPTS:
        shown = subprocess.run([sys.executable, script, "--help"], cwd=ROOT, capture_output=True, check=False).stdout
        known |= set(re.findall(r"--[a-z][a-z-]+", shown.decode("utf-8", "replace")))
    promised = set(re.findall(r"`(--[a-z][a-z-]+)", README))
    assert promised and promised <= known


def test_every_variable_of_the_environment_is_told() -> None:
    read: set[str] = set()
    for path in [*(ROOT / "syncdb").rglob("*.py"), *ROOT.glob("*.py")]:
        if "sandbox" not in path.parts:
            content = path.read_text(encoding="utf-8")
            read |= set(re.findall(r"(?:environ(?:\.get\(|\[)|getenv\()\s*[\"']([A-Z_]+)[\"']", content))
    assert "SYNCDB_VENV" in read
    foreign = {"TERM", "NO_COLOR", "HOME", "PATH", "XDG_CONFIG_HOME"}  # of the system, understood as everywhere
    foreign.add("PGDATESTYLE")  # set for the driver, never read
    # of a request, as a web server tells it
    foreign |= {"PATH_INFO", "REQUEST_METHOD", "CONTENT_LENGTH", "SERVER_PORT", "REMOTE_ADDR"}
    foreign |= {name for name in read if name.startswith("HTTP_")}
    assert {name for name in read - foreign if f"`{name}`" not in DOCS["configuration.md"]} == set()


def test_every_link_leads_somewhere() -> None:
    examined = 0
    for folder, text in [(ROOT, README), (ROOT, CONTRIBUTING), *((ROOT / "docs", text) for text in DOCS.values())]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            examined += 1
            assert (folder / target).is_file(), target
    assert examined > 15


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    reached, todo = set[str](), set(re.findall(r"\]\(docs/([\w-]+\.md)", README))
    while todo - reached:
        page = sorted(todo - reached)[0]
        reached.add(page)
        todo |= set(re.findall(r"\]\(([\w-]+\.md)", DOCS.get(page, "")))
    assert reached >= {"configuration.md", "exit-codes.md", "scheduling.md", "set-up.md", "trouble.md"}


def test_what_the_readme_calls_files_are_files() -> None:
    named = set(re.findall(r"`((?:config_template|\.env|run|shopify_sheets_sync|run_test_sync|syncdb/)[\w./]*)`", README))
    named = {name for name in named if name not in (".env",)}
    assert len(named) >= 3
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_term_is_defined_where_the_glossary_says() -> None:
    defined = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "syncdb").rglob("*.py") if "sandbox" not in path.parts
    )
    terms = rows(DOCS["glossary.md"], 3)
    assert len(terms) > 40
    for term, _, where in terms:
        name = where.strip("`")
        there = (ROOT / name).exists() if "/" in name else re.search(rf"^(class|def) {name}\b", defined, re.MULTILINE)
        assert there, f"{term}: {where} is not there"


def test_where_things_go_is_there_and_fits_on_a_screen() -> None:
    named = re.findall(r"`((?:syncdb|tests|docs)/[\w./]*|[\w.]+\.(?:txt|toml))`", CONTRIBUTING)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
    rooms = {path.name for path in (ROOT / "syncdb").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= set(re.findall(r"`(\w+)/`", CONTRIBUTING))
    assert len(CONTRIBUTING.splitlines()) <= 50
