"""Media of two shops under the engine: what people change on either side comes over, whatever becomes of the answers."""

import random
from collections import Counter
from typing import Any

import pytest
import requests

from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.contents import Contents
from syncdb.connectors.shopify.products.media import Identified, MediaWriter
from syncdb.connectors.shopify.products.media_side import MediaSide
from syncdb.connectors.shopify.products.media_writes import MediaMutations
from syncdb.connectors.shopify.products.uploads import Uploader
from syncdb.engine.apply import Applier
from syncdb.engine.guards import Limits
from syncdb.engine.match import Matching
from syncdb.engine.progress import Silent
from syncdb.engine.reconcile import EntityPair, Reconciled, linked, reconcile
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.ledger.links import Link
from syncdb.model import Owner, Policy, Rule, Side, Tie
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.money import Node
from tests.connectors.shopify.products.conftest import Shelf

RULES = {"media": Rule(Owner.BOTH, tie=Tie.ASK), "pictures": Rule(Owner.BOTH, tie=Tie.ASK)}
LIMITS = Limits(few=10**6, few_restored=10**6, few_deletes=10**6, few_live=10**6)


class TwoShops:
    """Two shops with the same products, a ledger between them; each run is a new process."""

    def __init__(self, shelf: Shelf, other: Shelf, ledger: Ledger, products: int = 3) -> None:
        self.shelves = {Side.LEFT: shelf, Side.RIGHT: other}
        self.ledger = ledger
        self.rng = random.Random(5)
        self.told = ""
        self.pairs: list[tuple[Node, Node]] = []
        for number in range(products):
            left, right = (self.made(one, number) for one in (shelf, other))
            self.pairs.append((left, right))
            with ledger.transaction():
                ledger.links("products").put(Link(left["id"], left["id"], right["id"]))

    def made(self, shelf: Shelf, number: int) -> Node:
        product = shelf.merchant.add_product(f"Weste {number}", sku=f"W-{number}")
        shelf.merchant.add_variant(product["id"], {"Title": "Zwei"})
        return product

    def sync(self) -> Reconciled:
        clock = self.shelves[Side.LEFT].world.time.clock()
        self.shelves[Side.LEFT].world.time.seconds += 3600
        with requests.Session() as session:
            sides = {side: self.side(side, session) for side in Side}
            for side in Side:
                sides[side].theirs = sides[side.other]
                sides[side].writer.theirs = sides[side.other].known
            pair = EntityPair(
                "media", sides[Side.LEFT], sides[Side.RIGHT], Policy(RULES), LIMITS, Matching(("product",)),
                references={"product": "products"},
            )  # fmt: skip
            with self.ledger.transaction():
                run_id = self.ledger.runs.start("media", "full", "2026-11-21T07:00:00Z")
            pair = linked(pair, self.ledger)
            applier = Applier(self.ledger, "media", pair.sides, run_id, clock, self.rng, Silent(), joins=pair.joins)
            applier.settle_unfinished()
            result = reconcile(self.ledger, pair, None, applier, Silent())
            with self.ledger.transaction():
                self.ledger.runs.end(run_id, "2026-11-21T07:00:01Z", 0, "", result.counts, [], False)
            self.told = " ".join(one.message for side in sides.values() for one in side.conversation.news())
        return result

    def side(self, side: Side, session: requests.Session) -> MediaSide:
        shelf = self.shelves[side]
        conversation, reader = shelf.conversation(), shelf.reader()
        retrier = Retrier(deadline=30.0, clock=shelf.world.time.clock(), jitter=lambda: 0.5)
        contents, sender = Contents(session, retrier), Sender(conversation)
        known = Identified(self.ledger.media(side.value, shelf.world.now()), contents)
        writer = MediaWriter(reader, MediaMutations(sender), Uploader(sender, session, retrier), known, known)
        return MediaSide(conversation, reader, known, writer, lambda key: self.counterpart(side, key))

    def counterpart(self, side: Side, key: str) -> str | None:
        links = self.ledger.links("products")
        found = links.by_left([key]) if side is Side.LEFT else links.by_right([key])
        if key not in found:
            return None
        return found[key].right_id if side is Side.LEFT else found[key].left_id

    def shown(self, side: Side) -> list[list[tuple[bytes, str]]]:
        products = [pair[0 if side is Side.LEFT else 1] for pair in self.pairs]
        return [[(one["_content"], one["alt"]) for one in product["media"]] for product in products]

    def pictures(self, side: Side) -> list[list[int | None]]:
        products = [pair[0 if side is Side.LEFT else 1] for pair in self.pairs]
        return [
            [product["media"].index(one["media"][0]) if one["media"] else None for one in product["variants"]]
            for product in products
        ]

    def traffic(self) -> tuple[int, int]:
        """Writes and uploads in both shops so far."""
        shelves = self.shelves.values()
        return sum(one.requests("write") for one in shelves), sum(one.goods.files.uploads for one in shelves)

    def alike(self) -> bool:
        return self.shown(Side.LEFT) == self.shown(Side.RIGHT) and self.pictures(Side.LEFT) == self.pictures(Side.RIGHT)


@pytest.fixture
def shops(shelf: Shelf, other: Shelf, ledger: Ledger) -> TwoShops:
    made = TwoShops(shelf, other, ledger)
    for shade, (left, _) in enumerate(made.pairs):
        shelf.picture(left, shade * 10 + 1, "vorn")
        shelf.picture(left, shade * 10 + 2, "")
        left["variants"][1]["media"] = [left["media"][1]]
    return made


def test_media_come_over_once(shops: TwoShops) -> None:
    result = shops.sync()
    assert shops.alike() and len(result.plan.operations) == 3 and shops.traffic()[1] == 6
    before = shops.traffic()
    again = shops.sync()
    assert not again.plan.operations and not again.unsettled and shops.traffic() == before


def test_a_title_edit_makes_no_media_call(shops: TwoShops) -> None:
    shops.sync()
    left, right = shops.pairs[0]
    fetched = [len(one.world.faults.log) for one in shops.shelves.values()]
    shops.shelves[Side.LEFT].merchant.edit_product(left["id"], title="Anders")
    shops.shelves[Side.RIGHT].merchant.edit_product(right["id"], descriptionHtml="<p>Neu</p>")
    before = shops.traffic()
    assert not shops.sync().plan.operations and shops.traffic() == before
    seen = [one.path for at, shelf in zip(fetched, shops.shelves.values(), strict=True) for one in shelf.world.faults.log[at:]]
    assert seen and not [path for path in seen if "/originals/" in path or "/staged" in path]


def test_what_either_side_changes_comes_over(shops: TwoShops) -> None:
    shops.sync()
    (first, _), (_, second), (_, third) = shops.pairs
    shops.shelves[Side.LEFT].picture(first, 99, "dazu")
    second["media"].reverse()
    third["variants"][0]["media"] = [third["media"][0]]
    shops.sync()
    assert shops.alike() and len(shops.shown(Side.RIGHT)[0]) == 3
    assert not shops.sync().plan.operations


def test_both_changed_waits_for_a_person(shops: TwoShops) -> None:
    shops.sync()
    left, right = shops.pairs[1]
    shops.shelves[Side.LEFT].picture(left, 200)
    shops.shelves[Side.RIGHT].picture(right, 201)
    before = shops.traffic()
    result = shops.sync()
    assert [one.field for one in result.plan.conflicts] == ["media"] and shops.traffic() == before
    assert len(left["media"]) == len(right["media"]) == 3


def test_one_that_a_shop_will_not_have_is_named_and_the_others_arrive(shops: TwoShops) -> None:
    bad = shops.shelves[Side.LEFT].picture(shops.pairs[0][0], 5, content=b"no picture")
    shops.sync()
    assert "Weste 0" in shops.told and "not supported" in shops.told
    assert shops.shown(Side.LEFT)[1:] == shops.shown(Side.RIGHT)[1:] and len(shops.shown(Side.RIGHT)[0]) == 2
    uploads = shops.traffic()[1]
    shops.sync()
    assert "not supported" in shops.told, "in every run"
    assert shops.traffic()[1] == uploads, "it is not sent again"
    bad["_content"] = png(8, 8, 9)
    shops.shelves[Side.LEFT].world.time.seconds += 9
    bad["updatedAt"] = shops.shelves[Side.LEFT].goods.stamp()
    shops.sync()
    assert shops.alike()


def test_pictures_of_variants_that_only_one_shop_has_are_told(shops: TwoShops) -> None:
    left, _ = shops.pairs[2]
    new = shops.shelves[Side.LEFT].merchant.add_variant(left["id"], {"Title": "Drei"})
    new["media"] = [left["media"][0]]
    shops.sync()
    assert shops.shown(Side.LEFT) == shops.shown(Side.RIGHT)
    problems = shops.ledger.connection.execute("SELECT message FROM sync_errors").fetchall()
    assert any("variants that this one does not have (Drei)" in str(row[0]) for row in problems)
    shops.shelves[Side.RIGHT].merchant.add_variant(shops.pairs[2][1]["id"], {"Title": "Drei"})
    shops.sync()
    assert shops.alike()


def hands(shops: TwoShops) -> Counter[str]:
    """People change media of each product on one side, at random."""
    done: Counter[str] = Counter()
    for pair in shops.pairs:
        side = shops.rng.choice(list(Side))
        product, shelf = pair[0 if side is Side.LEFT else 1], shops.shelves[side]
        act = shops.rng.choice(["add", "drop", "order", "alt", "picture", "nothing"])
        media = product["media"]
        if act == "add":
            shelf.picture(product, shops.rng.randrange(10**6), shops.rng.choice(["", "Ä «x»"]))
        elif act == "drop" and media:
            gone = media.pop(shops.rng.randrange(len(media)))
            for variant in product["variants"]:
                variant["media"] = [one for one in variant["media"] if one is not gone]
        elif act == "order":
            shops.rng.shuffle(media)
        elif act == "alt" and media:
            shops.rng.choice(media)["alt"] = f"Text {shops.rng.randrange(10**6)}"
        elif act == "picture" and media:
            product["variants"][0]["media"] = [shops.rng.choice(media)]
        done[act] += 1
    return done


def test_random_changes_with_lost_answers_come_to_the_same_on_both_sides(shops: TwoShops) -> None:
    shops.sync()
    done: Counter[str] = Counter()
    kinds: list[Any] = ["apply_then_cut", "cut_before", "apply_then_error", "too_many", "unavailable"]
    for _ in range(14):
        done += hands(shops)
        for shelf in shops.shelves.values():
            for _ in range(shops.rng.randrange(3)):
                shelf.world.faults.add(Fault(shops.rng.choice(kinds), "shopify write", skip=shops.rng.randrange(4)))
        shops.sync()
        for shelf in shops.shelves.values():
            shelf.world.faults.clear()
        for _ in range(2):
            shops.sync()
        assert shops.alike(), done
        before = shops.traffic()
        assert not shops.sync().plan.operations and shops.traffic() == before
        for side, shelf in shops.shelves.items():
            used = {one["id"] for pair in shops.pairs for one in pair[0 if side is Side.LEFT else 1]["media"]}
            assert used <= shelf.goods.files.files.keys()
    assert min(done[act] for act in ("add", "drop", "order", "alt", "picture")) >= 2


def test_a_shop_is_listed_to_its_end(shops: TwoShops) -> None:
    shelf = shops.shelves[Side.LEFT]
    keys = [*shops.shelves[Side.LEFT].goods.products, *shelf.fill(30)]
    with requests.Session() as session:
        blocks = list(shops.side(Side.LEFT, session).fetch())
    assert {key for block in blocks for key in block.found} == set(keys) and all(block.complete for block in blocks)
