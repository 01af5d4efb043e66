"""What keeping two stores in step runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdb.config.keys import GENERAL, Keys
from syncdb.config.reading import Reading, read
from syncdb.config.settings import RunSettings
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_stores.pair import NAMES, SHOPIFY_STORES, of_stores
from syncdb.systems.shopify.keys import choose_credentials

if TYPE_CHECKING:  # the catalogue behind it is large and only needed where it is chosen from
    from syncdb.pairs.shopify_stores.selection import StoresSelection


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One of the two stores: what the configuration calls it, and how it is reached. `repr` hides the secrets.

    `webhook_secrets` are those with which its deliveries may be signed, the current one first; none where there is nothing to
    hold a delivery against.
    """

    name: str
    shopify_store_name: str  # the *.myshopify.com domain
    shopify_access_token: str | None = field(repr=False)
    shopify_client_id: str | None
    shopify_client_secret: str | None = field(repr=False)
    shopify_api_version: str
    shopify_base_url: str | None
    deadline_seconds: int
    webhook_secrets: tuple[str, ...] = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(one for one in (self.shopify_access_token, self.shopify_client_secret, *self.webhook_secrets) if one)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoresSettings(RunSettings):
    """The settings, complete. `public_url` is where webhooks arrive; `location_pairs` by name or id, None for the usual ones."""

    stores: tuple[Store, Store]
    public_url: str | None
    location_pairs: Mapping[str, str] | None
    write: bool
    deleted: str  # draft, archive, nothing or delete
    hears_orders: bool
    selection: "StoresSelection"

    @property
    def secrets(self) -> tuple[str, ...]:
        token = (self.web_token,) if self.web_token else ()
        return (*(secret for store in self.stores for secret in store.secrets), *token)

    def store(self, name: str) -> Store | None:
        """The store of that name; None where there is none."""
        return next((store for store in self.stores if store.name == name), None)


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> StoresSettings:
    """The settings of a run, from the places that `config.reading.read` names.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    names = _names(flags, env, directory, config_path)
    pair = of_stores(names)
    reading = read(pair.all_keys, Keys.of(pair.all_keys, known_keys().all), flags, env, directory, config_path, pair.name)
    stores = tuple(_store(reading, name) for name in names)
    _refuse_one_shop(reading, names)
    pairs = _location_pairs(reading)
    selection = _selection(reading, names)
    reading.refuse_problems()
    return StoresSettings(
        **{key.name: reading.values[key.name] for key in GENERAL},
        stores=(stores[0], stores[1]),
        public_url=reading.values["base_url"],
        location_pairs=pairs,
        write=reading.values["stores_write"],
        deleted=reading.values["stores_deleted"],
        hears_orders=reading.values["stores_order_webhooks"],
        selection=selection,
        notices=reading.hidden(reading.notices),
    )


def _names(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None) -> tuple[str, str]:
    """What the stores are called, which says what their settings are called. What is wrong with it is told when all is read."""
    wanted = [key for key in SHOPIFY_STORES.keys if key.name == "stores"]
    found: tuple[str, str] | None = read(wanted, known_keys(), flags, env, directory, config_path).values["stores"]
    return found or NAMES


def _store(reading: Reading, name: str) -> Store:
    token, client_id, secret = f"{name}_token", f"{name}_client_id", f"{name}_client_secret"
    choose_credentials(reading, token, (client_id, secret))
    reading.tell_detour(f"{name}_base_url", name)
    values = reading.values
    current = values[f"{name}_webhook_secret"] or values[secret]
    return Store(
        name=name,
        shopify_store_name=values[f"{name}_domain"],
        shopify_access_token=values[token],
        shopify_client_id=values[client_id],
        shopify_client_secret=values[secret],
        shopify_api_version=values["api_version"],
        shopify_base_url=values[f"{name}_base_url"],
        deadline_seconds=values["deadline_seconds"],
        webhook_secrets=tuple(one for one in (current, values[f"{name}_previous_webhook_secret"]) if one),
    )


def _refuse_one_shop(reading: Reading, names: tuple[str, str]) -> None:
    first, second = (f"{name}_domain" for name in names)
    same = reading.values[first] and reading.values[first] == reading.values[second]
    if same and reading.values[f"{names[0]}_base_url"] == reading.values[f"{names[1]}_base_url"]:
        where = f"{reading.where(first)}; {reading.where(second)}"
        reading.problems.append(f"{first} and {second} are the same shop, {reading.values[first]} ({where}). Give two shops.")


def _location_pairs(reading: Reading) -> Mapping[str, str] | None:
    found = reading.values["stores_location_pairs"]
    if found is None:
        return None
    if not found or not all(isinstance(one, str) and one.strip() for one in found.values()):
        where = reading.where("stores_location_pairs")
        reading.problems.append(
            f"stores_location_pairs ({where}): must give for each location of the first store one of the second, by name or id."
        )
    elif len(set(found.values())) < len(found):
        where = reading.where("stores_location_pairs")
        reading.problems.append(f"stores_location_pairs ({where}): a location of the second store stands there twice.")
    return {str(left): str(right) for left, right in found.items()}


def _selection(reading: Reading, names: tuple[str, str]) -> "StoresSelection":
    # the catalogue of fields is large and only needed where fields are chosen
    from syncdb.pairs.shopify_stores.selection import parse_stores_selection

    selection = parse_stores_selection(reading.values["stores_sync"], names)
    where = reading.where("stores_sync")
    reading.problems += [f"stores_sync ({where}): {problem}." for problem in selection.problems]
    return selection
