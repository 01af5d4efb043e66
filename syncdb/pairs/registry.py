"""The pairs of systems that there are. A new pair is one folder, one script, one page of the docs and one line here.

Those of other packages are taken in by `syncdb.pairs.plug_ins` before anything reads this.
"""

from collections.abc import Collection, Iterable
from typing import Any

from syncdb.config.alerting import ALERTING
from syncdb.config.keys import GENERAL, Keys
from syncdb.config.plug_ins import PLUG_INS as PLUG_IN_KEYS
from syncdb.config.serving import SERVING
from syncdb.orders.personal_records import PersonalRecords
from syncdb.pairs.base import PairType
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.pairs.shopify_sentos.pair import SHOPIFY_SENTOS
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_stores.pair import SHOPIFY_STORES
from syncdb.pairs.shopify_workbook.pair import SHOPIFY_WORKBOOK
from syncdb.systems.base import System
from syncdb.systems.plug_ins import Loaded

PAIRS: tuple[PairType, ...] = (SHOPIFY_SHEETS, SHOPIFY_GRIST, SHOPIFY_STORES, SHOPIFY_SENTOS, SHOPIFY_ERP, SHOPIFY_WORKBOOK)
PLUG_INS: tuple[Loaded[Any], ...] = ()  # the pairs and systems of other packages that are in use
PROBLEMS: tuple[str, ...] = ()  # why others that the configuration names are not


def known_keys() -> Keys:
    """Every setting that there is."""
    systems = (one.declares.keys for one in PLUG_INS if isinstance(one.declares, System))
    groups = (*(pair.all_keys for pair in PAIRS), *systems, GENERAL, SERVING, PLUG_IN_KEYS, ALERTING)
    return Keys.of(*groups, problems=PROBLEMS)


def keep_out(commands: Collection[str]) -> None:
    """Leave out those pairs of other packages whose command is one of these, which mean something else."""
    global PAIRS, PLUG_INS, PROBLEMS
    taken = [pair for pair in PAIRS if pair.origin and pair.command in commands]
    PAIRS = tuple(pair for pair in PAIRS if pair not in taken)
    PLUG_INS = tuple(one for one in PLUG_INS if one.declares not in taken)
    told = (f"plugins: {pair.name} was left out: {pair.command} is a command already. Tell its authors." for pair in taken)
    PROBLEMS = (*PROBLEMS, *told)


def people_kept() -> dict[str, tuple[PersonalRecords, ...]]:
    """What pairs keep of people beside the orders that were read, by what the ledger calls them."""
    return {pair.name: pair.people for pair in PAIRS if pair.people}


def pair_named(name: str) -> PairType | None:
    """The pair that options and the ledger call so; None for one that this version does not know."""
    return next((pair for pair in PAIRS if pair.name == name), None)


def systems_of(pairs: Iterable[PairType]) -> list[System]:
    """The systems of some pairs, each once."""
    return list({system.name: system for pair in pairs for system in pair.systems}.values())
