"""Whether a shop has the locations whose orders settings ask for: one that it has not would keep every order out unnoticed.

Of channels and tags nothing is said: a shop does not list its channels, and a tag comes into being when somebody uses it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.location_names import location_names
from syncdb.engine.report import Note
from syncdb.errors import Exit
from syncdb.mapping.order_filter import OrderFilter, not_among
from syncdb.systems.check import Check, failed, passed
from syncdb.wording import some_of

LOCATIONS = "locations"  # the name of the check and the code of the note
SCOPE = "read_locations"
MOST_NAMED = 20  # locations in a message
Filters = Mapping[str, OrderFilter | None]  # by the setting that they stand in
Asked = Mapping[str, Collection[str]]  # the locations by the setting that names them
NO_FILTERS: Filters = {}


@dataclass(frozen=True, slots=True)
class _Trouble:
    told: str
    remedy: str
    code: Exit


def in_filters(filters: Filters) -> Asked:
    """The locations that filters name."""
    return {f"{name}.locations": one.locations for name, one in filters.items() if one is not None}


def check_places(client: ShopifyClient, asked: Asked) -> list[Check]:
    """What `validate` says of the locations asked for; nothing where there are none. Raises Refused and RetryLater."""
    naming = _naming(asked)
    if not naming:
        return []
    found = [failed("shopify", LOCATIONS, one.told, one.remedy, one.code) for one in _troubles(client, naming)]
    return found or [passed("shopify", LOCATIONS, f"the shop has every location of {', '.join(naming)}")]


def place_notes(client: ShopifyClient, asked: Asked) -> list[Note]:
    """The same for a run, which goes on."""
    naming = _naming(asked)
    return [Note(LOCATIONS, one.told, one.remedy) for one in _troubles(client, naming)] if naming else []


def _naming(asked: Asked) -> dict[str, Collection[str]]:
    return {name: places for name, places in asked.items() if places}


def _troubles(client: ShopifyClient, naming: Asked) -> Iterator[_Trouble]:
    names = location_names(client)
    if names is None:
        told = f"The app may not see locations, so {' and '.join(naming)} cannot keep any order out."
        yield _Trouble(told, f"Give the app {SCOPE} and install it anew, or take {' and '.join(naming)} out.", Exit.REMOTE)
        return
    for setting, places in naming.items():
        if unknown := not_among(places, names):
            told = f"The shop has no location {' or '.join(map(_quoted, unknown))}, which {setting} names: no order fits by it."
            has = some_of([_quoted(name) for name in sorted(names)], MOST_NAMED)
            yield _Trouble(told, f"Correct {setting}; the shop has {has}.", Exit.CONFIGURATION)


def _quoted(name: str) -> str:
    return f'"{name}"'
