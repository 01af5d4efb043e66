"""Fields that a side holds back as a whole, because people changed the type of their column.

Each is one problem, told in each run that looks, and closed by the first one that finds it in order again.
"""

from collections.abc import Iterable, Mapping

from syncdb.engine.report import Note, Report
from syncdb.engine.request import COLUMN_TYPE
from syncdb.ledger import Ledger
from syncdb.ledger.runs import Problem

STAGE = "column"
REMEDY = (
    f"Change the type back (Undo). If it shall stay, and can hold these values, run once with --accept {COLUMN_TYPE}: "
    "nothing counts as agreed there then, and every difference is a conflict to decide."
)


def tell_held(ledger: Ledger, pair: str, entity: str, held: Iterable[Mapping[str, str]], report: Report, now: str) -> None:
    """Note what is held back and keep it among the problems. `held` are reasons by field, of each side; `now` is ISO UTC."""
    problems = [_problem(pair, entity, name, why) for side in held for name, why in side.items()]
    report.counts["quarantined"] += len(problems)
    for one in problems:
        report.note(Note("held", one.message, one.next_step))
    still = {one.order_id for one in problems}
    settled = [name for name in ledger.problems.quarantined(STAGE, pair) if name not in still]
    if problems or settled:
        with ledger.transaction():
            for one in problems:
                ledger.problems.add(one, report.run_id, now)
            for name in settled:
                ledger.problems.resolve(STAGE, name, f"in order in run {report.run_id}", now, pair)


def _problem(pair: str, entity: str, name: str, why: str) -> Problem:
    told = f"{entity}.{name}: {why}. Nothing of this field was read or written on either side."
    return Problem(STAGE, f"{entity}.{name}", told, name, f"{entity}.{name}", REMEDY, pair)
