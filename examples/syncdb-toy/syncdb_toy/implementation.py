"""Two files of goods in step, both ways: from settings to a run."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncdb.clock import Clock
from syncdb.config.reading import read
from syncdb.config.settings import RunSettings
from syncdb.engine.match import Matching
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_sync import EntitySync, PairRun, PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.reconcile import EntityPair
from syncdb.engine.request import RunRequest
from syncdb.errors import Exit, NeedsPerson
from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.model import Field, Owner, Policy, Rule, Side, Tie
from syncdb.pairs.base import Implementation, Run
from syncdb.pairs.opening import limits, open_ledger
from syncdb.pairs.registry import known_keys
from syncdb.systems.base import System
from syncdb.systems.check import Check, failed, passed
from syncdb.systems.questions import Tried
from syncdb.values import Kind
from syncdb_toy.pair import BOOK, SHELF, TOY
from syncdb_toy.system import GoodsFile

GOODS = "goods"
FIELDS = (Field("sku", "SKU", Kind.IDENTIFIER), Field("name", "Name", Kind.TEXT), Field("stock", "Stock", Kind.COUNT))
RULES = {"sku": Rule(Owner.LEFT), "name": Rule(Owner.BOTH, tie=Tie.ASK), "stock": Rule(Owner.BOTH, tie=Tie.SUM)}
REMEDY = 'Make it, with {"given": 0, "goods": {}}, or name another file.'


@dataclass(frozen=True, slots=True, kw_only=True)
class ToySettings(RunSettings):
    """The settings, complete."""

    shelf_file: Path
    book_file: Path


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> ToySettings:
    """The settings of a run. Raises ConfigurationError with every problem found."""
    reading = read(TOY.all_keys, known_keys(), flags, env, directory, config_path)
    reading.refuse_problems()
    return ToySettings(**reading.values, notices=reading.hidden(reading.notices))


@contextmanager
def open_runs(
    settings: ToySettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The one run. Raises LedgerBusy, LedgerUnusable, and NeedsPerson for a file that is not there."""
    shelf, book = _opened(settings.shelf_file, SHELF), _opened(settings.book_file, BOOK)
    with open_ledger(settings, request, clock) as ledger:
        rules = {name: rule for name, rule in RULES.items() if not only or name in only or GOODS in only}
        ledger.register(RegisteredPair("toy:goods", TOY.name, GOODS))
        ledger.register(RegisteredPair("toy", TOY.name, ""))
        policy = Policy(rules, create_left=True)
        pair = EntityPair("toy:goods", shelf, book, policy, limits(settings), Matching(("sku",)))
        feeds = {Side.LEFT: shelf, Side.RIGHT: book}
        pair_run = PairRun("toy", [EntitySync(GOODS, pair, "1", {})], feeds, lambda: None, lambda: (), part=bool(only))
        sync = PairSync(ledger, pair_run, request, clock, random.SystemRandom(), progress)
        between = f"{settings.shelf_file.name} and {settings.book_file.name}"
        yield [
            Run(
                GOODS,
                between,
                TOY.words,
                {GOODS: FIELDS},
                tracks_orders=False,
                start=sync.run,
                plans=lambda: sync.plans,
                audit=lambda period: nullcontext(audited_entities(sync, {GOODS: FIELDS})),
            )
        ]


def _opened(path: Path, system: System) -> GoodsFile:
    if not path.is_file():
        raise NeedsPerson(f"{path} is not there. Nothing was changed.", next_step=REMEDY)
    return GoodsFile(path, system.name, system.title)


def check(settings: ToySettings, reader: LedgerReader | None, clock: Clock) -> list[Check]:
    """Whether both files are there."""
    return [_check(settings.shelf_file, SHELF), _check(settings.book_file, BOOK)]


def _check(path: Path, system: System) -> Check:
    if not path.is_file():
        return failed(system.name, "file", f"{path} is not there", REMEDY, Exit.GUARD)
    return passed(system.name, "file", f"{path}: {len(_opened(path, system).rows)} goods")


def _unknown_fields(settings: ToySettings, names: Sequence[str]) -> list[str]:
    return [name for name in names if name not in (GOODS, *RULES)]


IMPLEMENTATION = Implementation(
    load,
    open_runs,
    check,
    lambda settings: f"goods of {settings.shelf_file.name} and {settings.book_file.name}",
    _unknown_fields,
    tries={
        "shelf file": lambda answers: Tried([_check(answers.shelf_file, SHELF)]),
        "book file": lambda answers: Tried([_check(answers.book_file, BOOK)]),
    },
)
