"""Settle on a real account what the documentation leaves open: run it once against a throw-away spreadsheet.

    python live_check.py [--config PATH] [--yes]

It makes a tab of its own in the configured spreadsheet, asks before it does, tries what docs/google-sheets.md and
docs/sandbox-google.md call unproven, reads a little of the shop (never writing there), removes all it made, and prints a line for
each point: as assumed, otherwise, or not settled. Exit code 0: all as assumed; 3: not all of it; 2, 4: as the command's.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.google_sheets.account import open_account
from syncdb.connectors.google_sheets.client import SHEETS, Client
from syncdb.connectors.google_sheets.failures import RequestDeclined
from syncdb.connectors.google_sheets.target import find_spreadsheet
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.errors import SyncdbError
from syncdb.http import Retrier, redact
from syncdb.pairs.shopify_sheets.settings import SheetsSettings, load
from syncdb.systems.shopify.connecting import token_source

TAB = "syncdb live check"
KEY = "syncdb.live_check"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found on one point. `as_assumed` is None where it could not be settled."""

    point: str
    as_assumed: bool | None
    seen: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A tab of our own in the spreadsheet. `sheet_id` is chosen by us."""

    client: Client
    spreadsheet_id: str
    sheet_id: int

    @property
    def url(self) -> str:
        return f"{SHEETS}/{self.spreadsheet_id}"

    def batch(self, *made: Json, **more: Any) -> Json:
        """One batchUpdate. Raises Declined where Google refuses it."""
        return dict(self.client.post(f"{self.url}:batchUpdate", {"requests": list(made), **more}))

    def values(self, area: str = "A1:F12") -> list[list[Any]]:
        """The formulas and contents of an area of the tab."""
        found = self.client.get(f"{self.url}/values/'{TAB}'!{area}", {"valueRenderOption": "FORMULA"})
        return list(found.get("values", []))

    def cells(self, row: int, rows: Sequence[Sequence[str | float]]) -> Json:
        """A request that fills cells from a row's first column on."""
        lines = [{"values": [{"userEnteredValue": _entry(one)} for one in line]} for line in rows]
        start = {"sheetId": self.sheet_id, "rowIndex": row, "columnIndex": 0}
        return {"updateCells": {"start": start, "rows": lines, "fields": "userEnteredValue"}}

    def lines(self, first: int, end: int) -> Json:
        return {"sheetId": self.sheet_id, "dimension": "ROWS", "startIndex": first, "endIndex": end}


def _entry(value: str | float) -> Json:
    if isinstance(value, str):
        return {"formulaValue": value[1:]} if value.startswith("!=") else {"stringValue": value}
    return {"numberValue": value}


def token(number: int, value: str = "batch", location: Mapping[str, Any] | None = None) -> Json:
    """A request that claims a metadata id."""
    made = {"metadataId": number, "metadataKey": KEY, "metadataValue": value, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": made | {"location": dict(location or {"spreadsheet": True})}}}


def fresh() -> int:
    return random.SystemRandom().randrange(1, 2**31)


# --- the points


def a_used_token_refuses_the_whole_batch(desk: Desk) -> Answer:
    number = fresh()
    desk.batch(token(number), desk.cells(0, [["first"]]))
    try:
        desk.batch(token(number), desk.cells(0, [["second"]]))
        said = "it was accepted"
    except RequestDeclined as refusal:
        said = f"status {refusal.status}: {redact(str(refusal))[:160]}"
    stands = desk.values("A1:A1")
    return Answer("a metadata id used twice refuses the whole batch", "accepted" not in said and stands == [["first"]], said)


def a_token_is_seen_at_once(desk: Desk) -> Answer:
    number = fresh()
    desk.batch(token(number, "seen"))
    found = desk.client.get(f"{desk.url}/developerMetadata/{number}")
    return Answer("a token can be read right after its batch", found.get("metadataValue") == "seen", json.dumps(found)[:160])


def an_unused_token_is_not_found(desk: Desk) -> Answer:
    try:
        desk.client.get(f"{desk.url}/developerMetadata/{fresh()}")
    except RequestDeclined as refusal:
        return Answer("a token nobody claimed is answered with 404", refusal.status == 404, f"status {refusal.status}")
    return Answer("a token nobody claimed is answered with 404", False, "it was found")


def one_bad_request_undoes_the_batch(desk: Desk) -> Answer:
    number = fresh()
    desk.batch(desk.cells(0, [["before"]]))
    try:
        desk.batch(token(number), desk.cells(0, [["after"]]), {"deleteDimension": {"range": desk.lines(10**6, 10**6 + 1)}})
        said = "it was accepted"
    except RequestDeclined as refusal:
        said = f"status {refusal.status}"
    return Answer("a batch with one impossible request is not applied at all", desk.values("A1:A1") == [["before"]], said)


def the_answer_shows_the_state_after_the_batch(desk: Desk) -> Answer:
    desk.batch(desk.cells(0, [["head"], ["one"], ["two"]]))
    answer = desk.batch(
        {"insertDimension": {"range": desk.lines(1, 2), "inheritFromBefore": False}},
        desk.cells(1, [["between"]]),
        includeSpreadsheetInResponse=True,
        responseIncludeGridData=True,
        responseRanges=[f"'{TAB}'!A1:A4"],
    )
    data = (answer.get("updatedSpreadsheet") or {}).get("sheets", [{}])[0].get("data", [{}])[0]
    shown = [_text(row) for row in data.get("rowData", [])]
    return Answer("the answer to a batch shows the tab after it", shown == ["head", "between", "one", "two"], str(shown))


def _text(row: Mapping[str, Any]) -> str:
    cell = (row.get("values") or [{}])[0]
    return str((cell.get("userEnteredValue") or {}).get("stringValue", ""))


def a_row_can_be_inserted_at_the_very_end(desk: Desk) -> Answer:
    found = desk.client.get(desk.url, {"fields": "sheets(properties(sheetId,gridProperties(rowCount)))"})
    rows = next(
        one["properties"]["gridProperties"]["rowCount"]
        for one in found["sheets"]
        if one["properties"].get("sheetId") == desk.sheet_id
    )
    try:
        desk.batch({"insertDimension": {"range": desk.lines(rows, rows + 1), "inheritFromBefore": True}})
    except RequestDeclined as refusal:
        return Answer(
            "a row can be inserted right after the last", False, f"status {refusal.status}: {redact(str(refusal))[:160]}"
        )
    return Answer("a row can be inserted right after the last", True, f"row {rows + 1} of {rows}")


def an_inserted_row_inherits_no_content(desk: Desk) -> Answer:
    desk.batch(desk.cells(0, [["head"], ["one"]]))
    desk.batch({"insertDimension": {"range": desk.lines(2, 3), "inheritFromBefore": True}})
    shown = desk.values("A1:C4")
    return Answer("an inserted row inherits no content", not any("".join(map(str, row)) for row in shown[2:3]), str(shown[2:3]))


def text_like_a_formula_stays_text(desk: Desk) -> Answer:
    desk.batch(desk.cells(0, [["=1+1", "00123", "!=1+1"]]))
    shown = desk.client.get(f"{desk.url}/values/'{TAB}'!A1:C1", {"valueRenderOption": "UNFORMATTED_VALUE"}).get("values")
    return Answer("text that begins with = stays text, zeros stay", shown == [["=1+1", "00123", 2]], str(shown))


def metadata_of_a_row_under_sort(desk: Desk) -> Answer:
    number = fresh()
    place = {"dimensionRange": desk.lines(2, 3)}
    desk.batch(desk.cells(1, [["b"], ["a"], ["c"]]), token(number, "row a", place))
    area = {"sheetId": desk.sheet_id, "startRowIndex": 1, "endRowIndex": 4, "startColumnIndex": 0, "endColumnIndex": 1}
    desk.batch({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}})
    found = desk.client.get(f"{desk.url}/developerMetadata/{number}")
    index = found["location"]["dimensionRange"]["startIndex"]
    seen = "it stayed at its index" if index == 2 else f"it moved to index {index}"
    return Answer("metadata of a row does not follow a sort (nothing depends on it)", index == 2, seen)


GOOGLE: tuple[Callable[[Desk], Answer], ...] = (
    a_used_token_refuses_the_whole_batch, a_token_is_seen_at_once, an_unused_token_is_not_found, one_bad_request_undoes_the_batch,
    the_answer_shows_the_state_after_the_batch, a_row_can_be_inserted_at_the_very_end, an_inserted_row_inherits_no_content,
    text_like_a_formula_stays_text, metadata_of_a_row_under_sort,
)  # fmt: skip

NEWEST = "{ orders(first: 2, sortKey: UPDATED_AT, reverse: true) { nodes { id updatedAt } } }"
FILTERED = "query($q: String) { orders(first: 5, query: $q, sortKey: UPDATED_AT) { nodes { id updatedAt } } }"
BY_ID = '{ nodes(ids: ["gid://shopify/Order/1"]) { id } }'


def shop_points(shop: ShopifyClient) -> Iterator[Answer]:
    """What is read of the shop: how searches treat times and unknown filters, and how an absent order is answered."""
    found = shop.ask(NEWEST, dict, "Reading the newest orders")
    nodes = (found.data or {}).get("orders", {}).get("nodes", [])
    yield Answer("the shop answers as the API version that was asked for", found.version == shop.api_version, found.version)
    if nodes:
        later = f"updated_at:>'{nodes[0]['updatedAt']}'"
        rest = shop.ask(FILTERED, lambda: {"q": later}, "Searching by time")
        shown = [node["updatedAt"] for node in (rest.data or {}).get("orders", {}).get("nodes", [])]
        good = all(one > nodes[0]["updatedAt"] for one in shown)
        yield Answer("a quoted time in a search counts to the second", good, str(shown))
    else:
        yield Answer("a quoted time in a search counts to the second", None, "the shop has no orders")
    wrong = shop.ask(FILTERED, lambda: {"q": "no_such_filter:1"}, "Searching by an unknown filter")
    yield Answer("an unknown filter is told by a warning", bool(wrong.warnings or wrong.errors), str(wrong.warnings)[:160])
    absent = shop.ask(BY_ID, dict, "Asking for an order that is not there")
    node = (absent.data or {}).get("nodes", ["?"])[0]
    yield Answer("an order that is not there is null, without an error", node is None and not absent.errors, str(node))


# --- the frame


@contextmanager
def own_tab(client: Client, spreadsheet_id: str) -> Iterator[Desk]:
    """A tab for the time of the check; it and all metadata of ours are removed at the end, whatever happened."""
    desk = Desk(client, spreadsheet_id, fresh())
    grid = {"rowCount": 12, "columnCount": 6}
    desk.batch({"addSheet": {"properties": {"sheetId": desk.sheet_id, "title": TAB, "gridProperties": grid}}})
    try:
        yield desk
    finally:
        lookup = {"developerMetadataLookup": {"metadataKey": KEY}}
        desk.batch({"deleteSheet": {"sheetId": desk.sheet_id}}, {"deleteDeveloperMetadata": {"dataFilter": lookup}})


def check(settings: SheetsSettings, tell: Callable[[str], object], clock: Clock = SYSTEM) -> list[Answer]:
    """Try every point. Raises SyncdbError where Google or the shop cannot be used at all."""
    retrier = Retrier(deadline=settings.deadline_seconds, clock=clock)
    answers: list[Answer] = []
    account = open_account(settings.google_service_account_file, settings.google_api_base_url)
    client = Client(account, base_url=settings.google_api_base_url, clock=clock, retrier=retrier)
    try:
        with own_tab(client, find_spreadsheet(client, settings.target_spreadsheet)) as desk:
            for point in GOOGLE:
                answers.append(_tried(point, desk))
                tell(shown(answers[-1]))
    finally:
        client.close()
    with requests.Session() as session:
        source = token_source(settings, session, clock, retrier)
        shop = ShopifyClient(
            settings.shopify_store_name, source, settings.shopify_api_version, settings.shopify_base_url, clock, retrier, session
        )
        for answer in shop_points(shop):
            answers.append(answer)
            tell(shown(answer))
    return answers


def _tried(point: Callable[[Desk], Answer], desk: Desk) -> Answer:
    try:
        return point(desk)
    except (RequestDeclined, SyncdbError, LookupError) as problem:
        return Answer(point.__name__.replace("_", " "), None, redact(f"{type(problem).__name__}: {problem}")[:200])


def shown(answer: Answer) -> str:
    word = {True: "as assumed ", False: "OTHERWISE  ", None: "not settled"}[answer.as_assumed]
    return f"{word}  {answer.point}  [{answer.seen}]"


def main(arguments: Sequence[str] | None = None, env: Mapping[str, str] = os.environ, clock: Clock = SYSTEM) -> int:
    """The command. Returns its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", type=Path, help="the configuration file of the throw-away spreadsheet")
    parser.add_argument("--yes", action="store_true", help="do not ask before a tab is made and removed again")
    asked = parser.parse_args(arguments)
    try:
        settings = load({}, env, Path.cwd(), asked.config)
        question = (
            f'This makes the tab "{TAB}" in "{settings.target_spreadsheet}", tries things in it and deletes it. Go on? [y/N] '
        )
        if not asked.yes and input(question).strip().lower() not in ("y", "yes"):
            sys.stdout.write("Nothing was done.\n")
            return 0
        answers = check(settings, lambda line: sys.stdout.write(line + "\n"), clock)
    except EOFError:
        sys.stderr.write("\nNobody is there to be asked, so nothing was done. Run it again with --yes.\n")
        return 2
    except (SyncdbError, RequestDeclined) as problem:
        sys.stderr.write(f"{redact(str(problem))}\n{getattr(problem, 'next_step', '')}\n")
        return int(getattr(problem, "exit_code", 4))
    settled = sum(answer.as_assumed is not None for answer in answers)
    sys.stdout.write(f"{settled} of {len(answers)} points were settled.\n")
    return 0 if all(answer.as_assumed for answer in answers) else 3


if __name__ == "__main__":
    sys.exit(main())
