"""Whatever is fed in (files, arguments, answers, cells): a clear answer, a documented exit code, no traceback, no write."""

import json
import random
import string
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import main, run
from syncdb.errors import Exit
from syncdb.sandbox.faults import Seen
from tests.reliability.judged import Judged
from tests.reliability.oracle import examined
from tests.reliability.world import BEGIN

ROUNDS = 150
CODES = {int(code) for code in Exit} - {int(Exit.DEFECT)}
SCRAPS: list[Any] = [
    None, True, False, 0, -1, 10**30, 1e308, "", " ", "\0", "=1+1", "null", [], {}, [[]], "x" * 70_000,
    "\ud800", "٣", "2026-10", {"a": 1}
]  # fmt: skip


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    monkeypatch.chdir(tmp_path)
    made = Judged(tmp_path, 3, BEGIN)
    assert made.run().code == 0
    made.shop(0, 1)
    yield made
    made.close()


def mutated(value: Any, rng: random.Random) -> Any:
    """The same JSON with one thing in it replaced, dropped, doubled or renamed."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        made = dict(value)
        name = rng.choice(list(made))
        match rng.randrange(6):
            case 0:
                del made[name]
            case 1:
                made[name] = rng.choice(SCRAPS)
            case 2:
                made[rng.choice(("extra", "", name.upper()))] = made.pop(name)
            case _:
                made[name] = mutated(made[name], rng)
        return made
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        match rng.randrange(4):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return [*value, value[at]]
            case _:
                return [*value[:at], mutated(value[at], rng), *value[at + 1 :]]
    return rng.choice(SCRAPS)


def spoilt(text: str, rng: random.Random) -> bytes:
    """JSON text broken as text: cut, with a byte changed, or not UTF-8."""
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    match rng.randrange(3):
        case 0:
            return bytes(raw[: rng.randrange(len(raw) + 1)])
        case 1:
            raw[rng.randrange(len(raw))] = rng.randrange(256)
            return bytes(raw)
    return b"\xff\xfe" + bytes(raw)


# --- files and arguments


def test_any_configuration_file(judged: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    world, rng, refused = judged.world, random.Random(5), 0
    good = {"columns": ["order_name", {"field": "sku", "header": "Article"}], "lookback_days": 30, "rows": "line",
            "deleted_rows": "restore", "target_worksheet": "Fuzz", "overlap_minutes": 15, "log_customer_data": False}  # fmt: skip
    good |= {name.lower(): value for name, value in world.sandbox.environment().items()} | {
        "db_path": "fuzz.db",
        "log_file": "fuzz.log",
    }
    file = world.folder / "config.json"
    for number in range(ROUNDS):
        made = mutated(good, rng)
        text = json.dumps(made)
        file.write_bytes(spoilt(text, rng) if number % 3 == 0 else text.encode("utf-8"))
        writes = world.faults.count("sheets", "write")
        code = run("sheets", RunOptions(config=file, test=True), {}, world.clock)
        told = capsys.readouterr()
        assert code in CODES, (file.read_bytes()[:2000], told.out, told.err)
        assert "Traceback" not in told.out + told.err, (file.read_bytes()[:2000], told.out, told.err)
        assert world.faults.count("sheets", "write") == writes
        refused += code == Exit.CONFIGURATION
        examined["bad inputs"] += 1
        world.pass_time(60)
    assert refused > ROUNDS // 3


def test_any_service_account_file(judged: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    world, rng, refused = judged.world, random.Random(6), 0
    good = json.loads(world.sandbox.key_file.read_text(encoding="utf-8"))
    secret = good["private_key"].splitlines()[3]
    file = world.folder / "key.json"
    for number in range(ROUNDS // 2):
        text = json.dumps(mutated(good, rng))
        file.write_bytes(spoilt(text, rng) if number % 3 == 0 else text.encode("utf-8"))
        environment = (
            world.sandbox.environment() | world.env | {"GOOGLE_SERVICE_ACCOUNT_FILE": str(file), "DEADLINE_SECONDS": "5"}
        )
        code = run("sheets", RunOptions(test=True), environment, world.clock)
        told = capsys.readouterr()
        assert code in CODES, (text[:300], told.out, told.err)
        assert "Traceback" not in told.out + told.err and secret not in told.out + told.err
        refused += code != 0
        examined["bad inputs"] += 1
        world.pass_time(60)
    assert refused > 20


def test_any_arguments(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = random.Random(7)
    words = [
        "--test",
        "--config",
        "--lookback-days",
        "--full",
        "--force",
        "--json",
        "-v",
        "--",
        "-",
        "",
        "0",
        "-1",
        "9" * 40,
        "\0",
        "ü",
        "=1",
    ]
    for _ in range(ROUNDS // 3):
        given = [
            rng.choice(words) if rng.random() < 0.8 else "".join(rng.choices(string.printable, k=5))
            for _ in range(rng.randrange(1, 5))
        ]
        if "--help" in given:
            continue
        with pytest.raises(SystemExit) as left:
            main("sheets", given)
        told = capsys.readouterr()
        assert left.value.code in CODES, (given, told)
        assert "Traceback" not in told.out + told.err, given
        examined["bad inputs"] += 1


# --- answers of the servers


class Mutating:
    """Stands before an app and changes its answers. Reads only: what an app applied stays applied."""

    def __init__(self, app: Any, change: Callable[[Any, random.Random], Any], rng: random.Random, one_in: int) -> None:
        self.app, self.change, self.rng, self.one_in = app, change, rng, one_in
        self.system, self.changed, self.on, self.spoil = app.system, 0, False, True

    def kind(self, seen: Seen) -> str:
        return str(self.app.kind(seen))

    def error(self, fault_kind: str) -> Response:
        return self.app.error(fault_kind)  # type: ignore[no-any-return]

    def respond(self, request: Request) -> Response:
        response: Response = self.app.respond(request)
        if not self.on or response.status_code != 200 or self.rng.randrange(self.one_in):
            return response
        self.changed += 1
        body = self.change(response.get_json(), self.rng)
        data = spoilt(json.dumps(body), self.rng) if self.spoil and self.rng.random() < 0.1 else json.dumps(body).encode("utf-8")
        made = Response(data, 200, mimetype="application/json")
        for name in ("X-Shopify-API-Version",):
            if name in response.headers:
                made.headers[name] = response.headers[name]
        return made


def _between(judged: Judged, system: str, change: Callable[[Any, random.Random], Any], rng: random.Random) -> Mutating:
    server = judged.world.sandbox.server
    app = next(app for _, app in server._routes if app.system == system)
    made = Mutating(app, change, rng, 2)
    server._routes = [(prefix, made if one is app else one) for prefix, one in server._routes]
    server._locks[id(made)] = server._locks[id(app)]
    return made


def _meddled(answer: Any, rng: random.Random) -> Any:
    """An answer with something in its data replaced: in one part in three anywhere, else deep inside an order."""
    return mutated(answer, rng)


@pytest.mark.parametrize("system", ["shopify", "google"])
def test_any_answer(judged: Judged, system: str) -> None:
    """Answers that make no sense: no traceback, nothing of people's is touched, and once they make sense again all agrees.

    A value that was replaced by another that makes sense (a note by another note) is believed: nobody could know better.
    """
    between = _between(judged, system, _meddled, random.Random(8))
    defects = []
    for number in range(ROUNDS // 2):
        between.on = True
        kept = judged.world.sandbox.spreadsheet.kept()
        before = judged.people()
        try:
            ran = judged.world.sync(full=bool(number % 2))
        except AssertionError as trace:  # the world refuses tracebacks
            defects.append(str(trace)[-1500:])
            continue
        finally:
            between.on = False
        assert ran.code in CODES, ran.text
        if system == "shopify":
            judged.nothing_of_people_changed(before)
        else:
            judged.world.sandbox.spreadsheet.come_back(kept)
        examined["bad inputs"] += 1
    assert between.changed > ROUNDS // 2
    assert not defects, f"{len(defects)} defects, such as:\n" + "\n---\n".join(defects[:3])
    for ending in ("", "-wal", "-shm"):
        Path(f"{judged.world.ledger}{ending}").unlink(missing_ok=True)
    judged.other_ledger = True
    judged.world.sandbox.spreadsheet.come_back(kept)
    assert judged.world.sync(full=True, force=True).code == 0
    judged.agree()


def test_any_cells(judged: Judged) -> None:
    """A person fills managed cells, headers' neighbours and keys with scraps: no traceback, nobody's scrap is touched."""
    rng = random.Random(9)
    for number in range(ROUNDS // 3):
        which = rng.choice((6, 7, 10, 13, 14))
        judged.person(which, rng.randrange(50), rng.randrange(50))
        row, scrap = (
            judged.world.below(rng.randrange(50)),
            rng.choice(["#REF!", "=1/0", "'", "  ", "9" * 40, "\t", "=A1", "1e999", "ÿ\u202e"]),
        )
        column = judged.world.letter(judged.world.labels()[rng.choice(judged.world.columns)])
        judged.world.colleague.type(f"{column}{row}", scrap)
        ran = judged.run(full=True)
        assert ran.code in CODES, ran.text
        examined["bad inputs"] += 1
        del number
    sys.stderr.write(f"\nbad inputs: {examined['bad inputs']}\n")
    judged.agree()
