"""Several tabs as the engine sees them: one for each period, with a function that says which record belongs to which period.

Each tab is a `SheetConnector` of its own, made when it is needed. A record never moves to another period, so a row belongs in one
tab only: one that a person moved to another tab counts as deleted where it belongs, and as doubled once it stands in both.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncdb.connectors.google_sheets.binding import TabBinding
from syncdb.connectors.google_sheets.connector import SheetConnector
from syncdb.errors import NeedsPerson
from syncdb.model import Attempt, Found, Operation, Outcome, Result, Snapshot
from syncdb.values import Value

NOWHERE = "nowhere"  # the kind of an attempt with a record that belongs to no known period
AT_ONCE = 500  # keys asked about together

Periods = Callable[[Sequence[str]], Mapping[str, str]]
Open = Callable[[str, TabBinding | None], SheetConnector]


class PeriodTabs:
    """A connector over the tabs of all periods.

    `open_tab` makes the connector of a period's tab. `bindings` holds the periods that have had a tab, with what the last run
    left of it (None: it is to be looked for). `period_of` tells the periods of keys, as far as they are known. `needed` are the
    periods whose tabs a run is going to use; the others cost no request.
    """

    name = SheetConnector.name
    title = SheetConnector.title
    can = SheetConnector.can

    def __init__(
        self,
        open_tab: Open,
        bindings: Mapping[str, TabBinding | None],
        period_of: Periods,
        needed: Callable[[], Iterable[str]],
    ) -> None:
        self._open = open_tab
        self._bindings = dict(bindings)
        self._period_of = period_of
        self._needed = needed
        self._tabs: dict[str, SheetConnector] = {}
        self._standing: set[str] = set()
        self._front: Mapping[str, str] = {}

    @property
    def bindings(self) -> dict[str, TabBinding]:
        """What to keep for the next run, by period."""
        now = {period: tab.binding for period, tab in self._tabs.items()}
        return {period: binding for period, binding in {**self._bindings, **now}.items() if binding is not None}

    def close(self) -> None:
        for tab in self._tabs.values():
            tab.close()

    def structure(self, token: int) -> Attempt | None:
        """See Connector.structure. All that one spreadsheet lacks is made at once. Two requests for each tab looked at."""
        lacking: dict[str, Attempt] = {}
        for period in sorted(self._to_look_at() - self._standing):
            attempt = self._tab(period).structure(token)
            self._refuse_shared(period, attempt)
            if attempt is None:
                self._standing.add(period)
            else:
                lacking[period] = attempt
        if lacking:
            return _together(token, lacking)
        self._standing.clear()
        return None

    def _to_look_at(self) -> set[str]:
        """What is needed and what has lost its binding; where that is nothing, the newest tab, as a sign that all is well."""
        wanted = {*self._needed(), *(period for period, binding in self._bindings.items() if binding is None)}
        return wanted or set(sorted(self._bindings)[-1:])

    def _refuse_shared(self, period: str, attempt: Attempt | None) -> None:
        """Raise NeedsPerson where a tab, renamed by a person, would come to be that of two periods."""
        data: Any = attempt.evidence["binding"] if attempt else None
        mine = TabBinding.from_data(data) if data else self._tab(period).binding
        for other, binding in self.bindings.items():
            if mine and other != period and (binding.spreadsheet_id, binding.sheet_id) == (mine.spreadsheet_id, mine.sheet_id):
                raise NeedsPerson(
                    f'The tab "{mine.tab}" holds the orders of {other} and cannot be that of {period}, too. Nothing was written.',
                    next_step=f'Rename it (back to "{binding.wanted_tab}", for example), then run again.',
                )

    def fetch(self) -> Iterator[Snapshot]:
        """See Connector.fetch. The key columns are read once before, to know which rows stand where they do not belong."""
        astray = self._astray()
        doubled = self._doubled(astray)
        for period in self._all():
            for block in self._tab(period).fetch():
                strangers = {key for key in block.found if period in astray.get(key, ())}
                here = {key: places for key, places in doubled.items() if key in block.found and key not in strangers}
                found = {key: one for key, one in block.found.items() if key not in strangers and key not in here}
                own = {key: places for key, places in block.doubled.items() if period not in astray.get(key, ())}
                yield self._shown(period, replace(block, found=found, doubled=own), here)

    def without_key(self) -> dict[str, Mapping[str, Value]]:
        """See SheetConnector.without_key: of every tab."""
        found: dict[str, Mapping[str, Value]] = {}
        for period in self._all():
            for place, values in self._tab(period).without_key().items():
                found[self._labelled(period, (place,))[0]] = values
        return found

    def _astray(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """The keys that stand in tabs where they do not belong, with their places by period.

        Keys of no known period are not among them: they are somebody else's business wherever they stand.
        """
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for period in self._all():
            places = self._tab(period).places()
            for keys in _groups(list(places)):
                for key, home in self._period_of(keys).items():
                    if home != period:
                        found.setdefault(key, {})[period] = self._labelled(period, places[key])
        return found

    def _doubled(self, astray: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
        """Those that stand where they belong as well, with all their places."""
        doubled: dict[str, tuple[str, ...]] = {}
        for period, keys in self._by_period(list(astray)).items():
            places = self._tab(period).places() if period in self._all() else {}
            for key in keys:
                if key in places:
                    elsewhere = [place for others in astray[key].values() for place in others]
                    doubled[key] = (*self._labelled(period, places[key]), *elsewhere)
        return doubled

    def look(self, keys: Iterable[str]) -> Snapshot:
        """See Connector.look. Only the tabs of these keys are asked."""
        shown = [self._shown(period, self._tab(period).look(some)) for period, some in self._by_period(list(keys)).items()]
        found = {key: one for block in shown for key, one in block.found.items()}
        doubled = {key: places for block in shown for key, places in block.doubled.items()}
        return Snapshot(found, all(block.complete for block in shown), doubled)

    def refuse_too_many(self, keys: Collection[str]) -> None:
        """See Limited: of each tab by itself."""
        for period, some in self._by_period(list(keys)).items():
            self._tab(period).refuse_too_many(some)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """See Connector.prepare. Takes operations from the front as long as they belong to one period."""
        self._front = self._periods_in_front(operations)
        period = self._front.get(operations[0].key)
        if period is None:
            return Attempt(token, (operations[0],), {"kind": NOWHERE})
        end = next((at for at, one in enumerate(operations) if self._front.get(one.key) != period), len(operations))
        return _of(period, self._tab(period).prepare(operations[:end], token))

    def _periods_in_front(self, operations: Sequence[Operation]) -> dict[str, str]:
        """The periods of these operations' keys. Most of them were in front the last time, too."""
        known = {one.key: self._front[one.key] for one in operations if one.key in self._front}
        for keys in _groups([one.key for one in operations if one.key not in known]):
            known.update(self._period_of(keys))
        return known

    def write(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.write."""
        if attempt.evidence["kind"] == NOWHERE:
            return _nowhere(attempt)
        return self._taken_in(attempt, self._tab_of(attempt).write(attempt))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.settle."""
        if attempt.evidence["kind"] == NOWHERE:
            return _nowhere(attempt)
        return self._taken_in(attempt, self._tab_of(attempt).settle(attempt))

    def _taken_in(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes with their tabs; tabs that were made are bound from now on."""
        tabs: Any = attempt.evidence.get("tabs")
        if tabs and not outcomes:
            for period, data in tabs.items():
                self._tabs.pop(period, None)
                self._bindings[period] = TabBinding.from_data(data)
        period = str(attempt.evidence["period"])
        return [replace(one, ref=self._labelled(period, (one.ref,))[0]) if one.ref else one for one in outcomes]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        """See Connector.mend."""
        if attempt.evidence["kind"] == NOWHERE:
            return None
        mending = self._tab_of(attempt).mend(attempt, token)
        return None if mending is None else _of(str(attempt.evidence["period"]), mending)

    def tidy(self, tokens: Sequence[int]) -> tuple[int, ...]:
        """See SheetConnector.tidy: in each spreadsheet once, as tokens are kept by spreadsheet."""
        places = {binding.spreadsheet_id: period for period, binding in sorted(self.bindings.items())}
        gone = [self._tab(period).tidy(tokens) for period in places.values()]
        return tuple(tokens) if gone and all(gone) else ()

    def _tab(self, period: str) -> SheetConnector:
        if period not in self._tabs:
            self._tabs[period] = self._open(period, self._bindings.get(period))
        return self._tabs[period]

    def _tab_of(self, attempt: Attempt) -> SheetConnector:
        """The tab that an attempt is for. Raises NeedsPerson where the configuration has it in another spreadsheet meanwhile."""
        period, spreadsheet_id = str(attempt.evidence["period"]), attempt.evidence["spreadsheet_id"]
        tab = self._tab(period)
        if tab.spreadsheet_id != spreadsheet_id:
            raise NeedsPerson(
                f"A write to the tab of {period} in the spreadsheet {spreadsheet_id} has no known outcome yet, and the "
                "configuration names another spreadsheet for it now. Nothing was written.",
                next_step="Put period_spreadsheets back as it was, run once, then change it.",
            )
        return tab

    def _all(self) -> list[str]:
        """The periods that have a tab, had one, or were to get one."""
        return sorted({*self._bindings, *self._tabs})

    def _by_period(self, keys: Sequence[str]) -> dict[str, list[str]]:
        grouped: dict[str, list[str]] = {}
        for some in _groups(keys):
            for key, period in self._period_of(some).items():
                grouped.setdefault(period, []).append(key)
        return grouped

    def _shown(self, period: str, block: Snapshot, more: Mapping[str, tuple[str, ...]] | None = None) -> Snapshot:
        """A tab's records with the tab named in their places; `more` keys are doubled, their places named already."""
        found: dict[str, Found] = {
            key: replace(one, ref=self._labelled(period, (one.ref,))[0]) for key, one in block.found.items()
        }
        doubled = {key: self._labelled(period, places) for key, places in block.doubled.items()}
        return replace(block, found=found, doubled={**doubled, **(more or {})})

    def _labelled(self, period: str, rows: Iterable[str]) -> tuple[str, ...]:
        binding = self._tab(period).binding
        return tuple(f'{row} in "{binding.tab if binding else period}"' for row in rows)


def _of(period: str, attempt: Attempt) -> Attempt:
    return replace(attempt, evidence={**attempt.evidence, "period": period})


def _together(token: int, lacking: Mapping[str, Attempt]) -> Attempt:
    """One write that makes what the tabs of one spreadsheet lack; those of another one come next."""
    period, first = next(iter(lacking.items()))
    place = first.evidence["spreadsheet_id"]
    same: dict[str, Mapping[str, Any]] = {
        one: attempt.evidence for one, attempt in lacking.items() if attempt.evidence["spreadsheet_id"] == place
    }
    requests = [request for evidence in same.values() for request in evidence["requests"]]
    tabs = {one: evidence["binding"] for one, evidence in same.items()}
    return Attempt(
        token, (), {"kind": "structure", "spreadsheet_id": place, "requests": requests, "period": period, "tabs": tabs}
    )


def _nowhere(attempt: Attempt) -> list[Outcome]:
    why = "no order is known for this key, so that it belongs to no tab"
    return [Outcome(Result.REJECTED, why=why) for _ in attempt.operations]


def _groups(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
