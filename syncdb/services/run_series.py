"""Runs that belong together: those that somebody makes again and again, with their rhythm and how the last of them ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.pairs import registry
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.run_schedule import Rhythm, rhythm
from syncdb.values import moment

AT_ONCE = timedelta(minutes=2)  # between two runs of one round


@dataclass(frozen=True, slots=True)
class Series:
    """Runs that somebody makes again and again: `name` says with what, `runs` are the latest, newest first (never empty).

    `command` makes another one. Several pairs may run together (routes into several tabs): `round` is how each of these
    ended when it ran last, `paced` are the runs with which they began, each time.
    """

    name: str
    runs: Sequence[dict[str, Any]]
    command: str
    round: Sequence[dict[str, Any]]
    paced: Sequence[dict[str, Any]]

    @property
    def last(self) -> dict[str, Any]:
        return self.runs[0]

    @property
    def last_ended(self) -> dict[str, Any] | None:
        """The last run that came to an end: while one is going on, how the one before it went still counts.

        Of several that ran together one that failed.
        """
        return next((run for run in self.round if run["exit_code"]), next(iter(self.round), None))

    @property
    def rhythm(self) -> Rhythm | None:
        return rhythm(self.paced)


def series_of_runs(
    reader: LedgerReader, pairs: Sequence[str], known: Mapping[str, RegisteredPair], place: LedgerLocation
) -> list[Series]:
    """The series of runs, the one that ran last first; not those that nobody has configured any more."""
    runs: dict[tuple[str, str], list[list[dict[str, Any]]]] = {}
    for pair in pairs:
        one = known.get(pair) or RegisteredPair(pair, pair, "")  # nothing that ran is hidden
        if pair in known and place.pairs and one.type not in {configured.name for configured in place.pairs}:
            continue
        found = [run for run in overview.last_runs_of(reader, pair, regular=True) if run["mode"] != "test"]
        if found:
            runs.setdefault((_series_name(one), run_command(one.type)), []).append(found)
    found_series = [_series_of(name, command, by_pair) for (name, command), by_pair in runs.items()]
    return sorted(found_series, key=lambda one: -int(one.last["run_id"]))


def _series_of(name: str, command: str, by_pair: Sequence[list[dict[str, Any]]]) -> Series:
    """Pairs that did not run the last time are no part of it any more: a route that was taken out, another spreadsheet.

    A run that failed before it knew its place stands under the name of the command alone: it is of the last round only where
    it ran just before the others.
    """
    newest = max(by_pair, key=lambda some: int(some[0]["run_id"]))
    before = int(newest[1]["run_id"]) if len(newest) > 1 else 0
    latest = [one for one in by_pair if int(one[0]["run_id"]) > before and (":" in one[0]["pair"] or _just_before(one, newest))]
    ended = [run for some in latest if (run := next((one for one in some if one["exit_code"] is not None), None))]
    merged = sorted(chain(*by_pair), key=lambda run: -int(run["run_id"]))
    return Series(name, merged[:20], command, sorted(ended, key=lambda run: -int(run["run_id"])), _begun(merged))


def _just_before(some: Sequence[dict[str, Any]], newest: Sequence[dict[str, Any]]) -> bool:
    return moment(newest[0]["started_at"]) - moment(some[0]["started_at"]) < AT_ONCE


def _begun(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of runs, newest first, those that began a round: a pair that ran before runs again."""
    begun: list[dict[str, Any]] = []
    seen: set[str] = set()
    for run in reversed(runs):
        if not begun or run["pair"] in seen:
            begun.append(run)
            seen.clear()
        seen.add(run["pair"])
    return begun[::-1]


def _series_name(one: RegisteredPair) -> str:
    """What is run together and again and again, in words: where a pair keeps more than orders, those have runs of their own."""
    pair = registry.pair_named(one.type)
    title = pair.title if pair else one.type
    return f"{title}, orders" if one.tracks_orders and pair and len(pair.entities) > 1 else title


def run_command(pair_type: str) -> str:
    """The command that runs a pair of the ledger."""
    pair = registry.pair_named(pair_type)
    return pair.run_command if pair else f"the sync of {pair_type}"
