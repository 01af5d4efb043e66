"""What keeping a shop and an ERP's database in step runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.config.reading import read
from syncdb.connectors.postgres.address import ErpAddress
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_erp.customers import SHARED as CUSTOMER_FIELDS
from syncdb.pairs.shopify_erp.goods import SHARED, wrong_rules
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP
from syncdb.pairs.shopify_erp.texts import FIELDS as TEXT_FIELDS
from syncdb.systems.shopify.keys import ShopSettings, choose_credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpSettings(ShopSettings):
    """The settings, complete. `erp_source` is what orders of this ERP are called in the shop, before their number, `erp_fields`
    whose word counts for a field of products.
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

    @property
    def secrets(self) -> tuple[str, ...]:
        password = self.erp_database_url.password
        return (*self.shop_secrets, *((password,) if len(password) > 3 else ()))


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> ErpSettings:
    """The settings of a run, from the places that `config.reading.read` names.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    reading = read(SHOPIFY_ERP.all_keys, known_keys(), flags, env, directory, config_path)
    choose_credentials(reading)
    reading.tell_detour("shopify_base_url", "Shopify")
    for name, known in (("erp_fields", (*SHARED, *TEXT_FIELDS)), ("erp_customer_fields", CUSTOMER_FIELDS)):
        fields = reading.values[name] = reading.values[name] or {}
        reading.problems += [f"{name} ({reading.where(name)}): {problem}." for problem in wrong_rules(fields, known)]
    reading.refuse_problems()
    return ErpSettings(**reading.values, notices=reading.hidden(reading.notices))
