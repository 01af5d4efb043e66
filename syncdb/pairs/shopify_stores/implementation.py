"""Two stores, both ways: from settings to a run."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from syncdb.clock import Clock
from syncdb.engine.pair_audit import audited_entities
from syncdb.engine.pair_sync import PairSync
from syncdb.engine.progress import Progress
from syncdb.engine.report import Note, Report
from syncdb.engine.request import RunRequest
from syncdb.model import Field
from syncdb.pairs.base import Hearing, Implementation, MadeOnce, Mapped, MappedField, Run
from syncdb.pairs.opening import open_ledger
from syncdb.pairs.shopify_stores.attempts import TRIES
from syncdb.pairs.shopify_stores.checks import check
from syncdb.pairs.shopify_stores.definitions import (
    Lacking,
    make_definitions,
    told,
    wanted_definitions,
)
from syncdb.pairs.shopify_stores.editing import EDITING
from syncdb.pairs.shopify_stores.making import entity_sides
from syncdb.pairs.shopify_stores.media import opened_media
from syncdb.pairs.shopify_stores.pair import SHOPIFY_STORES
from syncdb.pairs.shopify_stores.pairing import leave_pairing
from syncdb.pairs.shopify_stores.selection import OF_THE_PAIR, SharedEntity
from syncdb.pairs.shopify_stores.settings import Store, StoresSettings, load
from syncdb.pairs.shopify_stores.shops import opened_shops
from syncdb.pairs.shopify_stores.stores_run import ORDERS, StoresRun
from syncdb.systems.shopify.deliveries import ShopSender, kinds_of

UNWRITTEN = Note(
    "write off",
    "stores_write is not switched on: this is what a run would do. Nothing was written, neither to the stores nor to the ledger.",
    "Look at it with --test; then set stores_write to true.",
)


@contextmanager
def open_runs(
    settings: StoresSettings, request: RunRequest, only: Sequence[str], clock: Clock, progress: Progress
) -> Iterator[Sequence[Run]]:
    """The one run. Where the stores may not be written it only plans, over a copy of the ledger.

    Raises LedgerBusy, LedgerUnusable, ConfigurationError and RemoteError.
    """
    asked = request if settings.write else replace(request, dry=True)
    selection = settings.selection.only(only)[0] if only else settings.selection
    with (
        open_ledger(settings, asked, clock, SHOPIFY_STORES.name) as ledger,
        opened_shops(settings, ledger, clock) as shops,
        opened_media(shops, ledger, clock.now()) as media,
    ):
        run = StoresRun(entity_sides(settings, ledger, shops, media, request.full or request.force))
        sync = PairSync(ledger, run.pair_run(selection, part=bool(only)), asked, clock, random.SystemRandom(), progress)
        names = [one.store.name for one in shops.by_side.values()]

        def start() -> Report:
            report = sync.run()
            if request.dry and report.failure is None:
                report.note(leave_pairing(ledger, shops, Path.cwd()))
            if not settings.write:
                report.note(UNWRITTEN)
            elif not asked.dry and report.failure is None:
                run.show_links(report)
            return report

        shown = {one.entity.name: _shown(one) for one in selection.entities}
        words = replace(SHOPIFY_STORES.words, place=names[1], title=names[1], right=names[1], left="")
        yield [
            Run(
                "products",
                " and ".join(names),
                words,
                shown,
                tracks_orders=False,
                start=start,
                plans=lambda: sync.plans,
                audit=lambda period: nullcontext(audited_entities(sync, shown)),
                systems={side: one.store.name for side, one in shops.by_side.items()},
            )
        ]


def _shown(one: SharedEntity) -> tuple[Field, ...]:
    return (Field("key", "ID", one.fields[0].field.kind), *(Field(f.field.name, f.field.label, f.field.kind) for f in one.fields))


def _selected(settings: StoresSettings) -> str:
    chosen = ", ".join(one.entity.name for one in settings.selection.entities)
    between = " and ".join(store.name for store in settings.stores)
    return f"{chosen} of {between}; {'both may be written' if settings.write else 'nothing is written (stores_write)'}"


def _mapped(settings: StoresSettings) -> Iterator[Mapped]:
    for one in settings.selection.entities:
        fields = (MappedField(part.field.label, part.field.label, part.rule, part.field.name) for part in one.fields)
        yield Mapped(one.entity.name, settings.stores[1].name, tuple(fields), id=one.entity.name)


def _unknown_fields(settings: StoresSettings, names: Sequence[str]) -> list[str]:
    return settings.selection.only(names)[1] if names else []


def _senders(settings: StoresSettings) -> list[ShopSender]:
    return [
        ShopSender(store.name, store.shopify_store_name, store.webhook_secrets, f"{store.name}_webhook_secret")
        for store in settings.stores
    ]


def _heard_kinds(settings: StoresSettings) -> frozenset[str]:
    kinds = kinds_of(one.entity.name for one in settings.selection.entities if one.entity.name not in OF_THE_PAIR)
    return kinds | {ORDERS} if settings.hears_orders else kinds


def _stores(settings: StoresSettings) -> dict[str, Store]:
    return {store.name: store for store in settings.stores}


def _address(settings: StoresSettings) -> str | None:
    return settings.public_url


def _wanted(settings: StoresSettings) -> list[str]:
    return told(Lacking(store, tuple(wanted_definitions(settings))) for store in settings.stores)


def _made(settings: StoresSettings, clock: Clock) -> list[str]:
    return told(make_definitions(settings, clock))


IMPLEMENTATION = Implementation(
    load,
    open_runs,
    check,
    _selected,
    _unknown_fields,
    tries=TRIES,
    hearing=Hearing(_senders, _heard_kinds, _address, _stores),
    made_once=MadeOnce(_wanted, _made),
    mapped=lambda settings: tuple(_mapped(settings)),
    editing=EDITING,
)
