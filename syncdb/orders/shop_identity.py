"""A shop that the ledger knows stays the same shop, which may change its ways: rows show its clock."""

from collections.abc import Iterable

from syncdb.connectors.order_source import Facts
from syncdb.engine.guards import Cause
from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.sources import Source

KIND = "shopify"
FIRST = "shopify"  # what a configuration with one shop calls it

ZONE_MOVED = "time-zone"  # the consent to rows that change because the shop's time zone did


def one_shop(
    ledger: Ledger,
    *,
    id: str,
    domain: str,
    name: str,
    zone: str,
    currency: str,
    version: str,
    scopes: Iterable[str] | None,
    source: str = FIRST,
    asked: str = "",
) -> None:
    """Keep what the shop says of itself. Raises NeedsPerson when another one answers than the ledger knows, or than was asked.

    `source` is what the configuration calls it: a ledger may have to do with several shops. `asked` is the configured domain; a
    shop that the ledger knows by its id may have taken another since.
    """
    stored = ledger.sources.get(source)
    known = stored.data if stored else None
    if known is not None and known.get("id") != id:
        raise NeedsPerson(
            f"This ledger belongs to the shop {known['domain']}, but {domain} answered. Nothing was changed.",
            next_step="Check shopify_store_name; for a second shop use a second configuration with its own db_path.",
        )
    if known is None and asked and asked != domain:
        raise NeedsPerson(
            f"{asked} is configured, but {domain} answered. Nothing was changed.",
            next_step=f"If {domain} is the shop, put it into shopify_store_name. If requests are sent elsewhere on purpose "
            "(shopify_base_url), check where they go.",
        )
    current = {
        "id": id,
        "domain": domain,
        "name": name,
        "zone": zone,
        "currency": currency,
        "version": version,
        "scopes": sorted(scopes) if scopes is not None else None,
    }
    if current != known:
        with ledger.transaction():
            ledger.sources.put(Source(source, KIND, current))
            if source == FIRST:
                ledger.runs.put(state_keys.SHOP, current)  # where those ask who need not know of a second shop


def same_shop(ledger: Ledger, facts: Facts, asked: str = "") -> None:
    """The same of the one shop of a configuration, as it described itself."""
    one_shop(
        ledger,
        id=facts.shop_id,
        domain=facts.domain,
        name=facts.name,
        zone=facts.zone,
        currency=facts.currency,
        version=facts.version,
        scopes=facts.scopes,
        asked=asked,
    )


def zone_cause(shown: str | None, now: str) -> Cause | None:
    """Why every date may move: the rows were last written by the clock of another time zone. None where they were not."""
    if shown is None or shown == now:
        return None
    return Cause(
        f"The shop's time zone changed from {shown} to {now} since they were written: every date and time is shown by its clock.",
        ZONE_MOVED,
    )
