"""Marked credentials and marked customers through runs of every kind; then everything that was written anywhere is searched."""

import base64
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.sandbox.faults import Fault
from tests.cli.conftest import Answer, manage
from tests.reliability.judged import Judged
from tests.reliability.oracle import examined
from tests.reliability.world import BEGIN

MARK = "Kanarienvogel"
PERSON = {
    "email": f"{MARK.lower()}.mail@example.org",
    "phone": "+4915550199887",
    "firstName": f"{MARK}vorname",
    "address1": f"{MARK}straße 77",
    "note": f"{MARK}notiz: bitte klingeln",
}
SECRET = "shpss_" + "c0ffee" * 5 + "ca"
WHAT = ("orders", "lines", "runs", "errors", "changes")
STATIC = "shpat_" + "deadbeef" * 4


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    monkeypatch.chdir(tmp_path)
    made = Judged(tmp_path, 2, BEGIN, in_memory=False)
    sandbox = made.world.sandbox
    client = sandbox.shopify.tokens.clients[sandbox.client_id]
    sandbox.client_secret = SECRET
    sandbox.shopify.tokens.add_client(sandbox.client_id, type(client)(SECRET))
    sandbox.shopify.tokens.add_token(STATIC)
    for gid in made.world.shop.orders:
        _mark(made, gid)
    yield made
    made.close()


def _mark(judged: Judged, gid: str) -> None:
    """Give an order a customer who can be recognised wherever it turns up."""
    shop = judged.world.shop
    order = shop.orders[gid]
    order["email"], order["phone"] = PERSON["email"], PERSON["phone"]
    for side in ("shippingAddress", "billingAddress"):
        if order[side]:
            order[side] = order[side] | {"firstName": PERSON["firstName"], "address1": PERSON["address1"]}
    shop.set_note(gid, PERSON["note"])


def _everything_written(judged: Judged) -> Iterator[tuple[str, bytes]]:
    """Every file, and what is in those that are archives; but not the account's key, which lies there by right."""
    for folder in (judged.world.folder, Path.cwd()):
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or file == judged.world.sandbox.key_file:
                continue
            yield str(file.relative_to(folder)), file.read_bytes()
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as archive:
                    yield from ((f"{file.name}:{name}", archive.read(name)) for name in archive.namelist())


FORMATS = ("csv", "json", "jsonl", "xlsx")
EXPORTS = [("export", "--what", what, "--output", f"{what}.{form}") for what in WHAT for form in FORMATS]
REPORTS = [("report", "--days", "9", "--output", f"report.{form}") for form in ("html", "txt", "json")]
ASKED = [("status",), ("orders",), ("errors",), ("missing",), ("check",), ("validate",), ("history", "#1001"), ("retry",),
         ("reset", "#1001"), ("sync",), ("schedule",), ("conflicts",)]  # fmt: skip
COPIES = [("backup", "--output", "copy.db"), ("restore", "copy.db", "--yes")]


def test_what_the_manager_writes_holds_no_secret(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports, reports, backups and every answer, with credentials in the environment as they are in use."""
    world = judged.world
    assert world.sync().code == 0
    world.shop.fail_order(next(iter(world.shop.orders)))
    assert world.sync(full=True).code == 3  # so that there are errors to export
    world.shop.heal(next(iter(world.shop.orders)))
    for name, value in (world.sandbox.environment() | world.env).items():
        monkeypatch.setenv(name, value)
    answers = dict[tuple[str, ...], Answer]()
    for arguments in [*EXPORTS, *REPORTS, *COPIES, *ASKED, *((*one, "--json") for one in ASKED)]:
        world.pass_time(hours=1)  # the shop's and Google's limits fill up again
        answers[arguments] = manage(*arguments)
    refused = [arguments for arguments in [*EXPORTS, *REPORTS, *COPIES] if answers[arguments].code != 0]
    assert not refused, [answers[one].all[-300:] for one in refused]
    files = dict(_everything_written(judged))
    wanted = [arguments[-1] for arguments in [*EXPORTS, *REPORTS]]
    assert [name for name in wanted if name not in files] == []
    answered = {" ".join(arguments): answer.all.encode("utf-8") for arguments, answer in answers.items()}
    _hold_no_secret(judged, files | answered)
    assert any(PERSON["email"].encode() in data for data in files.values()), "the search itself finds what is there"
    assert PERSON["email"].encode() in files["orders.xlsx:xl/worksheets/sheet1.xml"] + files.get(
        "orders.xlsx:xl/sharedStrings.xml", b""
    )


def _hold_no_secret(judged: Judged, written: dict[str, bytes]) -> None:
    secrets = _secrets(judged)
    for name, data in written.items():
        examined["bytes searched for secrets"] += len(data)
        for secret in secrets:
            assert secret not in data, f"{name} contains the secret {secret[:12]!r}..."
    assert examined["bytes searched for secrets"] > 100_000


def test_no_secret_and_no_customer_where_it_must_not_be(judged: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    world = judged.world
    said = [_run(judged, capsys, verbose=True), _run(judged, capsys, test=True), _run(judged, capsys, test=True, as_json=True)]
    for kind, where in (("unauthorized", "google"), ("unauthorized", "shopify"), ("refuse", "any"), ("html_200", "any"),
                        ("forbidden", "any"), ("apply_then_cut", "sheets write"), ("unavailable", "token")):  # fmt: skip
        world.faults.add(Fault(kind, where, times=None))  # type: ignore[arg-type]
        judged.shop(1, len(said))
        said.append(_run(judged, capsys, full=True, verbose=True))
        world.faults.clear()
        world.faults.land_late()
    static = {"SHOPIFY_ACCESS_TOKEN": STATIC, "SHOPIFY_CLIENT_SECRET": "", "SHOPIFY_CLIENT_ID": ""}
    for wrong in ({"SHOPIFY_CLIENT_SECRET": SECRET[:-2] + "zz"}, static,
                  {"SHOPIFY_ACCESS_TOKEN": "shpat_" + "0" * 30}, {"LOOKBACK_DAYS": STATIC}):  # fmt: skip
        said.append(_run(judged, capsys, env=wrong))
    for gid in list(world.shop.orders):
        world.shop.fail_order(gid)
        said.append(_run(judged, capsys, full=True))
        world.shop.heal(gid)
    said.append(_run(judged, capsys, verbose=True))
    spoken = "\n".join(said).encode("utf-8")
    files = dict(_everything_written(judged))
    logs = {name: data for name, data in files.items() if ".log" in name}
    assert logs and any("test_output" in name for name in files) and any(name.endswith("ledger.db") for name in files)
    _hold_no_secret(judged, {"what was printed": spoken, **files})
    for name, data in {"what was printed": spoken, **logs}.items():
        for what, value in PERSON.items():
            assert value.encode("utf-8") not in data, f"{name} contains the customer's {what}"
    assert any(PERSON["email"].encode() in data for data in files.values()), "the search itself finds what is there"


def _run(judged: Judged, capsys: pytest.CaptureFixture[str], env: dict[str, str] | None = None, **asked: bool) -> str:
    world = judged.world
    world.pass_time(hours=1)
    environment = (
        world.sandbox.environment() | world.env | {"SHEET_COLUMNS": ",".join([*world.columns, "customer_email"])} | (env or {})
    )
    run("sheets", RunOptions(**asked), environment, world.clock)  # type: ignore[arg-type]
    told = capsys.readouterr()
    return told.out + told.err


def _secrets(judged: Judged) -> list[bytes]:
    """Every credential in use, as it is and as it could be disguised."""
    sandbox = judged.world.sandbox
    key = json.loads(sandbox.key_file.read_text(encoding="utf-8"))["private_key"]
    plain = [SECRET, SECRET[:-2] + "zz", STATIC, "shpat_" + "0" * 30, *key.splitlines()[2:4]]
    plain += [*sandbox.shopify.tokens._granted, *sandbox.google.tokens._grants]
    found = {form for one in plain for form in (one, quote(one, safe=""), base64.b64encode(one.encode()).decode())}
    return [one.encode() for one in found]
