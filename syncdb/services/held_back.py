"""What was held back, tried again now: by ordinary runs of the pairs whose runs held it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.clock import Clock
from syncdb.errors import Exit, worst
from syncdb.ledger.queries.errors import open_errors, pair_types
from syncdb.ledger.queries.reader import reading
from syncdb.services.error_closing import names_of
from syncdb.services.run_now import RunMade, run_all_now
from syncdb.services.validation import UsablePair


@dataclass(slots=True)
class TriedAgain:
    """Errors that are made good, those that are left, and the runs that were made for it (none where nothing was held back)."""

    good: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)
    runs: list[RunMade] = field(default_factory=list)

    @property
    def exit_code(self) -> Exit:
        failed = [one.report.exit_code for one in self.runs if one.report.failure]
        if failed:
            return worst(failed)
        return Exit.PARTIAL if self.left else Exit.DONE

    @property
    def run(self) -> RunMade | None:
        """The run that tells most: that of the orders where there was one."""
        tracking = [one for one in self.runs if one.entity == "orders"]
        return next(iter([*tracking, *self.runs]), None)


def try_again(pairs: Sequence[UsablePair], clock: Clock) -> TriedAgain:
    """Run those of the pairs that held something back, or all where it was a pair that is not among them."""
    path = pairs[0].settings.db_path
    before = held_back(path)
    if not before:
        return TriedAgain()
    with reading(path) as reader:
        types = pair_types(reader, [one["last_run"] for one in before.values()])
    runs = run_all_now([one for one in pairs if one.pair.name in types] or pairs, clock=clock)
    after = held_back(path)
    return TriedAgain([one for key, one in before.items() if key not in after], list(after.values()), runs)


def held_back(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The open errors that concern an order or another record, by pair and id, with its name where the ledger knows one."""
    with reading(path) as reader:
        found = {_place(one): one for one in open_errors(reader) if one["order_id"]}
        names = names_of(reader, found.values())
    return {place: one | {"order_name": one["order_name"] or names.get(one["error_id"], "")} for place, one in found.items()}


def _place(one: Mapping[str, Any]) -> tuple[str, str]:
    """What tells apart what is held back: an order of the shop is one wherever it is shown, a record is one of its pair."""
    return ("" if one["order_id"].isdigit() and one["entity"] in ("", "orders") else one["pair"], one["order_id"])
