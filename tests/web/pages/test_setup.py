"""A pair set up in the browser: each step tried against the systems, secrets stored encrypted and never shown again."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from syncdb.ledger.web import jobs
from syncdb.ledger.web.file import make
from syncdb.ledger.web.jobs import Wanted
from syncdb.services.jobs import Jobs
from syncdb.web.asked import Site
from syncdb.web.login import Door
from syncdb.web.site import site_of
from tests.web.pages.browsing import PASSWORD, Visitor, logged_in, text_of
from tests.web.pages.conftest import Shown

ASKED: tuple[str, ...] = ("SHOPIFY_STORE_NAME", "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET", "SHOPIFY_ACCESS_TOKEN")
ASKED += ("GRIST_SERVER", "GRIST_API_KEY", "GRIST_DOCUMENT", "GRIST_SYNC", "SHOPIFY_WRITES")
ASKED += ("TARGET_SPREADSHEET", "GOOGLE_SERVICE_ACCOUNT_FILE", "SENTOS_API_URL")


NEW_KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)


@dataclass
class Fresh:
    """Nobody has set anything up; `known` are the answers that would work."""

    site: Site
    file: Path
    known: dict[str, str]
    owner: Visitor


@pytest.fixture
def fresh(lively: Shown, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Fresh:
    monkeypatch.chdir(tmp_path)
    door = tmp_path / "own.web.db"
    shutil.copy(lively.site.door.path, door)
    env = {name: value for name, value in lively.site.env.items() if name not in ASKED}
    env["SYNCDB_KEY_FILE"] = str(tmp_path_factory.mktemp("elsewhere") / "key")
    file = tmp_path / "config.json"
    site = replace(
        lively.site,
        config=None,
        db=tmp_path / "ledger.db",
        env=env,
        folder=tmp_path,
        door=Door(door),
        jobs=Jobs(tmp_path / "ledger.db", None, tmp_path, program=("true",), env=env),
    )
    return Fresh(site, file, {name: lively.site.env.get(name, "") for name in ASKED}, logged_in(site, site_of(site), "Olga"))


def test_grist_is_set_up_step_by_step(fresh: Fresh) -> None:
    owner, known = fresh.owner, fresh.known
    assert 'href="/setup/grist/1"' in owner.page("/setup")
    shop: dict[str, Any] = {
        "shopify_store_name": known["SHOPIFY_STORE_NAME"],
        "shopify_client_id": known["SHOPIFY_CLIENT_ID"],
        "shopify_client_secret": known["SHOPIFY_CLIENT_SECRET"],
    }
    page = owner.page("/setup/grist/1")
    assert "dev.shopify.com/dashboard" in page and 'type="password"' in page
    wrong = owner.post("/setup/grist/1", password=PASSWORD, do="keep", **shop | {"shopify_client_secret": "shpss_" + "0" * 32})
    assert wrong.status_code == 409 and "Does not work" in wrong.text and "0" * 32 not in wrong.text
    assert not fresh.file.exists() and shop["shopify_client_id"] in wrong.text
    assert owner.post("/setup/grist/1", password="a wrong one", do="keep", **shop).status_code == 409
    tested = owner.post("/setup/grist/1", password=PASSWORD, do="test", **shop)
    assert tested.status_code == 200 and "Works" in tested.text and not fresh.file.exists()
    page = owner.done("/setup/grist/1", password=PASSWORD, do="keep", **shop)
    assert "shopify_client_secret: stored, encrypted." in page and "The Grist server" in page
    place: dict[str, Any] = {"grist_server": known["GRIST_SERVER"], "grist_api_key": known["GRIST_API_KEY"]}
    page = owner.done("/setup/grist/2", password=PASSWORD, do="keep", **place)
    assert owner.post("/setup/grist/3", do="keep", grist_workspace="", grist_document="").status_code == 409
    page = owner.done("/setup/grist/3", do="keep", grist_workspace="", grist_document=known["GRIST_DOCUMENT"])
    assert "What may be written to the shop" in page
    assert owner.post("/setup/grist/4", do="keep", shopify_writes="inventory").status_code == 409  # without the password
    page = text_of(owner.done("/setup/grist/4", password=PASSWORD, do="keep", shopify_writes="inventory, variants.price"))
    assert "Start a test" in page and "4. Test" in page
    held = json.loads(fresh.file.read_text(encoding="utf-8"))
    assert held["shopify_writes"] == ["inventory", "variants.price"] and held["grist_document"] == known["GRIST_DOCUMENT"]
    assert not set(held) & {"shopify_client_secret", "grist_api_key"} and fresh.file.stat().st_mode & 0o077 == 0
    stored = fresh.file.with_name("secrets.json").read_text(encoding="utf-8")
    everything = "".join(owner.page(path) for path in ("/setup", *(f"/setup/grist/{step}" for step in range(1, 5)), "/settings"))
    for secret in (known["SHOPIFY_CLIENT_SECRET"], known["GRIST_API_KEY"]):
        assert secret not in stored + everything + fresh.file.read_text(encoding="utf-8")
    assert f"ends in {known['SHOPIFY_CLIENT_SECRET'][-4:]}" in everything
    assert "grist" in [one.pair.name for one in fresh.site.usable()]  # a run can begin
    assert "/sync/started/" in owner.post("/sync", pair="grist", mode="test").headers["Location"]


def test_where_nothing_was_done_yet_every_page_says_what_to_do_first(fresh: Fresh) -> None:
    told = text_of(fresh.owner.page("/setup"))
    assert "The configuration cannot be used" not in told and "target_spreadsheet : The spreadsheet" in told
    for path in ("/", "/decide", "/orders", "/orders/1001", "/things", "/errors", "/missing", "/report", "/mapping"):
        page = fresh.owner.page(path)
        assert "Nothing is set up yet" in page and 'class="button" href="/setup"' in page, path
    assert "Set it up on the page Set-up" in fresh.owner.post("/sync", pair="grist", mode="test").text
    fresh.site.env = {**fresh.site.env, **fresh.known}
    for path in ("/", "/orders", "/report"):
        assert "No run yet: test first" in fresh.owner.page(path)
    path, now = fresh.site.jobs.path, fresh.site.clock.now()
    make(path)
    job = jobs.add(path, Wanted("grist", "test", "grist --test", "web", "Olga"), now)
    jobs.end(path, job.id, 0, "It would append 3 rows.", (1,), now)
    assert "It would append 3 rows." in fresh.owner.page(f"/sync/started/{job.id}")  # the first test, before any ledger
    assert fresh.owner.page("/mapping") and fresh.owner.post("/missing").status_code == 409


def test_a_refused_step_keeps_what_was_typed_but_secrets(fresh: Fresh) -> None:
    """Also where it is one's own password that is wrong; and what no connection can tell is refused before it is kept."""
    owner, shop = fresh.owner, fresh.known["SHOPIFY_STORE_NAME"]
    token = "shpat_" + "0" * 32
    given: dict[str, Any] = {"do": "keep", "shopify_store_name": shop, "shopify_access_token": token}
    refused = owner.post("/setup/grist/1", password="not mine", **given)
    assert refused.status_code == 409 and "That is not your password. Type it again." in text_of(refused.text)
    assert f'value="{shop}"' in refused.text and token not in refused.text
    lacking = text_of(owner.post("/setup/grist/1", password=PASSWORD, do="keep", shopify_store_name=shop).text)
    assert "Access token, or Client id in its place: this is needed." in lacking
    fresh.site.env = {**fresh.site.env, **{name: fresh.known[name] for name in ASKED if not name.startswith("SHOPIFY_WRITES")}}
    refused = owner.post("/setup/grist/4", password=PASSWORD, do="keep", shopify_writes="everything")
    assert refused.status_code == 409 and "there is no field everything" in refused.text and not fresh.file.exists()
    assert 'value="everything"' in refused.text


def test_another_server_is_not_taken_for_grist(fresh: Fresh) -> None:
    given: dict[str, Any] = {"do": "keep", "grist_api_key": "0" * 40}
    elsewhere = f"{fresh.known['GRIST_SERVER']}/nothing"
    refused = fresh.owner.post("/setup/grist/2", password=PASSWORD, grist_server=elsewhere, **given)
    assert refused.status_code == 409 and f"Nothing answers as Grist at {elsewhere}" in refused.text
    assert not fresh.file.exists()


def test_an_answer_is_taken_away_and_what_stands_in_the_environment_is_left(fresh: Fresh) -> None:
    fresh.file.write_text('{"grist_workspace": 7, "grist_document": "Shop"}', encoding="utf-8")
    page = fresh.owner.page("/setup/grist/3")
    assert 'value="7"' in page
    fresh.site.env = {**fresh.site.env, "GRIST_SERVER": fresh.known["GRIST_SERVER"]}
    given: dict[str, Any] = {"grist_workspace": "", "grist_document": "Shop", "do": "keep", "anyway": "yes"}
    fresh.owner.done("/setup/grist/3", **given)
    assert json.loads(fresh.file.read_text(encoding="utf-8")) == {"grist_document": "Shop"}
    fresh.site.env = {**fresh.site.env, "GRIST_API_KEY": "0123456789abcdef0123456789"}
    refused = fresh.owner.post(
        "/setup/grist/2",
        password=PASSWORD,
        do="keep",
        anyway="yes",
        grist_api_key="x" * 30,
        grist_server=fresh.known["GRIST_SERVER"],
    )
    assert (
        refused.status_code == 409 and "GRIST_API_KEY stands in the environment" in refused.text and "x" * 30 not in refused.text
    )


def test_googles_key_file_is_sent_checked_and_kept_for_its_owner_only(fresh: Fresh, lively: Shown) -> None:
    key = Path(lively.site.env["GOOGLE_SERVICE_ACCOUNT_FILE"]).read_bytes()
    owner = fresh.owner
    assert "Google key file ✓" not in text_of(owner.page("/setup/sheets/1"))

    def sent(content: bytes, name: str) -> str:
        token = re.search(r'name="token" value="([^"]+)"', owner.page("/setup/sheets/2"))
        assert token
        data = {"token": token[1], "do": "keep", "google_service_account_file": (BytesIO(content), name)}
        headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        return owner.client.post("/setup/sheets/2", data=data, headers=headers, content_type="multipart/form-data").text

    for wrong in (b"{}", b"\xff\xfe\x00", b"x" * 30_000):
        page = text_of(sent(wrong, "key.json"))
        assert "Google Sheet: Google key file" in page and ".sent" not in page, page
        assert ("The file that was sent" in page) is (wrong == b"{}")
        assert [one.name for one in fresh.file.parent.glob("service_account*")] == []
    other = json.loads(key)
    stranger = {"client_email": "x" + other["client_email"]}
    for changed, told in ((stranger, "account not found"), ({"private_key": NEW_KEY}, "JWT Signature")):
        page = text_of(sent(json.dumps(other | changed).encode(), "key.json"))
        assert "Does not work" in page and told in page and "Keep these answers nevertheless" not in page, page
        assert not fresh.file.exists() and [one.name for one in fresh.file.parent.glob("service_account*")] == []
    sent(key, "../../../etc/passwd")
    kept = fresh.file.with_name("service_account.json")
    assert kept.read_bytes() == key and kept.stat().st_mode & 0o077 == 0
    assert json.loads(fresh.file.read_text(encoding="utf-8"))["google_service_account_file"] == "service_account.json"
    assert json.loads(key)["client_email"] in owner.page("/setup/sheets/3")  # with whom to share the spreadsheet


def test_a_tab_is_refused_that_google_would_not_make_and_another_one_says_what_becomes_of_the_rows(fresh: Fresh) -> None:
    owner, number = fresh.owner, 4
    fresh.site.env = {**fresh.site.env, **fresh.known}
    assert "Google Sheet: Tab" in owner.page(f"/setup/sheets/{number}")
    refused = owner.post(f"/setup/sheets/{number}", do="keep", target_worksheet="o" * 101)
    assert refused.status_code == 409 and "The tab for the orders must have at most 100 characters" in text_of(refused.text)
    assert not fresh.file.exists()
    fresh.site.env = {**fresh.site.env, "TABS_BY": "month"}
    refused = owner.post(f"/setup/sheets/{number}", do="keep", target_worksheet="o" * 95)
    assert refused.status_code == 409 and "at most 92 characters where there is a tab for each month" in text_of(refused.text)
    for name in ("bad/[tab]:*?", "o" * 92):  # Google takes any character
        told = owner.done(f"/setup/sheets/{number}", do="keep", target_worksheet=name)
        assert json.loads(fresh.file.read_text(encoding="utf-8"))["target_worksheet"] == name
        assert ("The rows that runs wrote to the tab before stay there" in told) is (name != "bad/[tab]:*?")


def test_what_is_said_of_an_answer_is_said_by_the_words_of_the_form(fresh: Fresh) -> None:
    page = text_of(fresh.owner.page("/setup/sheets/1"))
    assert "no write_ scope is needed" in page and "needs its write_ scope" not in page and "needless with Client id" in page
    assert "needs its write_ scope as well" in text_of(fresh.owner.page("/setup/grist/1"))
    given = {"shopify_store_name": "not a name", "shopify_access_token": "shpat_" + "0" * 32}
    told = text_of(fresh.owner.post("/setup/sheets/1", password=PASSWORD, do="keep", **given).text)
    assert "The shop's name must be" in told and "shopify_store_name must" not in told


def test_who_starts_runs_is_told_as_far_as_it_is_known(fresh: Fresh, lively: Shown) -> None:
    fresh.site.env, fresh.site.db = {**fresh.site.env, **fresh.known}, lively.world.ledger
    page = text_of(fresh.owner.page("/setup?pair=grist"))
    assert "5. Schedule looks so The last runs came about every" in page and "syncdb does not start them itself." in page
    assert "All five steps are done." not in page
    fresh.site.scheduling = True
    assert "This process starts the runs by itself." in text_of(fresh.owner.page("/setup?pair=grist"))


def test_only_an_owner_sets_up(fresh: Fresh) -> None:
    for name in ("Oscar", "Vera"):
        other = logged_in(fresh.site, site_of(fresh.site), name)
        assert other.get("/setup/grist/1").status_code == 403 and "/setup/grist/1" not in other.page("/setup")
        assert other.post("/setup/grist/1", password=PASSWORD, do="keep").status_code == 403
    for nothing in ("/setup/nothing/1", "/setup/grist/0", "/setup/grist/99"):
        assert fresh.owner.get(nothing).status_code == 404
