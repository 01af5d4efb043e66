"""The settings that people keep in the ERP's database: read at each run, so that a switch works at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.own_tables import SETTINGS, SWITCHES
from syncdb.connectors.postgres.install.writing import name, statement
from syncdb.connectors.postgres.tables import ErpTables

YES, NO = frozenset({"true", "t", "1", "yes", "y", "on"}), frozenset({"false", "f", "0", "no", "n", "off", ""})


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What the table says. `problems` are values that cannot be understood: such a switch counts as off, as for the triggers."""

    store_url: str | None = None
    api_version: str | None = None
    default_location_id: str | None = None
    orders: bool = False
    inventory: bool = False
    products: bool = False
    customers: bool = False
    others: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def on(self, entity: str) -> bool:
        """Whether an entity (orders, order_items, inventory, products, customers) is switched on."""
        return bool(getattr(self, "orders" if entity == "order_items" else entity))


def read_settings(database: ErpDatabase, tables: ErpTables) -> ApiSettings:
    """What the table says now, in one statement."""
    sql = statement("select key, value from {settings}", settings=name(tables.schema, tables.own["api_settings"]))
    return understood({row["key"]: row["value"] for row in database.rows(sql)})


def understood(values: Mapping[str, str | None]) -> ApiSettings:
    """What the table's values mean. Pure."""
    told = {key: value.strip() for key, value in values.items() if value is not None}
    switches = {entity: told.get(key, "").lower() for entity, key in SWITCHES.items()}
    return ApiSettings(
        told.get("SHOPIFY_STORE_URL") or None,
        told.get("SHOPIFY_API_VERSION") or None,
        told.get("SHOPIFY_DEFAULT_LOCATION_ID") or None,
        **{entity: word in YES for entity, word in switches.items()},
        others={key: value for key, value in told.items() if key not in SETTINGS},
        problems=tuple(
            f"{SWITCHES[entity]} in the table api_settings is {word[:40]!r}: it must be true or false, and counts as false."
            for entity, word in switches.items()
            if word not in YES | NO
        ),
    )
