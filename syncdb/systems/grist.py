"""Trying everything that a run between a shop and a Grist document needs: configuration, permissions, document, tables."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from syncdb.clock import SYSTEM, Clock
from syncdb.config import GristSettings, load_grist
from syncdb.connectors.grist import GristClient, GristDocument, MonthlyCalls, TableBinding
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.layout import TableState, WantedTable
from syncdb.connectors.grist.structure import survey
from syncdb.connectors.grist.target import find_document
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import entity_named
from syncdb.connectors.shopify.facts import Facts
from syncdb.decoding import understood
from syncdb.errors import ConfigurationError, Exit, SyncdbError
from syncdb.http import Retrier
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.model import Owner
from syncdb.pairs.selection import ORDERS, Selection
from syncdb.pairs.shopify_grist.pair import binding_name, wanted_tables
from syncdb.services.run_now import PATIENCE, shop_of
from syncdb.systems.shopify import Check, check_horizon, check_version, failed, passed, refused, same_shop, skipped

SHARE = "In Grist: Share > Manage users > make the API key's owner (for a service account its login) an Editor."
ROOM = "what the plan allows is not told by Grist (a free hosted site: 5,000 rows a document, documented)"


def read_grist_configuration(
    flags: Mapping[str, object], env: Mapping[str, str], directory: Path, config: Path | None
) -> tuple[GristSettings | None, list[Check]]:
    """The settings, None where they cannot be used, and a failed check for each problem."""
    try:
        settings = load_grist(flags, env, directory, config)
    except ConfigurationError as error:
        code = Exit.CONFIGURATION
        return None, [failed("configuration", "grist", problem, error.next_step, code) for problem in error.problems]
    told = f"{', '.join(_names(settings.selection))}; to the shop is written: {', '.join(settings.shopify_writes) or 'nothing'}"
    return settings, [
        passed("configuration", "grist", told),
        *(passed("configuration", "note", notice) for notice in settings.notices),
    ]


def _names(selection: Selection) -> list[str]:
    return [one.entity.name for one in selection.entities] + ([ORDERS] if selection.orders else [])


# --- the shop


def check_shop(settings: GristSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """Token, shop, the permissions that the chosen fields need, and the API version, in one or two requests."""
    try:
        with shop_of(settings, clock) as client:
            shop = Conversation(client).shop()
    except SyncdbError as error:
        return [refused("shopify", "token", error), *(skipped("shopify", name, "no access") for name in ("scopes", "version"))]
    facts = Facts(shop.shop_id, shop.domain, shop.name, shop.zone.key, shop.currency, shop.scopes, shop.version)
    return [
        passed("shopify", "token", f"{facts.name} ({facts.domain}), {facts.zone}, {facts.currency}"),
        *same_shop(facts, reader),
        check_scopes(settings, facts),
        *([check_horizon(settings, facts, clock.now())] if settings.selection.orders else []),
        check_version(settings, facts, clock.now()),
    ]


def check_scopes(settings: GristSettings, facts: Facts) -> Check:
    """Whether the app may read what is kept in step, and write what `shopify_writes` allows."""
    if facts.scopes is None:
        return skipped("shopify", "scopes", "the app may not see its own permissions")
    needs = needed_scopes(settings.selection)
    # a permission to write includes that to read (documented)
    lacking = {need: why for need, why in needs.items() if not facts.scopes & {need, need.replace("read_", "write_", 1)}}
    if lacking:
        told = "; ".join(f"{scope} is missing ({', '.join(why)})" for scope, why in sorted(lacking.items()))
        names = ", ".join(sorted(lacking))
        remedy = f"Give the app {names} and install it anew, or take that out of grist_sync or shopify_writes."
        return failed("shopify", "scopes", told, remedy, Exit.REMOTE)
    return passed("shopify", "scopes", ", ".join(sorted(needs)))


def needed_scopes(selection: Selection) -> dict[str, list[str]]:
    """The access scopes that a selection needs, each with what for."""
    needs: dict[str, list[str]] = {}
    for one in selection.entities:
        entity = entity_named(one.entity.name)
        for scope in entity.read_scopes:
            needs.setdefault(scope, []).append(f"to read {entity.name}")
        if any(part.rule.owner is not Owner.LEFT for part in one.fields):
            needs.setdefault(entity.write_scope, []).append(f"to write {entity.name}")
    if selection.orders:
        needs.setdefault("read_orders", []).append("to read orders")
        if selection.orders.from_grist:
            needs.setdefault("write_orders", []).append("to write notes and tags of orders")
    return needs


# --- Grist


@contextmanager
def grist_of(settings: GristSettings, reader: LedgerReader | None, clock: Clock) -> Iterator[GristClient]:
    """A client for the configured server, which keeps to what is left of the month's calls."""
    stored = (reader.meta("grist_calls") if reader else None) or {"month": "", "used": 0}
    calls = MonthlyCalls(settings.grist_calls_per_month, stored["month"], stored["used"], clock.now)
    retrier = Retrier(deadline=min(PATIENCE, settings.deadline_seconds), clock=clock)
    client = GristClient(settings.grist_server, settings.grist_api_key, None, clock, retrier, calls)
    try:
        yield client
    finally:
        client.close()


def check_grist(settings: GristSettings, reader: LedgerReader | None, clock: Clock = SYSTEM) -> list[Check]:
    """Server, key, document, right to edit, what is hidden, tables and columns, calls and room. Nothing is made or changed."""
    checks: list[Check] = []
    shop = (reader.meta("shop") if reader else None) or {"zone": "UTC", "currency": "XXX"}
    with grist_of(settings, reader, clock) as client:
        try:
            document = GristDocument(client, find_document(client, settings.grist_document, settings.grist_workspace, make=False))
            checks += _document(client, document)
            checks.append(_sight(document))
            request = wanted_tables(settings.selection, str(shop["zone"]), str(shop["currency"]))
            standing: dict[str, TableState] = {}
            for name, wish in request.items():
                checks.append(_table(document, name, wish, reader, standing))
            checks.append(_room(document, standing))
        except SyncdbError as error:
            checks.append(_refused(error, settings))
        checks.append(_calls(client, settings))
    done = {check.name for check in checks}
    return checks + [skipped("grist", name, "not reached") for name in ("document", "edit") if name not in done]


def _refused(error: SyncdbError, settings: GristSettings) -> Check:
    """What stopped the questions, under the name of what is wrong."""
    cause = error if isinstance(error, Declined) else error.__cause__
    if isinstance(cause, Declined):
        return refused("grist", "key" if cause.status == 401 else "document", error)
    if isinstance(error, ConfigurationError):
        return refused("grist", "document", error)
    remedy = f"See whether {settings.grist_server} (grist_server) opens in a browser of this computer. {error.next_step}".rstrip()
    return failed("grist", "server", str(error), remedy, error.exit_code)


def _document(client: GristClient, document: GristDocument) -> Iterator[Check]:
    """One question tells of server, key, document and role."""
    try:
        answer = client.get(document.path)
    except Declined as declined:
        raise document.explained(declined) from declined
    name, role = _described(answer)
    login = document.login()
    yield passed("grist", "server", client.base_url)
    yield passed("grist", "key", f"of {login}" if login else "accepted")
    yield passed("grist", "document", f'"{name}" ({document.id})')
    if role in ("owners", "editors"):
        yield passed("grist", "edit", "may edit")
    else:
        yield failed("grist", "edit", f"may only look (role: {role})", SHARE, Exit.REMOTE)


@understood("Grist")
def _described(answer: Mapping[str, Any]) -> tuple[str, str]:
    return str(answer["name"]), str(answer["access"])


def _sight(document: GristDocument) -> Check:
    if document.sees_all():
        return passed("grist", "sight", "no access rule hides anything from this key")
    told = "access rules hide a part of the document from this key: what is not shown counts as not known"
    return passed("grist", "sight", told, "Let the access rules show everything to the key's owner.")


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


def _calls(client: GristClient, settings: GristSettings) -> Check:
    calls = client.budget
    assert isinstance(calls, MonthlyCalls)
    told = f"{calls.used:,} this month, those of this check included"
    if settings.grist_calls_per_month is None:
        return passed("grist", "calls", f"{told}; no limit is set (grist_calls_per_month)")
    return passed("grist", "calls", f"{told}; {calls.left:,} of {settings.grist_calls_per_month:,} left")


def _room(document: GristDocument, standing: Mapping[str, TableState]) -> Check:
    tables = [found.table.id for found in standing.values() if found.table]
    if not tables:
        return skipped("grist", "room", ROOM)
    counts = " + ".join(f'(SELECT count(*) FROM "{table}")' for table in tables)
    try:
        answer = document.client.call("POST", f"{document.path}/sql", {"sql": f"SELECT {counts} AS n"})
    except Declined as declined:
        return skipped("grist", "room", f"rows could not be counted ({declined.text}); {ROOM}")
    return passed("grist", "room", f"{_counted(answer):,} rows in these tables; {ROOM}")


@understood("Grist")
def _counted(answer: Mapping[str, Any]) -> int:
    return int(answer["records"][0]["fields"]["n"])
