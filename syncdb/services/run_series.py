"""Runs that belong together: those that somebody makes again and again, with their rhythm and how the last of them ended.

What counts of them is how the latest **round** ended: the runs that one call of their command made, one for each of its places.
What an earlier round met is over with that, wherever it wrote: into another tab or document, by a route that was taken out, or
nowhere, because it could not even find its place. Nobody is to read of a trouble that the next call has got over.

A round that is still going on, or was killed in the middle, says nothing of the places that it did not come to: of those the
rounds before it count. A run that a person ended (130) has ended, and so has its round. A test plans only, a run that webhooks
called for looks only at what they named, and a redaction reads nothing of the shop: none of them is the end of anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.runs import PERSON
from syncdb.pairs import registry
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.run_schedule import Rhythm, rhythm


@dataclass(frozen=True, slots=True)
class Series:
    """Runs that somebody makes again and again: `name` says with what, `runs` are the latest, newest first (never empty).

    `pair` is the pair type's name, `command` makes another run. `round` is how each place that counts ended, the one that ran
    last first; `rounds` are all of them and `paced` the runs that began one and that no person started, each newest first.
    """

    name: str
    pair: str
    runs: Sequence[dict[str, Any]]
    command: str
    round: Sequence[dict[str, Any]]
    paced: Sequence[dict[str, Any]]
    rounds: Sequence[Sequence[dict[str, Any]]]

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
    def failed(self) -> list[dict[str, Any]]:
        """The runs of the last round that failed, the newest first; of some that failed alike (the shop was away) only one."""
        alike = {(run["exit_code"], run["message"]): run for run in reversed(self.round) if run["exit_code"]}
        return sorted(alike.values(), key=lambda run: -int(run["run_id"]))

    @property
    def rhythm(self) -> Rhythm | None:
        return rhythm(self.paced)


def series_of_runs(
    reader: LedgerReader, pairs: Sequence[str], known: Mapping[str, RegisteredPair], place: LedgerLocation
) -> list[Series]:
    """The series of runs, the one that ran last first; not those that nobody has configured any more."""
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for pair in pairs:
        one = known.get(pair) or RegisteredPair(pair, pair, "")  # nothing that ran is hidden
        if pair in known and place.pairs and one.type not in {configured.name for configured in place.pairs}:
            continue
        found = [run for run in overview.last_runs_of(reader, pair, regular=True) if run["mode"] != "test"]
        if found:
            runs.setdefault((_series_name(one), one.type), []).extend(found)
    opened = _opened(runs)
    found_series = [
        _series_of(name, pair, some) for (name, pair), some in runs.items() if not _over(some, pair, opened.get(pair, 0))
    ]
    return sorted(found_series, key=lambda one: -int(one.last["run_id"]))


def _opened(runs: Mapping[tuple[str, str], Sequence[dict[str, Any]]]) -> dict[str, int]:
    """Of each type of pair the latest run that found its place and came to an end."""
    found: dict[str, int] = {}
    for (_, pair), some in runs.items():
        ended = [int(run["run_id"]) for run in some if _placed(run, pair) and run["exit_code"] is not None]
        found[pair] = max([found.get(pair, 0), *ended])
    return found


def _placed(run: Mapping[str, Any], pair: str) -> bool:
    """Whether a run knew its place. One that could find none stands under the name of the pair's type alone."""
    return bool(run["pair"] != pair)


def _over(some: Sequence[dict[str, Any]], pair: str, opened: int) -> bool:
    """Whether these could find no place, and a call has found its places since: they are told apart otherwise."""
    return not any(_placed(run, pair) for run in some) and max(int(run["run_id"]) for run in some) < opened


def _series_of(name: str, pair: str, some: Sequence[dict[str, Any]]) -> Series:
    newest_first = sorted(some, key=lambda run: -int(run["run_id"]))
    rounds = _rounds(newest_first)
    paced = [one[-1] for one in rounds if one[-1]["wanted_by"] != PERSON]
    return Series(name, pair, newest_first[:20], run_command(pair), _counting(rounds), paced, rounds)


def _counting(rounds: Iterable[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Of rounds, newest first, how each place ended: as the latest whole round says, and what came after that.

    Several places of a round may stand under one name, the type's, where they failed before they were found: all of them count.
    """
    found: list[dict[str, Any]] = []
    for one in rounds:
        told = {run["pair"] for run in found}
        found += [run for run in one if run["exit_code"] is not None and run["pair"] not in told]
        if all(run["exit_code"] is not None for run in one):
            break
    return sorted(found, key=lambda run: -int(run["run_id"]))


def _rounds(runs: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Runs, newest first, by the call that made them, each newest first.

    Of runs of an earlier syncdb the call is not known: one call ends where a pair that ran before runs again.
    """
    found: list[list[dict[str, Any]]] = []
    for run in reversed(runs):
        last = found[-1] if found else []
        if last and (run["round"] == last[0]["round"] if run["round"] else not (last[0]["round"] or _among(run, last))):
            last.insert(0, run)
        else:
            found.append([run])
    return found[::-1]


def _among(run: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> bool:
    return any(run["pair"] == one["pair"] for one in others)


def _series_name(one: RegisteredPair) -> str:
    """What is run together and again and again, in words: where a pair keeps more than orders, those have runs of their own."""
    pair = registry.pair_named(one.type)
    title = pair.title if pair else one.type
    return f"{title}, orders" if one.tracks_orders and pair and len(pair.entities) > 1 else title


def run_command(pair_type: str) -> str:
    """The command that runs a pair of the ledger."""
    pair = registry.pair_named(pair_type)
    return pair.run_command if pair else f"the sync of {pair_type}"
