"""The Google Sheets connector: one tab of one spreadsheet as the engine sees it."""

import logging
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import syncdb.connectors.google_sheets.placing as placing
import syncdb.connectors.google_sheets.reading as reading
from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.base import Capabilities
from syncdb.connectors.google_sheets.above_header import moves_below_header
from syncdb.connectors.google_sheets.batch import BATCH, FENCE, SHOWN_AFTER, body_of, cell_requests, drop_metadata, token_request
from syncdb.connectors.google_sheets.binding import TabBinding
from syncdb.connectors.google_sheets.cells import Json
from syncdb.connectors.google_sheets.client import SHEETS, Client
from syncdb.connectors.google_sheets.evidence import Placement, Written, written_as_data, written_by, written_from_data
from syncdb.connectors.google_sheets.failures import MOST_CELLS, RequestDeclined, explained, no_room
from syncdb.connectors.google_sheets.mending import repairs
from syncdb.connectors.google_sheets.outcomes import all_stale, all_unknown, of_answer, of_tab, refused, token_value
from syncdb.connectors.google_sheets.sheet import Sheet
from syncdb.connectors.google_sheets.structure import WantedTab
from syncdb.decoding import understood, whole
from syncdb.errors import ConfigurationError, NeedsPerson, OutcomeUnknown, RemoteError, RetryLater
from syncdb.model import Attempt, Field, Operation, Outcome, Record, Result, Snapshot
from syncdb.values import Value

log = logging.getLogger("syncdb.google_sheets")

FENCE_TRIES = 3
STILL_FRESH = 30.0  # seconds for which what a write's answer showed may stand in for another look, for new rows only
NOT_APPLIED = "it was never applied and never will be"


class SheetConnector:
    """Records as rows of a tab: found by key and header, written in atomic batches, never over anybody else's cell."""

    name = "google_sheets"
    title = "Google Sheets"
    can = Capabilities(
        create=True,
        update=True,
        delete=False,
        atomic_batches=True,
        compare_and_set=False,
        fence=True,
        structure="the tab, or one of its columns,",
    )

    def __init__(
        self,
        client: Client,
        *,
        target: str,
        tab: str,
        fields: Sequence[Field],
        key: str,
        ledger_id: str,
        binding: TabBinding | None = None,
        take_over: bool = False,
        dry: bool = False,
        ages: placing.Ages | None = None,
        within: str = "",
        lent: Sequence[object] = (),
        clock: Clock = SYSTEM,
        rng: random.Random | None = None,
    ) -> None:
        """`target` is a title, key or URL, `key` the field whose column holds the keys, `binding` what the last run left.

        With `ages` new rows go above the others, the youngest first. `within` stands before the names of settings in messages,
        `lent` are the columns of another tab that count here (see TabWords).

        Raises ConfigurationError where two fields share a header.
        """
        labels = [field.label for field in fields]
        doubled = sorted({label for label in labels if labels.count(label) > 1})
        if doubled or key not in {field.name for field in fields}:
            raise ConfigurationError([f'columns: the header "{label}" is used twice' for label in doubled] or ["columns: no key"])
        wish = WantedTab(target, tab, tuple(fields), key, ledger_id, take_over, within, tuple(lent))
        self._client = client
        self._sheet = Sheet(client, wish, binding, rng or random.SystemRandom(), as_is=dry)
        self._ages = ages
        self._clock = clock
        self._shown_at: float | None = None

    @property
    def binding(self) -> TabBinding | None:
        """What to keep for the next run."""
        return self._sheet.binding

    @property
    def spreadsheet_id(self) -> str:
        """The spreadsheet that `target` stands for. Asked for where no binding tells; raises ConfigurationError and Refused."""
        return self._sheet.spreadsheet_id

    def close(self) -> None:
        self._client.close()

    def structure(self, token: int) -> Attempt | None:
        """See Connector.structure. Two requests where all is there."""
        self._shown_at = None
        found = self._sheet.survey()
        if not found.requests:
            return None
        if found.tab and found.tab.cells + found.more_cells > MOST_CELLS:
            raise no_room(found.tab.cells, found.more_cells)
        evidence = {
            "kind": "structure",
            "spreadsheet_id": self._sheet.spreadsheet_id,
            "requests": list(found.requests),
            "binding": found.binding.as_data(),
        }
        return Attempt(token, (), evidence)

    def fetch(self) -> Iterator[Snapshot]:
        """See Connector.fetch."""
        if self._sheet.nothing_yet():
            return iter([Snapshot({}, complete=True)])
        return map(self._as_if_made, reading.fetch(self._sheet))

    def places(self) -> dict[str, tuple[str, ...]]:
        """Every key that the tab shows now, with its row numbers as on screen. One request."""
        if self._sheet.nothing_yet():
            return {}
        index = self._sheet.index(fresh=True)
        return {key: (f"{row + 1}",) for key, row in index.rows.items()} | {
            key: tuple(f"{row + 1}" for row in rows) for key, rows in index.doubled.items()
        }

    def without_key(self) -> dict[str, Mapping[str, Value]]:
        """What rows without a key show in columns of ours, by their places. A request, or two, where there may be any."""
        if self._sheet.nothing_yet():
            return {}
        found = reading.left_without_key(self._sheet, self._sheet.index())
        return {f"{row + 1}": values for row, values in found.rows.items()}

    def look(self, keys: Iterable[str]) -> Snapshot:
        """See Connector.look."""
        if self._sheet.nothing_yet():
            return Snapshot({}, complete=True)
        return self._as_if_made(reading.look(self._sheet, keys))

    def _as_if_made(self, shown: Snapshot) -> Snapshot:
        """In a dry run, columns that are still to be made hold nothing, as they will when they have been made."""
        if not self._sheet.as_is:
            return shown
        empty: dict[str, Value] = dict.fromkeys(self._sheet.wish.headers)
        found = {key: replace(one, record=Record(key, {**empty, **one.record.fields})) for key, one in shown.found.items()}
        return replace(shown, found=found)

    def refuse_too_many(self, keys: Collection[str]) -> None:
        """See Limited. A tab that is still to be made is not counted."""
        if keys and not self._sheet.nothing_yet():
            tab = self._sheet.here().tab
            if tab.cells + len(keys) * tab.columns > MOST_CELLS:
                raise no_room(tab.cells, len(keys) * tab.columns)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """See Connector.prepare. Raises NeedsPerson where headers are gone or the spreadsheet is full."""
        batch = placing.take(operations, self._sheet.here(), self._sheet)
        now = self._clock.monotonic()
        fresh = self._shown_at is not None and now - self._shown_at < STILL_FRESH and not batch.updates()
        fresh = fresh and self._ages is None  # so near the header a row that a person inserted makes a difference
        placement = placing.place(batch, self._sheet, self._ages, index_is_fresh=fresh)
        return Attempt(token, batch.operations, placement.as_data())

    def write(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.write. Without operations the list is empty, and OutcomeUnknown is raised where it stays unknown."""
        if attempt.evidence["kind"] == "records":
            return self._write_records(attempt)
        self._sheet.forget()
        try:
            body = {"requests": [token_request(attempt.token), *attempt.evidence["requests"]]}  # type: ignore[misc]
            self._client.post(_batch_update(attempt), body, {"fields": "spreadsheetId"})
        except OutcomeUnknown:
            return self.settle(attempt)
        except RequestDeclined as answer:
            if token_value(self._client, _spreadsheet(attempt), attempt.token) != BATCH:
                why = refused(answer, (), None, self._sheet)
                log.info("not made: %s", why)
                return all_stale(attempt, why)
        self._applied(attempt)
        return []

    def _write_records(self, attempt: Attempt) -> list[Outcome]:
        placement = Placement.from_data(attempt.evidence)
        if not placement.sends:
            return all_stale(attempt, NOT_APPLIED)
        self._shown_at = None
        written = written_by(attempt.operations, placement)
        body = body_of(attempt.token, written, placement, self._sheet.wish.fields)
        try:
            answer = self._client.post(_batch_update(attempt), body, {"fields": SHOWN_AFTER})
        except OutcomeUnknown as lost:
            self._sheet.forget()
            return all_unknown(attempt, str(lost))
        except RequestDeclined as declined:
            return self._after_refusal(attempt, declined, written, placement)
        outcomes = of_answer(answer, attempt, placement)
        self._remember(outcomes, written, placement)
        return outcomes

    def _after_refusal(
        self, attempt: Attempt, declined: RequestDeclined, written: Sequence[Written], placement: Placement
    ) -> list[Outcome]:
        claimed = token_value(self._client, placement.spreadsheet_id, attempt.token) if declined.status == 400 else None
        if claimed == BATCH:
            return self._as_shown(attempt)  # an earlier copy of this very write had been applied
        if claimed == FENCE:
            return all_stale(attempt, NOT_APPLIED)
        why = refused(declined, written, placement, self._sheet)
        self._sheet.forget()
        return all_stale(attempt, why)

    def _remember(self, outcomes: Sequence[Outcome], written: Sequence[Written], placement: Placement) -> None:
        """What the answer showed serves the next write, if all went to its place."""
        if any(one.result is not Result.DONE for number, one in enumerate(outcomes) if number not in placement.left_out):
            self._sheet.forget()
            return
        self._sheet.grew(placement.at, {one.key: one.row for one in written if one.new})
        self._shown_at = self._clock.monotonic()

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.settle. A fence is a write that only claims the attempt's token: whichever of the two is first, wins."""
        if attempt.operations and not Placement.from_data(attempt.evidence).sends:
            return all_stale(attempt, NOT_APPLIED)
        self._shown_at = None
        self._sheet.forget()
        claimed = self._claim(attempt)
        if claimed == BATCH:
            self._applied(attempt)
            return self._as_shown(attempt) if attempt.operations else []
        if claimed == FENCE:
            return all_stale(attempt, NOT_APPLIED)
        if not attempt.operations:
            raise OutcomeUnknown(
                "Google did not say whether a write to the spreadsheet's structure took place.",
                next_step="Run it again later: the next run first finds out what became of it.",
            )
        return all_unknown(attempt, "Google could not be asked whether the write was applied")

    def _claim(self, attempt: Attempt) -> str | None:
        """BATCH if the attempt was applied, FENCE if it never will be, None if that could not be found out."""
        fence = {"requests": [token_request(attempt.token, FENCE)]}
        try:
            for _ in range(FENCE_TRIES):
                try:
                    self._client.post(_batch_update(attempt), fence, {"fields": "spreadsheetId"})
                    return FENCE
                except OutcomeUnknown as lost:
                    log.info("the answer to the fence was lost: %s", lost)
                except RequestDeclined as answer:
                    if answer.status != 400:
                        raise explained(answer, f"The spreadsheet {_spreadsheet(attempt)}", self._client.email) from answer
                claimed = token_value(self._client, _spreadsheet(attempt), attempt.token)
                if claimed is not None:
                    return claimed
        except RetryLater as away:
            log.info("not settled: %s", away)
        return None

    def _applied(self, attempt: Attempt) -> None:
        binding = attempt.evidence.get("binding")
        if isinstance(binding, Mapping):
            self._sheet.binding = TabBinding.from_data(binding)

    def _as_shown(self, attempt: Attempt) -> list[Outcome]:
        try:
            return of_tab(attempt, Placement.from_data(attempt.evidence), self._sheet)
        except NeedsPerson as damaged:  # applied, but the tab cannot be read as it is: none of it counts as agreed
            log.warning("a write was applied but could not be verified: %s", damaged)
            return all_stale(attempt, "it was applied, but the tab cannot be read to verify it")

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        """See Connector.mend. Cells already restored or changed again since are left alone."""
        origin = _origin(attempt)
        if origin is None:
            return None
        first_token, placement, written = origin
        if not written or token_value(self._client, placement.spreadsheet_id, first_token) != BATCH:
            return None
        self._sheet.forget()
        requests = self._repairs(placement, written)
        if not requests:
            return None
        evidence = {
            "kind": "mend",
            "spreadsheet_id": placement.spreadsheet_id,
            "requests": requests,
            "origin": {"token": first_token, "placement": placement.as_data(), "written": written_as_data(written)},
        }
        return Attempt(token, (), evidence)

    def _repairs(self, placement: Placement, written: Sequence[Written]) -> list[Json]:
        """What puts an applied write right: rows above the header first, as nothing can be read before."""
        new = frozenset(one.key for one in written if one.new)
        if moves := moves_below_header(self._client, placement, new):
            return moves
        try:
            cells = repairs(self._sheet, placement, written)
        except NeedsPerson as damaged:
            log.warning("where an earlier write landed could not be looked at: %s", damaged)
            return []
        return cell_requests(placement.sheet_id, cells) if cells else []

    def tidy(self, tokens: Sequence[int]) -> tuple[int, ...]:
        """Remove the spent tokens of finished writes from the spreadsheet; those that are gone now. Failing at it is harmless.

        Only for writes that ended more than 180 seconds ago: without its token, a late copy of a write could be applied again.
        """
        if not tokens:
            return ()
        try:
            self._drop(tokens)
        except (RemoteError, NeedsPerson, OutcomeUnknown) as later:
            log.info("spent tokens stay for now: %s", later)
            return ()
        return tuple(tokens)

    def _drop(self, tokens: Sequence[int]) -> None:
        url = self._sheet.url
        filters = [{"developerMetadataLookup": {"metadataId": token}} for token in tokens]
        found = self._client.post(f"{url}/developerMetadata:search", {"dataFilters": filters})
        with understood("Google"):
            there = {whole(one["developerMetadata"]["metadataId"]) for one in found.get("matchedDeveloperMetadata", ())}
        drops: list[Json] = [drop_metadata(token) for token in tokens if token in there]
        if drops:
            self._client.post(f"{url}:batchUpdate", {"requests": drops}, {"fields": "spreadsheetId"})


def _spreadsheet(attempt: Attempt) -> str:
    return str(attempt.evidence["spreadsheet_id"])


def _batch_update(attempt: Attempt) -> str:
    return f"{SHEETS}/{_spreadsheet(attempt)}:batchUpdate"


def _origin(attempt: Attempt) -> tuple[int, Placement, list[Written]] | None:
    """The write to rows that an attempt is or mends: its token, placement and cells."""
    evidence: Mapping[str, Any] = attempt.evidence
    if evidence["kind"] == "records":
        placement = Placement.from_data(evidence)
        return attempt.token, placement, written_by(attempt.operations, placement)
    if evidence["kind"] == "mend":
        origin = evidence["origin"]
        return origin["token"], Placement.from_data(origin["placement"]), written_from_data(origin["written"])
    return None
