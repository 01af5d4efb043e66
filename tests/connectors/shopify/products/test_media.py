"""Media go from one shop to another by content: what is there is not sent again, and what cannot be had is said by name."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import requests

from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.products.contents import Contents
from syncdb.connectors.shopify.products.media import Identified, MediaOutcome, MediaWriter
from syncdb.connectors.shopify.products.media_writes import MediaMutations
from syncdb.connectors.shopify.products.uploads import Uploader
from syncdb.connectors.shopify.products.whole import Medium
from syncdb.errors import OutcomeUnknown, RetryLater
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.sandbox.faults import Fault, Seen
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.money import Node
from tests.connectors.shopify.products.conftest import Shelf

MP4 = b"\x00\x00\x00\x18ftypmp42" + b"frames " * 400
GLB = b"glTF\x02\x00\x00\x00" + b"mesh " * 50


@dataclass
class Road:
    """Media of a product here, and a product there that is to have the same."""

    shelf: Shelf
    other: Shelf
    ledger: Ledger
    source: Node
    target: Node

    def wanted(self) -> tuple[Medium, ...]:
        found = self.shelf.reader().one(self.source["id"])
        assert found is not None and found.media is not None
        return found.media

    def bring(self, shown: Mapping[str, int | None] | None = None) -> MediaOutcome:
        """Bring what is here to there, with nothing remembered but what the ledger keeps."""
        now = self.shelf.world.now()
        conversation = self.other.conversation()
        retrier = Retrier(deadline=30.0, clock=self.shelf.world.time.clock(), jitter=lambda: 0.5)
        with requests.Session() as session:
            contents, sender = Contents(session, retrier), Sender(conversation)
            writer = MediaWriter(
                self.other.reader(),
                MediaMutations(sender),
                Uploader(sender, session, retrier),
                Identified(self.ledger.media("here", now), contents),
                Identified(self.ledger.media("there", now), contents),
            )
            return writer.bring(self.target["id"], self.wanted(), shown or {})

    def there(self) -> list[tuple[bytes, str]]:
        """Bytes and alt text of the target's media, in their order."""
        return [(one["_content"], one["alt"]) for one in self.target["media"]]

    def here(self) -> list[tuple[bytes, str]]:
        return [(one["_content"], one["alt"]) for one in self.source["media"]]

    def traffic(self) -> tuple[int, int, int]:
        """Writes there, uploads there, and fetches of bytes from anywhere, so far."""
        fetched = sum("/originals/" in one.path for shelf in (self.shelf, self.other) for one in shelf.world.faults.log)
        return self.other.requests("write"), self.other.goods.files.uploads, fetched


@pytest.fixture
def road(shelf: Shelf, other: Shelf, ledger: Ledger) -> Road:
    source, target = shelf.merchant.add_product("Weste"), other.merchant.add_product("Weste")
    for shade, alt in ((10, "vorn"), (20, ""), (30, "hinten «Ä»")):
        shelf.picture(source, shade, alt)
    return Road(shelf, other, ledger, source, target)


def test_pictures_arrive_to_the_byte_in_their_order(road: Road) -> None:
    outcome = road.bring()
    assert road.there() == road.here() and outcome.changed and not outcome.failed
    assert [outcome.paired[place] for place in range(3)] == [one["id"] for one in road.target["media"]]


def test_a_second_time_nothing_is_written_and_nothing_fetched(road: Road) -> None:
    road.bring()
    before = road.traffic()
    again = road.bring()
    assert road.traffic() == before and not again.changed and len(again.paired) == 3


def test_only_what_differs_is_sent(road: Road) -> None:
    road.bring()
    kept = [one["id"] for one in road.target["media"]]
    road.source["media"].pop(1)
    road.shelf.picture(road.source, 40, "neu")
    road.source["media"][0]["alt"] = "von vorn"
    writes, uploads, _ = road.traffic()
    road.bring()
    assert road.there() == road.here()
    assert [one["id"] for one in road.target["media"]][:2] == [kept[0], kept[2]]
    assert road.traffic()[1] == uploads + 1 and road.traffic()[0] - writes == 4  # staged, added, one taken off, one alt text
    assert kept[1] in road.other.goods.files.files, "the file stays where others may use it"


def test_another_order_moves_and_sends_nothing(road: Road) -> None:
    road.bring()
    road.source["media"].reverse()
    writes, uploads, _ = road.traffic()
    road.bring()
    assert road.there() == road.here() and road.traffic()[:2] == (writes + 1, uploads)


def test_what_was_there_before_us_is_known_by_its_bytes(road: Road) -> None:
    for shade in (30, 10, 20):
        road.other.picture(road.target, shade, "von jemandem")
    ids = {one["id"] for one in road.target["media"]}
    road.bring()
    assert road.there() == road.here() and {one["id"] for one in road.target["media"]} == ids
    assert road.traffic()[1] == 0, "no bytes were sent"


def test_the_same_size_is_not_the_same_picture(road: Road) -> None:
    for shade in (31, 11, 21):
        road.other.picture(road.target, shade)
    road.bring()
    assert road.there() == road.here() and road.traffic()[1] == 3


def test_a_picture_replaced_in_its_place_is_sent_anew(road: Road) -> None:
    road.bring()
    new = road.shelf.picture({"media": []}, 99)
    road.shelf.world.time.seconds += 60
    road.source["media"][1].update(_content=new["_content"], _version=2, updatedAt=road.shelf.goods.stamp())
    road.bring()
    assert road.there() == road.here() and road.traffic()[1] == 4


def test_videos_models_and_pages_of_videos(road: Road) -> None:
    road.shelf.picture(road.source, 1, "Film", "VIDEO", MP4)
    road.shelf.picture(road.source, 2, "Modell", "MODEL_3D", GLB)
    page = road.shelf.goods.files.take("EXTERNAL_VIDEO", "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "Video", None)
    road.source["media"].append(page)
    road.shelf.world.time.seconds += 60
    road.bring()
    kinds = [one["mediaContentType"] for one in road.target["media"]]
    assert kinds == ["IMAGE", "IMAGE", "IMAGE", "VIDEO", "MODEL_3D", "EXTERNAL_VIDEO"]
    assert road.there()[:5] == road.here()[:5] and road.target["media"][5]["originUrl"] == "https://youtu.be/dQw4w9WgXcQ"
    before = road.traffic()
    assert not road.bring().changed and road.traffic() == before


def test_variants_show_the_same_pictures(road: Road) -> None:
    ids = [road.target["variants"][0]["id"]]
    for number in range(120):  # more than go into one call
        ids.append(road.other.merchant.add_variant(road.target["id"], {"Title": f"Los {number}"})["id"])
    shown = {one: number % 3 for number, one in enumerate(ids)}
    road.bring(shown)
    pictures = [one["id"] for one in road.target["media"]]
    assert [one["media"][0]["id"] for one in road.target["variants"]] == [pictures[shown[one]] for one in ids]
    road.bring({one: None if place == 0 else 2 for one, place in shown.items()})
    after = [[one["id"] for one in variant["media"]] for variant in road.target["variants"]]
    assert after == [[] if place == 0 else [pictures[2]] for place in shown.values()]


def test_a_picture_that_cannot_be_processed_is_told_and_not_sent_again(road: Road) -> None:
    road.source["media"][1]["_content"] = b"no picture at all, whatever its name says"
    outcome = road.bring()
    assert outcome.failed == {1: "Image file type is not supported (UNSUPPORTED_IMAGE_FILE_TYPE)"}
    assert road.there() == [road.here()[0], road.here()[2]]
    assert len(road.other.goods.files.files) == 2, "what failed was taken away again"
    uploads = road.traffic()[1]
    again = road.bring()
    assert again.failed == outcome.failed and road.traffic()[1] == uploads and not any(map(_failed, road.target["media"]))
    assert road.ledger.media("there", road.shelf.world.now()).try_again() == 1
    road.bring()
    assert road.traffic()[1] == uploads + 1


def _failed(node: Node) -> bool:
    return bool(node["_error"])


def test_more_than_a_shop_takes_is_told_and_the_rest_arrives(road: Road) -> None:
    road.source["media"][0]["_content"] += b"\0" * (21 * 1024 * 1024)
    outcome = road.bring()
    assert list(outcome.failed) == [0] and "20 MB" in outcome.failed[0] and road.there() == road.here()[1:]


def mutations(name: str) -> object:
    """Requests of one mutation."""
    return lambda seen: isinstance(seen.body_json, dict) and name in str(seen.body_json.get("query"))


NAMES = ["stagedUploadsCreate", "productUpdate", "fileUpdate", "productReorderMedia", "productVariantAppendMedia"]


@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before"])
@pytest.mark.parametrize("name", NAMES)
def test_after_any_lost_answer_the_next_call_brings_it_about(road: Road, name: str, kind: str) -> None:
    road.other.picture(road.target, 77)
    for shade in (30, 10):
        road.other.picture(road.target, shade, "alt")
    shown = {road.target["variants"][0]["id"]: 0}
    road.other.world.faults.add(Fault(kind, mutations(name)))  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown):
        road.bring(shown)
    road.bring(shown)
    assert road.there() == road.here() and road.target["variants"][0]["media"] == [road.target["media"][0]]
    assert not road.other.world.faults.pending(), "the fault struck"


def test_an_upload_that_is_cut_off_is_sent_again(road: Road) -> None:
    def upload(seen: Seen) -> bool:
        return "/staged-uploads/" in seen.path

    road.other.world.faults.add(Fault("cut_before", upload), Fault("apply_then_cut", upload), Fault("unavailable", upload))
    road.bring()
    assert road.there() == road.here()


def test_a_fetch_that_breaks_off_is_tried_again(road: Road) -> None:
    road.shelf.world.faults.add(Fault("cut_before", "/originals/", times=2))
    road.bring()
    assert road.there() == road.here()


def test_an_address_that_is_no_longer_good_is_left_for_the_next_run(road: Road) -> None:
    wanted = road.wanted()
    road.shelf.world.time.seconds += 7200
    road.wanted = lambda: wanted  # type: ignore[method-assign]
    with pytest.raises(RetryLater, match="no longer good"):
        road.bring()
    assert road.there() == []


def test_media_still_being_processed_are_waited_for(road: Road) -> None:
    road.other.goods.files.processing = 40.0
    road.bring()
    assert road.there() == road.here()


def test_a_shop_that_never_gets_done_is_left_for_later(road: Road) -> None:
    road.other.goods.files.processing = 10_000.0
    with pytest.raises(RetryLater, match="still working"):
        road.bring()
    road.shelf.world.time.seconds += 20_000
    road.other.goods.files.processing = 1.0
    road.bring()
    assert road.there() == road.here() and road.traffic()[1] == 3, "nothing was sent twice"


def test_somebody_else_adds_a_picture_at_the_same_moment(road: Road) -> None:
    road.other.world.faults.add(
        Fault("meanwhile", mutations("productUpdate"), action=lambda: road.other.picture(road.target, 88))  # type: ignore[arg-type]
    )
    with pytest.raises(RetryLater, match="somebody else"):
        road.bring()
    road.bring()
    assert road.there() == road.here() and road.traffic()[1] == 3


def test_two_hundred_and_fifty_media_are_replaced_as_a_whole(road: Road) -> None:
    road.source["media"].clear()
    for number in range(250):
        road.shelf.picture(road.source, number, str(number))
        road.other.picture(road.target, number, content=png(5, 5, number, b"x" * number))
    road.bring()
    assert road.there() == road.here() and len(road.target["media"]) == 250


def test_all_media_gone_here_are_gone_there(road: Road) -> None:
    road.bring()
    road.source["media"].clear()
    road.bring()
    assert road.there() == []
