"""A file of goods as a system: what it declares of itself, and its connector."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.connectors.base import Changes
from syncdb.connectors.memory import MemoryConnector
from syncdb.model import Attempt, Outcome, Snapshot
from syncdb.systems.base import System
from syncdb.systems.questions import Question, Topic
from syncdb.values import decode, encode

JSON_FILE = System(
    name="json",
    title="JSON file",
    keys=(
        Key("json_file", "JSON_FILE", validators.path, None, "The file with the goods.", needed="Name the file with the goods."),
    ),
    topics=(
        Topic("file", (Question("json_file", "The file with the goods", option="--file", metavar="PATH"),), "A file of goods."),
    ),
)


class GoodsFile(MemoryConnector):
    """Goods in a JSON file, by ids that the file gives. It is written with each write, and only then.

    What a lost write left in it is found by looking at everything: goods with the same SKU are the same.
    """

    def __init__(self, path: Path, name: str, title: str) -> None:
        super().__init__(name, ids=f"{name}-")
        self.title, self.path = title, path
        self._read()

    def look(self, keys: Iterable[str]) -> Snapshot:
        self._read()
        return super().look(keys)

    def write(self, attempt: Attempt) -> list[Outcome]:
        self._read()  # somebody may have changed it since it was looked at
        outcomes = super().write(attempt)
        self._save()
        return outcomes

    def changes(self, cursor: str | None) -> Changes:
        """A file does not say what changed: everything may have."""
        return Changes({"goods": None}, "looked at")

    def put_back(self, seen: str) -> str:
        return ""

    def after_own_writes(self, cursor: str) -> str:
        return cursor

    def _read(self) -> None:
        stored = json.loads(self.path.read_text(encoding="utf-8"))
        self._given = int(stored["given"])
        self.rows = {id: {field: decode(value) for field, value in row.items()} for id, row in stored["goods"].items()}

    def _save(self) -> None:
        goods = {id: {field: encode(value) for field, value in row.items()} for id, row in self.rows.items()}
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps({"given": self._given, "goods": goods}, indent=1), encoding="utf-8")
        os.replace(part, self.path)
