"""What keeping a shop and an ERP's database in step runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.config.reading import Reading, read
from syncdb.connectors.postgres.address import ErpAddress
from syncdb.connectors.postgres.settings_table import read_settings
from syncdb.errors import SyncdbError
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_erp.customers import SHARED as CUSTOMER_FIELDS
from syncdb.pairs.shopify_erp.goods import SHARED, wrong_rules
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP
from syncdb.pairs.shopify_erp.texts import FIELDS as TEXT_FIELDS
from syncdb.systems.postgres.connecting import erp_of, erp_tables
from syncdb.systems.shopify.keys import ShopSettings, choose_credentials, shop_domain

STORE, VERSION = "shopify_store_name", "shopify_api_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpSettings(ShopSettings):
    """The settings, complete. `erp_source` is what orders of this ERP are called in the shop, before their number, `erp_fields`
    whose word counts for a field of products. `silent` are settings of the shop that stand nowhere: there the ERP's table counts.
    """

    erp_database_url: ErpAddress = field(repr=False)
    erp_schema: str
    erp_mapping: Path | None
    erp_source: str
    erp_fields: Mapping[str, str]
    erp_customer_fields: Mapping[str, str]
    erp_new_products: str
    erp_new_customers: str
    erp_gone_products: str
    silent: frozenset[str] = frozenset()

    @property
    def secrets(self) -> tuple[str, ...]:
        password = self.erp_database_url.password
        return (*self.shop_secrets, *((password,) if len(password) > 3 else ()))


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> ErpSettings:
    """The settings of a run, from the places that `config.reading.read` names. Where none says which shop it is, the ERP's
    table of settings is asked.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    reading = read(SHOPIFY_ERP.all_keys, known_keys(), flags, env, directory, config_path, SHOPIFY_ERP.name)
    silent = frozenset(name for name in (STORE, VERSION) if reading.rank(name) is None)
    if STORE in silent:
        _ask_the_table(reading)
    choose_credentials(reading)
    reading.tell_detour("shopify_base_url", "Shopify")
    for name, known in (("erp_fields", (*SHARED, *TEXT_FIELDS)), ("erp_customer_fields", CUSTOMER_FIELDS)):
        fields = reading.values[name] = reading.values[name] or {}
        reading.problems += [f"{name} ({reading.where(name)}): {problem}." for problem in wrong_rules(fields, known)]
    reading.refuse_problems()
    return ErpSettings(**reading.values, silent=silent, notices=reading.hidden(reading.notices))


@dataclass(frozen=True, slots=True)
class _Access:
    """The way to the database, before there are settings of a run."""

    erp_database_url: ErpAddress
    erp_schema: str
    erp_mapping: Path | None
    deadline_seconds: int


def _ask_the_table(reading: Reading) -> None:
    """Take the shop's name from the ERP's table of settings in place of the problem that it stands nowhere."""
    problem, address = reading.missing(STORE), reading.values.get("erp_database_url")
    if problem not in reading.problems or not isinstance(address, ErpAddress):
        return
    values = reading.values
    access = _Access(address, values["erp_schema"], values["erp_mapping"], values["deadline_seconds"])
    at = reading.problems.index(problem)
    try:
        with erp_of(access) as database:
            told = read_settings(database, erp_tables(access)).store_url
        if not told:
            reading.problems[at] += " Nor does SHOPIFY_STORE_URL in the ERP's table api_settings say which shop it is."
            return
        values[STORE] = shop_domain(told)
    except (SyncdbError, ValueError) as error:
        reading.problems[at] += f" SHOPIFY_STORE_URL in the ERP's table api_settings does not help: {error}"
        return
    del reading.problems[at]
    reading.notices.append(f"The shop is {values[STORE]}, as SHOPIFY_STORE_URL in the ERP's table api_settings says.")
