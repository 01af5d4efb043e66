"""What keeping a shop and Sentos in step runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncdb.config.reading import Reading, read
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_sentos.order_wishes import USUAL_STATUSES, OrderWishes, wrong_wishes
from syncdb.pairs.shopify_sentos.pair import SHOPIFY_SENTOS
from syncdb.pairs.shopify_sentos.rules import GoodsRules, parse_rules
from syncdb.pairs.shopify_sentos.shipments import fields_back
from syncdb.programs import MANAGER
from syncdb.systems.shopify.keys import ShopSettings, choose_credentials

_OF_ORDERS = ("sentos_statuses", "sentos_payment_methods", "sentos_order_tags", "sentos_order_locations", "sentos_tax_attributes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentosSettings(ShopSettings):
    """The settings, complete. `orders` is None where no sales channel is set, so that none can be made."""

    sentos_api_url: str
    sentos_api_key: str = field(repr=False)
    sentos_api_secret: str = field(repr=False)
    sentos_auth: str
    sentos_warehouses: Mapping[int, str] | None
    sentos_price_list: str | None
    sentos_gone: str
    sentos_new: str
    sentos_write: bool
    sentos_notify: bool
    sentos_channel_id: int | None
    shopify_writes: tuple[str, ...]
    rules: GoodsRules
    orders: OrderWishes | None

    @property
    def back(self) -> tuple[str, ...]:
        """What Sentos does with orders that may be written to the shop."""
        return fields_back(self.shopify_writes) if self.orders is not None and self.sentos_write else ()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*self.shop_secrets, *(value for value in (self.sentos_api_key, self.sentos_api_secret) if value))


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> SentosSettings:
    """The settings of a run, from the places that `config.reading.read` names.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    reading = read(SHOPIFY_SENTOS.all_keys, known_keys(), flags, env, directory, config_path, SHOPIFY_SENTOS.name)
    choose_credentials(reading)
    reading.tell_detour("shopify_base_url", "Shopify")
    values = reading.values
    values["shopify_writes"] = values["shopify_writes"] or ()
    rules, problems = parse_rules(values.pop("sentos_fields"), values["shopify_writes"])
    reading.problems += problems
    orders = _orders(reading)
    reading.refuse_problems()
    return SentosSettings(**values, rules=rules, orders=orders, notices=reading.hidden(reading.notices))


def _orders(reading: Reading) -> OrderWishes | None:
    values = reading.values
    statuses, methods, tags, locations, tax = (values.pop(name) for name in _OF_ORDERS)
    since, warehouse = values.pop("sentos_orders_since"), values.pop("sentos_order_warehouse")
    reading.problems += wrong_wishes(statuses, methods, tax)
    if values["sentos_write"] and values["sentos_channel_id"] is None:
        reading.problems.append(
            "sentos_channel_id is not set, and sentos_write is on: orders are made under a sales channel. "
            f"Without sentos_write {MANAGER} validate lists those of your account."
        )
    if values["sentos_channel_id"] is None:
        return None
    return OrderWishes(
        values["sentos_channel_id"],
        warehouse or next(iter(values["sentos_warehouses"] or {}), 1),
        {str(name).lower(): status for name, status in (statuses or USUAL_STATUSES).items()},
        {str(name).strip().casefold(): method for name, method in (methods or {}).items()},
        since,
        tags or (),
        locations or (),
        tax or {},
    )
