"""Plug-ins that cannot be used are told in plain words, and never end in a traceback or in a run on half a configuration."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncdb.config.plug_ins import named_plug_ins
from syncdb.pairs import registry
from syncdb.pairs.plug_ins import enrol
from syncdb.services.validation import check_plug_ins, read_configurations
from syncdb.systems.check import CheckState
from syncdb.systems.plug_ins import PlugInUnusable, system_named
from tests.cli.test_start_up import loaded_by
from tests.pairs.installed import describe, install_example

PAIR = """
from dataclasses import replace
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.config.keys import Key
from syncdb.config.validators import text
from syncdb.systems.plug_ins import PlugIn
OWN = Key("odd_place", "ODD_PLACE", text, None, "Where.")
ODD = replace(SHOPIFY_GRIST, name="odd", title="Odd", command="odd", named_by="odd_place", also_named_by=(), job="odd",
    implementation="odd_work", keys=(OWN,), script="")
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The registry is one for the process."""
    kept = registry.PAIRS, registry.PLUG_INS, registry.PROBLEMS
    yield
    registry.PAIRS, registry.PLUG_INS, registry.PROBLEMS = kept


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on Python's path, in which packages can be installed."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def offer(packages: Path, module: str, source: str, name: str = "odd", group: str = "syncdb.pairs") -> None:
    """A package that offers the `IT` of a module."""
    (packages / f"{module}.py").write_text(source, encoding="utf-8")
    describe(packages, f"syncdb-{module}".replace("_", "-"), "2.1", {group: {name: f"{module}:IT"}})


def problem(name: str = "odd") -> str:
    """What is told of a plug-in that is named and cannot be used."""
    before = registry.PAIRS
    enrol([name])
    assert before == registry.PAIRS and registry.PLUG_INS == ()
    (told,) = registry.PROBLEMS
    assert (check := check_plug_ins()[0]).state is CheckState.FAILED and check.told == told and check.exit_code == 2
    return told


def test_one_that_is_not_installed(packages: Path) -> None:
    offer(packages, "odd_a", "", name="even")
    assert "no installed package offers odd (offered: even)" in problem()


def test_one_that_cannot_be_imported(packages: Path) -> None:
    offer(packages, "odd_b", "import a_package_that_is_not_there")
    told = problem()
    assert "odd of syncdb-odd-b 2.1 cannot be loaded (ModuleNotFoundError: No module named 'a_package_that_is_not_there')" in told


def test_one_that_wants_to_end_the_program(packages: Path) -> None:
    offer(packages, "odd_c", "raise SystemExit('not here')")
    assert "cannot be loaded (SystemExit: not here)" in problem()


def test_one_that_is_something_else(packages: Path) -> None:
    offer(packages, "odd_d", "IT = 3")
    assert "odd_d:IT must be a PlugIn" in problem()


def test_one_of_another_contract(packages: Path) -> None:
    offer(packages, "odd_e", f"{PAIR}\nIT = PlugIn(99, ODD)")
    assert "was written for contract 99" in problem()


def test_a_system_where_a_pair_should_be(packages: Path) -> None:
    offer(packages, "odd_f", f"{PAIR}\nIT = PlugIn(1, ODD.systems[0])")
    assert "must declare a PairType, not a System" in problem()


def test_two_packages_with_one_name(packages: Path) -> None:
    for module in ("odd_g", "odd_h"):
        offer(packages, module, f"{PAIR}\nIT = PlugIn(1, ODD)")
    assert "odd is offered by syncdb-odd-g 2.1 and syncdb-odd-h 2.1" in problem()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "uneven"}, "calls itself uneven"),
        ({"command": "grist"}, "another pair has its command, 'grist', already"),
        ({"job": ""}, "another pair has its job, '', already"),
    ],
)
def test_one_that_takes_what_another_pair_has(packages: Path, changes: dict[str, str], told: str) -> None:
    module = f"odd_i{abs(hash(told)) % 10**6}"
    offer(packages, module, f"{PAIR}\nIT = PlugIn(1, replace(ODD, **{changes!r}))")
    assert told in problem()


def test_one_whose_setting_means_something_else_already(packages: Path) -> None:
    own = 'Key("columns", "SHEET_COLUMNS", text, None, "Columns.")'
    offer(packages, "odd_j", f"{PAIR}\nIT = PlugIn(1, replace(ODD, keys=(OWN, {own})))")
    assert "the setting columns (SHEET_COLUMNS) means something else already" in problem()


def test_one_whose_command_is_the_managers(packages: Path) -> None:
    offer(packages, "odd_k", f"{PAIR}\nIT = PlugIn(1, replace(ODD, command='status'))")
    enrol(["odd"])
    registry.keep_out(["status"])
    assert registry.pair_named("odd") is None and registry.PLUG_INS == ()
    assert "status is a command already" in registry.PROBLEMS[0]


def test_one_whose_work_cannot_be_loaded_says_so_when_a_run_needs_it(packages: Path, tmp_path: Path) -> None:
    offer(packages, "odd_l", f"{PAIR}\nIT = PlugIn(1, ODD)")
    (packages / "odd_work.py").write_text("1 / 0", encoding="utf-8")
    enrol(["odd", "odd"])
    assert registry.PROBLEMS == () and [one.package for one in registry.PLUG_INS] == ["syncdb-odd-l 2.1"]
    (pair,) = (one for one in registry.PAIRS if one.name == "odd")
    usable, (check,) = read_configurations([pair], {}, {}, tmp_path, None)
    assert usable == [] and "cannot be loaded (ZeroDivisionError: division by zero)" in check.told
    assert "Install another version of syncdb-odd-l" in check.remedy


def test_no_run_of_any_pair_is_made_while_one_that_is_named_is_lacking(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"plugins": ["odd"], "odd_place": "here"}', encoding="utf-8")
    enrol(named_plug_ins(None, {"HOME": str(tmp_path)}, tmp_path))
    usable, checks = read_configurations(registry.PAIRS[:1], {}, {}, tmp_path, None)
    assert usable == [] and any("no installed package offers odd" in check.told for check in checks)


def test_they_are_named_by_environment_env_file_or_json(tmp_path: Path) -> None:
    assert named_plug_ins(None, {}, tmp_path) == ()
    (tmp_path / "config.json").write_text(json.dumps({"plugins": ["one", "two", "one"]}), encoding="utf-8")
    assert named_plug_ins(None, {}, tmp_path) == ("one", "two")
    (tmp_path / ".env").write_text("SYNCDB_PLUGINS=three, four\n", encoding="utf-8")
    assert named_plug_ins(None, {}, tmp_path) == ("three", "four")
    assert named_plug_ins(None, {"SYNCDB_PLUGINS": "five"}, tmp_path) == ("five",)
    assert named_plug_ins(None, {"SYNCDB_PLUGINS": "../evil"}, tmp_path) == ()


def test_a_system_alone_can_be_named_and_used_by_other_packages(packages: Path) -> None:
    install_example(packages)
    enrol(["json-file"])
    assert registry.PROBLEMS == () and "json_file" in registry.known_keys().by_name
    assert "the system of syncdb-toy 1.0 is in use" in check_plug_ins()[0].told
    assert system_named("json-file").title == "JSON file"
    with pytest.raises(PlugInUnusable, match="no installed package offers the system nothing"):
        system_named("nothing")


def test_nothing_that_finds_plug_ins_is_loaded_where_none_is_named() -> None:
    loaded = loaded_by("from syncdb.bootstrap import take_in_plug_ins; take_in_plug_ins(['status']); import syncdb.cli.commands")
    assert not {name for name in loaded if re.fullmatch(r"syncdb\.pairs\.plug_ins|importlib\.metadata", name)}
