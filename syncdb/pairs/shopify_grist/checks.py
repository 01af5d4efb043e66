"""Trying what a run between a shop and a Grist document needs: the shop's permissions, the document, its tables."""

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.grist import GristDocument, TableBinding
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.layout import TableState, WantedTable
from syncdb.connectors.grist.structure import survey
from syncdb.connectors.grist.target import find_document
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import entity_named
from syncdb.connectors.shopify.ordering.shipping import SCOPE
from syncdb.errors import SyncdbError
from syncdb.ledger import state_keys
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.model import Owner
from syncdb.pairs.chosen import Selection
from syncdb.pairs.filter_places import check_places
from syncdb.pairs.metafield_types import stored_types
from syncdb.pairs.shopify_grist.pictures import SENDING
from syncdb.pairs.shopify_grist.settings import GristSettings
from syncdb.pairs.shopify_grist.tables import binding_name, places_asked, wanted_tables
from syncdb.systems.check import Check, passed, refused, skipped
from syncdb.systems.grist.checks import check_calls, check_document, check_room, check_sight, stopped
from syncdb.systems.grist.connecting import grist_of
from syncdb.systems.shopify.checks import check_horizon, check_scopes, check_version, no_access, same_shop, who_answers
from syncdb.systems.shopify.connecting import shop_of


def check(settings: GristSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """All that a run needs of both systems."""
    return [*check_shop(settings, reader, clock), *check_grist(settings, reader, clock)]


def check_shop(settings: GristSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """Token, shop, the permissions that the chosen fields need, and the API version, in one or two requests."""
    try:
        with shop_of(settings, clock) as client:
            shop = Conversation(client).shop()
            places = check_places(client, places_asked(settings.selection.orders))
    except SyncdbError as error:
        return no_access("shopify", error)
    facts = shop.facts
    needed = {scope: ", ".join(why) for scope, why in needed_scopes(settings.selection).items()}
    return [
        who_answers("shopify", facts),
        *same_shop(settings, facts, reader),
        check_scopes("shopify", facts, needed, "take that out of grist_sync or shopify_writes"),
        *([check_horizon(settings, facts, clock.now())] if settings.selection.orders else []),
        check_version(settings, facts, clock.now()),
        *places,
    ]


def needed_scopes(selection: Selection) -> dict[str, list[str]]:
    """The access scopes that a selection needs, each with what for."""
    needs: dict[str, list[str]] = {}
    for one in selection.entities:
        entity = entity_named(one.entity.name)
        for scope in entity.read_scopes:
            needs.setdefault(scope, []).append(f"to read {entity.name}")
        if any(part.rule.owner is not Owner.LEFT for part in one.fields):
            needs.setdefault(entity.write_scope, []).append(f"to write {entity.name}")
    if selection.pictures:
        for scope in (SENDING, entity_named("products").write_scope):
            needs.setdefault(scope, []).append("to bring pictures")
    if selection.orders:
        needs.setdefault("read_orders", []).append("to read orders")
        if selection.orders.from_grist:
            needs.setdefault("write_orders", []).append("to write notes, tags and statuses of orders")
        if set(selection.orders.statuses) - {"order_status"}:
            needs.setdefault(SCOPE, []).append("to fulfil orders")
    return needs


def check_grist(settings: GristSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """Server, key, document, right to edit, what is hidden, tables and columns, calls and room. Nothing is made or changed."""
    checks: list[Check] = []
    shop = (reader.shop if reader else None) or {"zone": "UTC", "currency": "XXX"}
    with grist_of(settings, reader, clock) as client:
        try:
            document = GristDocument(client, find_document(client, settings.grist_document, settings.grist_workspace, make=False))
            checks += check_document(client, document)
            types = stored_types(reader.meta(state_keys.METAFIELD_TYPES) if reader else None)
            request = wanted_tables(settings.selection, str(shop["zone"]), str(shop["currency"]), types)
            standing: dict[str, TableState] = {}
            for name, wish in request.items():
                checks.append(_table(document, name, wish, reader, standing))
            checks += [check_sight(document, standing), check_room(document, standing)]
        except SyncdbError as error:
            checks.append(stopped(error, settings.grist_server))
        checks.append(check_calls(client, settings.grist_calls_per_month))
    done = {check.name for check in checks}
    return checks + [skipped("grist", name, "not reached") for name in ("document", "edit") if name not in done]


def _table(
    document: GristDocument, name: str, wish: WantedTable, reader: LedgerReader | None, standing: dict[str, TableState]
) -> Check:
    """How a table stands against what is wanted."""
    stored = reader.meta(binding_name(document.id, name, wish.table)) if reader else None
    try:
        found = survey(document, wish, TableBinding.from_data(stored) if stored else None, False)
    except Declined as declined:
        return refused("grist", name, document.explained(declined))  # type: ignore[arg-type]
    except SyncdbError as error:
        return refused("grist", name, error)
    if found.table is None:
        return skipped("grist", name, f'table "{wish.table}" is not there yet; the first run makes it')
    standing[name] = found
    return passed("grist", name, _told(wish, found))


def _told(wish: WantedTable, found: TableState) -> str:
    table = found.table.id if found.table else wish.table
    lacking = [wish.asked[name] for name in (*found.missing, *found.empty)]
    told = f'the next run adds to "{table}": {", ".join(lacking)}' if lacking else f'all columns stand in "{table}"'
    places = found.layout.places if found.layout else {}
    formulas = [place.id for place in places.values() if place.computed]
    return told + (f"; formulas, read only: {', '.join(formulas)}" if formulas else "")
