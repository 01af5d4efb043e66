"""The connector and the pair keep what every one of them must. The suites come with syncdb."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from syncdb_toy.pair import TOY
from syncdb_toy.plug_in import PAIR, SYSTEM
from syncdb_toy.system import JSON_FILE, GoodsFile

from syncdb.contract.connector import Contract
from syncdb.contract.own_ids import Linked
from syncdb.contract.pair import PairContract
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Attempt, Outcome, Result, Side
from syncdb.pairs.base import PairType
from syncdb.systems.plug_ins import CONTRACT
from syncdb.values import Value, decode, encode


class Forgetful(GoodsFile):
    """Loses the answer to a write when told to."""

    losing: bool | None = None

    def write(self, attempt: Attempt) -> list[Outcome]:
        losing, self.losing = self.losing, None
        if losing is not False:
            outcomes = super().write(attempt)
        return outcomes if losing is None else [Outcome(Result.UNKNOWN) for _ in attempt.operations]


class FileStage:
    """A file in a folder of its own. The file gives ids, so what stands there is known by the key that it was made for."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.path = folder / "goods.json"
        self.path.write_text('{"given": 0, "goods": {}}', encoding="utf-8")
        self.file = Forgetful(self.path, "shelf", "Shelf")
        self.connector = Linked(self.file, Side.RIGHT, Joins.of(ledger, "p"))

    def shows(self) -> dict[str, dict[str, Value]]:
        goods = json.loads(self.path.read_text(encoding="utf-8"))["goods"].values()
        rows = [{name: decode(value) for name, value in row.items()} for row in goods]
        return {str(row["key"]): row for row in rows}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        stored = json.loads(self.path.read_text(encoding="utf-8"))
        (row,) = (row for row in stored["goods"].values() if row["key"] == key)
        row[field] = encode(value)
        self.path.write_text(json.dumps(stored), encoding="utf-8")

    def lose_next_answer(self, *, applied: bool) -> None:
        self.file.losing = applied


class TestGoodsFile(Contract):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[FileStage]:
        with Ledger.open(tmp_path / "ledger.db", datetime(2026, 11, 1, tzinfo=UTC)) as ledger:
            yield FileStage(tmp_path, ledger)


class TestPair(PairContract):
    @pytest.fixture
    def pair(self) -> PairType:
        return TOY


def test_the_entry_points_declare_them_for_this_contract() -> None:
    assert (PAIR.declares, SYSTEM.declares) == (TOY, JSON_FILE)
    assert PAIR.contract == SYSTEM.contract == CONTRACT
