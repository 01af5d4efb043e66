"""The folder of a fleet: a template with differences, folders of their own, and every problem told at once."""

import json
from pathlib import Path

import pytest

from syncdb.errors import ConfigurationError
from syncdb.fleet.layout import Bucket, read_plan, write_configs
from syncdb.fleet.running import environment

TOML = """
every = 30
home = "alpha"
[buckets]
google-main = 4
google-project = { runs = 9, system = "google", requests = 300 }
[template]
shopify_api_version = "2026-10"
workbook = "orders.xlsx"
[shops.mugs]
buckets = ["google-main"]
secrets = { shopify_access_token = "MUGS_TOKEN" }
settings = { shopify_store_name = "mugs" }
[shops.cups]
home = "beta"
every = 15
"""


def test_shops_come_from_the_file_and_from_folders(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "shops" / "jars").mkdir(parents=True)
    (tmp_path / "shops" / "jars" / "config.json").write_text("{}", encoding="utf-8")
    plan = read_plan(tmp_path)
    assert [(one.name, one.home, one.every, one.buckets) for one in plan.shops] == [
        ("cups", "beta", 15, ()),
        ("jars", "alpha", 30, ()),
        ("mugs", "alpha", 30, ("google-main",)),
    ]
    assert plan.buckets == (Bucket("google-main", 4), Bucket("google-project", 9, "google", 300))
    (written,) = write_configs(plan)
    assert written == tmp_path / "shops" / "mugs" / "config.json" and write_configs(plan) == []
    assert json.loads(written.read_text(encoding="utf-8")) == {
        "shopify_api_version": "2026-10",
        "workbook": "orders.xlsx",
        "shopify_store_name": "mugs",
    }
    written.write_text("{}", encoding="utf-8")
    assert write_configs(plan) == [written] and (written.parent / "config.json.old").read_text(encoding="utf-8") == "{}"


def test_a_run_gets_its_shop_s_secrets_and_no_other_setting_of_the_worker(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(TOML, encoding="utf-8")
    env = {"MUGS_TOKEN": "shpat_1", "SHOPIFY_STORE_NAME": "somebody-else", "SYNCDB_CONFIG": "/x", "PATH": "/bin"}
    assert environment(read_plan(tmp_path).shop("mugs"), env) == {
        "MUGS_TOKEN": "shpat_1",
        "SHOPIFY_ACCESS_TOKEN": "shpat_1",
        "PATH": "/bin",
    }


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text('evry = 5\n[shops.Mugs]\nevery = 0\nbuckets = ["gone"]\nhom = "x"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError) as told:
        read_plan(tmp_path)
    assert len(told.value.problems) == 5 and "there is no bucket gone" in str(told.value)
    wrong = 'a = 0\nb = { system = "gogle" }\nc = { requests = 9 }\nd = { system = "sentos", runs = true, most = 3 }\n'
    (tmp_path / "fleet.toml").write_text(f"[buckets]\n{wrong}", encoding="utf-8")
    with pytest.raises(ConfigurationError) as told:
        read_plan(tmp_path)
    assert len(told.value.problems) == 5 and "requests are counted: google, sentos" in str(told.value)
    wrong = '[template]\nlookback_days = "soon"\nworkbok = "x.xlsx"\n[shops.a]\nsettings = { shopify_stor_name = "a" }\n'
    wrong += 'secrets = { shopify_token = "T" }\n[shops.b]\nsettings = { plugins = ["mine"], of_mine = 1 }\n'
    (tmp_path / "fleet.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(ConfigurationError) as told:
        read_plan(tmp_path)
    assert len(told.value.problems) == 4 and "template: workbok is not a setting. Did you mean workbook?" in str(told.value)
    (tmp_path / "fleet.toml").write_text("every = \n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        read_plan(tmp_path)
