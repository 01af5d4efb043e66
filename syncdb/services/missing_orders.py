"""`missing` with the network: the shop and every place with orders asked, and what was missed fetched."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from syncdb.clock import Clock
from syncdb.connectors.order_source import Facts, Listed
from syncdb.connectors.shopify.presence import Presence
from syncdb.errors import NeedsPerson, RemoteError, SyncdbError
from syncdb.ledger import Ledger
from syncdb.ledger.queries import order_presence as held
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.ledger.runs import Problem
from syncdb.orders.completeness import Bounds, ask_shop, unasked
from syncdb.orders.intake import FETCH
from syncdb.services.missing_result import MissingOrders, PlaceRows, RowCheck
from syncdb.services.run_now import run_all_now
from syncdb.services.validation import UsablePair
from syncdb.systems.shopify.connecting import shop_of
from syncdb.systems.shopify.keys import ShopSettings
from syncdb.values import iso

BOUNDS = Bounds(gaps=60, pages=8, days=31)


def look(pairs: Sequence[UsablePair], days: int, clock: Clock) -> MissingOrders:
    """Ask the shop and every place of these pairs, all of which track orders; who cannot be reached is named in the result."""
    settings = pairs[0].settings
    assert isinstance(settings, ShopSettings), "orders come from a shop"
    with reading(settings.db_path) as reader:
        now = clock.now()
        since = now - timedelta(days=days)
        try:
            with shop_of(settings, clock) as client:
                shop = Presence(client)
                orders = ask_shop(reader, shop, _same_shop(reader, shop.facts()), since, now, days, BOUNDS)
        except RemoteError as away:
            orders = unasked(reader, since)
            orders.refused = str(away)
        return MissingOrders(orders, [PlaceRows(one.pair, compare_rows(reader, one, clock)) for one in pairs])


def _same_shop(reader: LedgerReader, facts: Facts) -> Facts:
    known = reader.shop
    if known and known["id"] != facts.shop_id:
        raise NeedsPerson(
            f"This ledger belongs to the shop {known['domain']}, but {facts.domain} answered.",
            next_step="Check shopify_store_name and db_path.",
        )
    return facts


def compare_rows(reader: LedgerReader, one: UsablePair, clock: Clock) -> RowCheck:
    """Hold the keys that a place shows against the ledger's."""
    assert one.orders is not None, "only pairs that track orders have rows of them"
    rows = RowCheck()
    try:
        shown = one.orders.rows_shown(one.settings, reader, clock)
    except SyncdbError as away:
        rows.refused, rows.next_step, rows.code = str(away), away.next_step, away.exit_code
        return rows
    if shown is None:
        rows.refused = one.pair.words.uncompared or "no run has written to it yet"
        return rows
    expected = held.rows_expected(reader, shown.pair)
    rows.doubled = _doubled(reader, shown.doubled, expected)
    if shown.problem:
        rows.refused = shown.problem
        return rows
    rows.compared = len(shown.keys)
    rows.lacking = held.names_of(reader, {order_id for key, order_id in expected.items() if key not in shown.keys})
    rows.foreign = sorted(shown.keys - held.keys_known(reader, shown.pair))
    return rows


def _doubled(reader: LedgerReader, doubled: Mapping[str, Sequence[str]], orders: Mapping[str, str]) -> list[str]:
    """Keys that stand in several rows, as people find them: by the order, and where."""
    names = held.names_of(reader, {orders[key] for key in doubled if key in orders})
    called = {key: f"{names[orders[key]]}, {key}" if orders.get(key) in names else key for key in doubled}
    return [f"{called[key]} (rows {', '.join(places)})" for key, places in doubled.items()]


def fetch_missed(pairs: Sequence[UsablePair], found: MissingOrders, clock: Clock) -> None:
    """Note each missed order, so that a run asks for it by id and its history shows why; then run.

    Missed orders are to stand in every place; where only rows are lacking, only the places that lack some are looked through.
    """
    lacking = note_missed(pairs, found, clock)
    if found.orders.missed or lacking:
        found.fixed = run_all_now(pairs if found.orders.missed else lacking, full=lacking, orders_only=True, clock=clock)


def note_missed(pairs: Sequence[UsablePair], found: MissingOrders, clock: Clock) -> list[UsablePair]:
    """Have the next run ask for each missed order by its id; the pairs whose places lack rows, which a full run puts back."""
    if found.orders.missed:
        with Ledger.open(pairs[0].settings.db_path, clock.now()) as ledger, ledger.transaction():
            last = held.last_run(LedgerReader(ledger.connection, ledger.path))
            for one in found.orders.missed:
                ledger.problems.add(_missed(one), last, iso(clock.now()))
    return [one for one, place in zip(pairs, found.places, strict=True) if place.rows.lacking]


def _missed(one: Listed) -> Problem:
    return Problem(
        FETCH,
        "missed",
        f"Order {one.name} of {iso(one.created_at)[:10]} is in the shop and was not in the ledger.",
        one.order_id,
        one.name,
        "Nothing to do: the next run asks for it by its id.",
    )
