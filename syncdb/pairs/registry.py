"""The pairs of systems that there are. A new pair is one folder, one script, one page of the docs and one line here."""

from collections.abc import Iterable

from syncdb.config.alerting import ALERTING
from syncdb.config.keys import GENERAL, Keys
from syncdb.config.serving import SERVING
from syncdb.pairs.base import PairType
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.pairs.shopify_sentos.pair import SHOPIFY_SENTOS
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_stores.pair import SHOPIFY_STORES
from syncdb.systems.base import System

PAIRS: tuple[PairType, ...] = (SHOPIFY_SHEETS, SHOPIFY_GRIST, SHOPIFY_STORES, SHOPIFY_SENTOS, SHOPIFY_ERP)


def known_keys() -> Keys:
    """Every setting that there is."""
    return Keys.of(*(pair.all_keys for pair in PAIRS), GENERAL, SERVING, ALERTING)


def pair_named(name: str) -> PairType | None:
    """The pair that options and the ledger call so; None for one that this version does not know."""
    return next((pair for pair in PAIRS if pair.name == name), None)


def systems_of(pairs: Iterable[PairType]) -> list[System]:
    """The systems of some pairs, each once."""
    return list({system.name: system for pair in pairs for system in pair.systems}.values())
