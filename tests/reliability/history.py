"""What the ledger says it did, held against what the servers received: the ledger is accused, the request log the witness."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.google_sheets.batch import BATCH, TOKEN_KEY
from tests.reliability.oracle import examined
from tests.reliability.world import ProofWorld


@dataclass(frozen=True, slots=True)
class Sent:
    """One batch as it came in: its token, the rows it inserts and the cells it sets in rows that stood there."""

    token: int
    value: str
    inserted: int
    cells: int
    applied: bool


def false_history(world: ProofWorld, *, exactly: bool) -> list[str]:
    """Where the ledger's journal and history of writes do not agree with what was received, as sentences.

    `exactly`: nobody edited in the moment of a write or before its outcome was known (the row may be gone by then), so that
    each cell and row that was written counts.
    """
    sent = list(_batches(world))
    applied = {one.token for one in sent if one.applied and one.value == BATCH} | set(_claimed(world))
    with closing(sqlite3.connect(f"{world.ledger.as_uri()}?mode=ro", uri=True)) as ledger:
        journal = {
            token: (purpose, state) for token, purpose, state in ledger.execute("SELECT token, purpose, state FROM journal")
        }
        counts = dict(ledger.execute("SELECT action, count(*) FROM cell_write GROUP BY action"))
    examined["batches held against the journal"] += len(sent)
    problems = [f"batch {one.token} was sent without an intent" for one in sent if one.token not in journal]
    problems += [f"intent {token} is still open" for token, (_, state) in journal.items() if state == "open"]
    for token, (purpose, state) in journal.items():
        if purpose == "records" and state == "done" and token not in applied:
            problems.append(f"write {token} is recorded as done, but was never applied")
        if purpose == "records" and state == "void" and token in applied and exactly:
            problems.append(f"write {token} is recorded as void, but was applied")
    records = {one.token: one for one in sent if one.value == BATCH and journal.get(one.token, ("",))[0] == "records"}
    rows = sum(one.inserted for one in records.values() if one.token in applied)
    cells = sum(one.cells for one in records.values() if one.token in applied)
    for what, told, real in (("rows added", counts.get("create", 0), rows), ("cells changed", counts.get("update", 0), cells)):
        if told > real or (exactly and told != real):
            problems.append(f"{what}: the ledger says {told}, the servers received {real}")
    return problems


def writes_open(world: ProofWorld) -> bool:
    """Whether the last run left a write whose outcome it does not know."""
    if not world.ledger.exists():
        return False
    with closing(sqlite3.connect(f"{world.ledger.as_uri()}?mode=ro", uri=True)) as ledger:
        return bool(ledger.execute("SELECT count(*) FROM journal WHERE state = 'open'").fetchone()[0])


def _batches(world: ProofWorld) -> Iterator[Sent]:
    for seen in world.all_received():
        body = seen.body_json
        if isinstance(body, dict) and seen.path.endswith(":batchUpdate"):
            requests = body.get("requests") or [{}]
            made = requests[0].get("createDeveloperMetadata", {}).get("developerMetadata", {})
            if made.get("metadataKey") == TOKEN_KEY:
                yield Sent(made["metadataId"], made["metadataValue"], *_sizes(requests), seen.applied)


def _sizes(requests: list[dict[str, Any]]) -> tuple[int, int]:
    """(rows inserted, cells set in rows that were there before): updates come first, then what fills the new rows."""
    inserted = cells = 0
    for request in requests:
        if "insertDimension" in request and request["insertDimension"]["range"]["dimension"] == "ROWS":
            place = request["insertDimension"]["range"]
            inserted += place["endIndex"] - place["startIndex"]
        elif "updateCells" in request and not inserted:
            cells += sum(len(row["values"]) for row in request["updateCells"]["rows"])
    return inserted, cells


def _claimed(world: ProofWorld) -> Iterator[int]:
    """Tokens that lie in the spreadsheet as those of applied batches, whatever their answer was."""
    for entry in world.sandbox.spreadsheet.metadata.entries.values():
        wire = json.loads(json.dumps(entry.wire(), default=str))
        if wire.get("metadataKey") == TOKEN_KEY and wire.get("metadataValue") == BATCH:
            yield int(wire["metadataId"])
