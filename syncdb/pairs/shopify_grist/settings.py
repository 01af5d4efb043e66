"""What keeping a shop and a Grist document in step runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncdb.config.reading import Reading, read
from syncdb.pairs.registry import known_keys
from syncdb.pairs.shopify_grist.pair import SHOPIFY_GRIST
from syncdb.systems.shopify.keys import ShopSettings, choose_credentials

if TYPE_CHECKING:  # the catalogue behind it is large and only needed where it is chosen from
    from syncdb.pairs.chosen import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class GristSettings(ShopSettings):
    """The settings, complete. `grist_document` is an id, or a name within `grist_workspace`."""

    grist_server: str
    grist_api_key: str = field(repr=False)
    grist_webhook_token: str | None = field(repr=False)
    grist_document: str
    grist_workspace: int | None
    grist_calls_per_month: int | None
    shopify_writes: tuple[str, ...]
    selection: "Selection"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*self.shop_secrets, *(one for one in (self.grist_api_key, self.grist_webhook_token) if one))


def load(flags: Mapping[str, Any], env: Mapping[str, str], directory: Path, config_path: Path | None = None) -> GristSettings:
    """The settings of a run, from the places that `config.reading.read` names.

    Raises ConfigurationError with every problem found: what is wrong, where it was looked for, what to do. Never a secret.
    """
    reading = read(SHOPIFY_GRIST.all_keys, known_keys(), flags, env, directory, config_path, SHOPIFY_GRIST.name)
    choose_credentials(reading)
    selection = _parse_selection(reading)
    reading.tell_detour("shopify_base_url", "Shopify")
    if not reading.values["grist_workspace"] and reading.values["grist_document"]:
        _refuse_name(reading)
    reading.refuse_problems()
    reading.values["shopify_writes"] = reading.values["shopify_writes"] or ()
    del reading.values["grist_sync"]
    return GristSettings(**reading.values, selection=selection, notices=reading.hidden(reading.notices))


def _refuse_name(reading: Reading) -> None:
    """Without a workspace only an id will do. Ids are letters and digits (documented)."""
    document = reading.values["grist_document"]
    if not document.isalnum():
        reading.problems.append(
            f"grist_document = {document!r} ({reading.where('grist_document')}): this is no document's id. Copy the document's "
            "address, or give grist_workspace, too, if it is a name."
        )


def _parse_selection(reading: Reading) -> "Selection":
    # the catalogue of fields is large and only needed where fields are chosen
    from syncdb.pairs.selection import parse_selection

    raw = reading.values
    selection = parse_selection(raw["grist_sync"], raw["shopify_writes"] or (), raw["edited_cells"])
    where = reading.where("grist_sync")
    reading.problems += [
        problem if problem.startswith("shopify_writes") else f"grist_sync ({where}): {problem}." for problem in selection.problems
    ]
    return selection
