"""What the ERP's table of settings says about a run: which entities are on, and where it contradicts the configuration."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from syncdb.connectors.order_source import Notice
from syncdb.connectors.postgres.drift import Examined
from syncdb.connectors.postgres.settings_table import ApiSettings
from syncdb.pairs.shopify_erp.settings import STORE, VERSION, ErpSettings
from syncdb.systems.shopify.keys import api_version, shop_domain

KEPT = ("products", "inventory", "customers", "orders")
UNUSABLE = "unusable:"
SWITCH = "SHOPIFY_AUTO_SYNC_{}"


def chosen(api: ApiSettings, examined: Examined, only: Sequence[str] = ()) -> list[str]:
    """What a run keeps in step: switched on, there in the database, and asked for."""
    return [
        name
        for name in KEPT
        if api.on(name) and all(one in examined.tables for one in needs(name)) and (not only or name in only)
    ]


def needs(name: str) -> tuple[str, ...]:
    """The tables without which an entity cannot be kept in step."""
    return {"inventory": ("inventory", "products"), "orders": ("orders", "order_items")}.get(name, (name,))


def notices(settings: ErpSettings, api: ApiSettings, examined: Examined) -> Iterator[Notice]:
    """What a person should know of the switches and the tables."""
    for problem in api.problems:
        yield Notice("switch", problem, "Correct it there; it counts with the next run.")
    yield from _contradictions(settings, api)
    if not any(api.on(name) for name in KEPT):
        told = "Nothing is switched on in the ERP's table api_settings."
        yield Notice(
            "switched off",
            told,
            f"Set {SWITCH.format('INVENTORY')}, {SWITCH.format('PRODUCTS')}, {SWITCH.format('CUSTOMERS')} or "
            f"{SWITCH.format('ORDERS')} to true there.",
        )
    for name in KEPT:
        whys = [examined.unusable[one] for one in needs(name) if one in examined.unusable] if api.on(name) else []
        if whys:
            told = f"The ERP's {name} are left alone: {' '.join(whys)}"
            yield Notice(f"{UNUSABLE}{name}", told, f"Mend that, or set {SWITCH.format(name.upper())} to false.")
    for gone in examined.gone:
        yield Notice(f"gone:{gone.table}.{gone.column}", gone.told, "Bring the column back, or name another one in erp_mapping.")


def version_of(settings: ErpSettings, api: ApiSettings) -> str:
    """The version of Shopify's API to ask for: that of the table where the configuration names none."""
    if VERSION in settings.silent and api.api_version:
        with suppress(ValueError):
            return api_version(api.api_version)
    return settings.shopify_api_version


def _contradictions(settings: ErpSettings, api: ApiSettings) -> Iterator[Notice]:
    """The configuration counts; the table is told apart where it says something else."""
    if api.store_url:
        try:
            there = shop_domain(api.store_url)
        except ValueError:
            there = api.store_url
        if there != settings.shopify_store_name and STORE in settings.silent:
            told = f"SHOPIFY_STORE_URL in the table api_settings names {there} now, and was {settings.shopify_store_name}."
            yield Notice("other shop", told, "It counts once the program is started anew.")
        elif there != settings.shopify_store_name:
            told = f"SHOPIFY_STORE_URL in the table api_settings names {there}, the configuration {settings.shopify_store_name}."
            yield Notice("other shop", f"{told} The configuration counts.", "Correct the one that is wrong.")
    if VERSION in settings.silent:
        if api.api_version and version_of(settings, api) != api.api_version:
            told = f"SHOPIFY_API_VERSION in the table api_settings is {api.api_version!r}, which is no version of Shopify's API."
            yield Notice("other version", f"{told} {settings.shopify_api_version} is used.", "Correct it there, or empty it.")
    elif api.api_version and api.api_version != settings.shopify_api_version:
        told = f"SHOPIFY_API_VERSION in the table api_settings is {api.api_version}"
        told += f", in the configuration {settings.shopify_api_version}"
        yield Notice("other version", f"{told}. The configuration counts.", "Correct the one that is wrong.")
