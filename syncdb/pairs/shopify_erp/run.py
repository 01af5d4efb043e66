"""One run between a shop and an ERP: what is switched on is brought into agreement, and the ERP is told how it went."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from syncdb.clock import Clock
from syncdb.connectors.base import Feed
from syncdb.connectors.order_source import Notice
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.drift import GRANT, hidden_from, hides_own
from syncdb.connectors.postgres.feed import ErpFeed
from syncdb.connectors.postgres.fence import Fence, Kept
from syncdb.connectors.postgres.settings_table import ApiSettings
from syncdb.connectors.postgres.standing import Installation, read_standing
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.catalogue.changes import ChangeFeed
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.locations import read_locations
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.engine.audit import Audited
from syncdb.engine.older_copy import OLDER_COPY, begin_anew
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_run import EntitySync, Naming, PairRun
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.recording import recorded
from syncdb.engine.report import Note, Report
from syncdb.engine.request import RunRequest
from syncdb.errors import ConfigurationError, LedgerBusy, NeedsPerson, Refused, SyncdbError
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.pairs import RegisteredPair
from syncdb.model import Plan, Side
from syncdb.orders.redaction import catch_up
from syncdb.orders.shop_identity import same_shop
from syncdb.pairs.registry import people_kept
from syncdb.pairs.shopify_erp import goods, stock, switches
from syncdb.pairs.shopify_erp.entity_pairs import EntityPairs
from syncdb.pairs.shopify_erp.feeds import CUSTOMERS, INVENTORY, ORDERS, OURS, PRODUCTS, ErpChanges, ShopChanges
from syncdb.pairs.shopify_erp.fields import FIELDS
from syncdb.pairs.shopify_erp.foretelling import Making, foretell
from syncdb.pairs.shopify_erp.known_by import KnownBy
from syncdb.pairs.shopify_erp.named import Named
from syncdb.pairs.shopify_erp.pair import SHOPIFY_ERP
from syncdb.pairs.shopify_erp.parting import part
from syncdb.pairs.shopify_erp.places import places_of
from syncdb.pairs.shopify_erp.queue_work import QueueWork, crew_of
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.pairs.shopify_erp.telling import Telling, Written
from syncdb.pairs.shopify_erp.turns import ANEW, Turns
from syncdb.pairs.shopify_erp.webhooks import tell_webhooks
from syncdb.programs import MANAGER
from syncdb.systems.shopify.deliveries import SHOP
from syncdb.values import iso


def _nothing() -> None:
    """A run that writes nothing holds nothing."""


@dataclass(slots=True)
class ErpRun:
    """One run. `only` names entities to look at, empty for all that are switched on."""

    settings: ErpSettings
    ledger: Ledger
    shopify: ShopifyClient
    database: ErpDatabase
    tables: ErpTables
    request: RunRequest
    only: tuple[str, ...] = ()
    plans: Mapping[str, Plan] = field(default_factory=dict)
    _queue: QueueWork | None = None
    _notices: list[Notice] = field(default_factory=list)
    _written: Written = field(default_factory=dict)
    _makings: Mapping[str, Making] = field(default_factory=dict)
    _fence: Fence | None = None
    _known_as: str = ""  # once the database answered
    _place: str = ""

    @property
    def name(self) -> str:
        """What the ledger calls the runs."""
        return self._registered("")

    def run(self, clock: Clock, rng: random.Random, progress: Progress) -> Report:
        """Do it all and record how it went. What a person can act on is in the report; only defects are raised."""
        catch_up(self.ledger, people_kept())
        try:
            return self._run(clock, rng, progress)
        finally:
            if self._fence is not None:
                self._fence.give_back()

    def _run(self, clock: Clock, rng: random.Random, progress: Progress) -> Report:
        try:
            sync = self._sync(clock, rng, progress)
        except LedgerBusy:
            raise
        except SyncdbError as stopped:
            return self._not_begun(stopped, clock)
        report = sync.run()
        self.plans = sync.plans
        if self.request.dry:
            foretell(report, self.plans, self._makings)
        else:
            Telling(self.ledger, self.database, self.tables, self._written, self._registered).tell(report, self._queue)
            if self.request.named or report.mode == "full":
                self._tell_webhooks(report)
        return report

    def _tell_webhooks(self, report: Report) -> None:
        try:
            tell_webhooks(self.database, self.tables, self.settings.db_path)
        except SyncdbError as error:
            told = f"The ERP's table of webhooks could not be brought up to date: {error}"
            report.note(Note("webhooks", told, error.next_step))

    def audited(self, clock: Clock, rng: random.Random, progress: Progress) -> list[Audited]:
        """What is kept in step, ready to be read anew. Raises what looking at either side raises."""
        return audited_entities(self._sync(clock, rng, progress), FIELDS)

    def _not_begun(self, stopped: SyncdbError, clock: Clock) -> Report:
        def steps(report: Report) -> None:
            raise stopped

        return recorded(self.ledger, self.name, self.request.dry, clock, steps)

    @property
    def _known_by(self) -> KnownBy:
        return KnownBy(self.ledger, self.settings.erp_database_url, self.settings.erp_schema)

    def _registered(self, entity: str) -> str:
        """The name of an entity's pair in the ledger, or without one that of the runs; the ledger knows it from now on."""
        base = self._known_as or self._known_by.unseen()
        name = f"{base}:{entity}" if entity else base
        self.ledger.register(RegisteredPair(name, SHOPIFY_ERP.name, entity))
        return name

    # --- making it ready

    def _sync(self, clock: Clock, rng: random.Random, progress: Progress) -> PairSync:
        api, examined, kept, installation = read_standing(self.database, self.tables)
        if not examined.installed:
            told = f"The sync is not installed in the schema {self.settings.erp_schema} of the ERP's database."
            raise ConfigurationError(
                [f"{told} Nothing was written."],
                next_step=f"Install it: {MANAGER} erp install",
            )
        if kept.version == 0 and hides_own(self.tables, examined.hidden):
            raise Refused(hidden_from(self.database.address), next_step=GRANT)
        self.tables, self._place = examined.tables, installation.place
        self._known_as = self._known_by.seen(installation)
        self.shopify.api_version = switches.version_of(self.settings, api)
        self._notices = list(switches.notices(self.settings, api, examined))
        chosen = switches.chosen(api, examined, self.only)
        hints: dict[str, Sequence[str]] = {}
        hold: Callable[[], None] = _nothing
        turns = self._turns_of(kept, installation)
        if not self.request.dry:
            self._fence = Fence(self.database, self.tables, turns.shop, turns.own, kept, clock, self._counted(turns))
            self._fence.refuse_if_held()
            hold = self._fence.hold
        pair_run = self._pair_run(api, chosen, hints, turns.put_back(), clock, hold)
        if OLDER_COPY in self.request.accept and not self.only:
            self._part(clock)
        elif not self.request.dry and not turns.put_back() and (why := turns.agreed_no_more()):
            self._take_over(pair_run, why, clock)  # before anybody is told that this ledger goes on
        if not self.request.dry and not self.request.only_named and not self._stops(turns):
            self._queue = QueueWork(self.database, self.tables, chosen, self.ledger.id)
            hints |= self._queue.begin(hold)
        return PairSync(self.ledger, pair_run, self.request, clock, rng, progress)

    def _turns_of(self, kept: Kept, found: Installation) -> Turns:
        shop, own = self.shopify.shop, crew_of(self.ledger.id)
        return Turns(self.ledger, self.name, shop, found, own, kept.by_shop.get(shop))

    def _counted(self, turns: Turns) -> Callable[[int], None]:
        """Keeps how far the database counts; not while that is in an earlier state and nobody said that it is to stay."""
        return (lambda turn: None) if self._stops(turns) else turns.keep

    def _stops(self, turns: Turns) -> bool:
        """Whether the run will stop before it works, and must leave the turns of the older database as they are."""
        return bool(turns.put_back()) and (OLDER_COPY not in self.request.accept or bool(self.only))

    def _part(self, clock: Clock) -> None:
        self._notices += part(self.ledger, self._registered, self.database, self.tables, iso(clock.now()))

    def _take_over(self, pair_run: PairRun, why: str, clock: Clock) -> None:
        """What this ledger knows as agreed is agreed no more."""
        known = any(self.ledger.runs.get(state_keys.cursor(pair_run.name, side.value)) for side in Side)
        if not known or not pair_run.entities:
            return
        if pair_run.part:
            raise NeedsPerson(f"{why} Nothing was written.", next_step="Run once without --fields: all of it is looked at then.")
        if why == ANEW:
            self._part(clock)
        begin_anew(self.ledger, pair_run.name, {one.pair.name: one.pair.policy for one in pair_run.entities})
        told = f"{why} Everything is looked at, and where the two differ in what both may change you are asked."
        self._notices.append(Notice("another ledger", told, "Let one machine run it: docs/erp.md, Several machines."))

    def _pair_run(
        self,
        api: ApiSettings,
        chosen: Sequence[str],
        hints: Mapping[str, Sequence[str]],
        older: str,
        clock: Clock,
        hold: Callable[[], None],
    ) -> PairRun:
        conversation = Conversation(self.shopify)
        made = EntityPairs(self.settings, self.ledger, self.database, self.tables, self.request, conversation, self._registered)
        self._written, self._makings = made.told, made.makings
        entities, told = self._entities(made, api, chosen, clock)
        if chosen:
            same_shop(self.ledger, conversation.shop().facts, self.shopify.shop)
        overlap = timedelta(minutes=self.settings.overlap_minutes)
        read = {PRODUCTS: goods.READ, INVENTORY: stock.READ, CUSTOMERS: ("email",)}
        theirs = {ours: name for name, ours in OURS.items()}
        watched = {theirs.get(one.name, one.name): read.get(one.name, ()) for one in entities}
        rows = [one for one in ("orders", "order_items", "inventory", "products", "customers") if one in self.tables]
        feeds: dict[Side, Feed] = {
            Side.LEFT: ShopChanges(ChangeFeed(conversation, watched, overlap), told),
            Side.RIGHT: ErpChanges(
                ErpFeed(self.database, self.tables, rows, place=self._place), self.database, self.tables, hints, older
            ),
        }

        def news() -> list[Notice]:
            found = [*self._notices, *conversation.news(), *made.news()]
            self._notices = []
            return found

        part, lacking = bool(self.only), any(one.code.startswith(switches.UNUSABLE) for one in self._notices)
        naming = {Side.LEFT: Naming(SHOP, Named(conversation, [one.name for one in entities], told))}
        return PairRun(self.name, entities, feeds if chosen else {}, lambda: None, news, part, naming, lacking=lacking, hold=hold)

    def _entities(
        self, made: EntityPairs, api: ApiSettings, chosen: Sequence[str], clock: Clock
    ) -> tuple[list[EntitySync], Callable[[tuple[str, ...] | None], None]]:
        """What is kept in step, goods and customers before the orders that name them; and what hears of orders."""
        entities: list[EntitySync] = []
        places = places_of(read_locations(made.conversation), api.default_location_id) if INVENTORY in chosen else None
        if PRODUCTS in chosen:
            entities.append(made.products(places))
            if (texts := made.texts()) is not None:
                entities.append(texts)
        if places is not None:
            entities.append(made.inventory(places))
        if CUSTOMERS in chosen:
            entities.append(made.customers())
        if ORDERS not in chosen:
            return entities, lambda gids: None
        orders, adoption = made.orders(clock)
        return [*entities, orders], adoption.told
