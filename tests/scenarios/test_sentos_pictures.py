"""Pictures of Sentos' products in the shop: by their bytes, beside what people added, and told where one cannot be had."""

from collections.abc import Callable

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from tests.scenarios.sentos_world import SentosWorld

MUG = "o_1.png"


@pytest.fixture
def world(make_sentos: Callable[..., SentosWorld]) -> SentosWorld:
    """A shop whose mug has a picture in Sentos, and a person's own in the shop."""
    made = make_sentos()
    made.stock_up()
    person(made, "MUG", 200)
    made.clerk.picture("MUG", MUG, png(4, 3, 10))
    return made


def person(world: SentosWorld, sku: str, shade: int) -> None:
    """Somebody adds a picture in the shop's admin."""
    goods = world.goods
    node = ready("IMAGE", goods.new_id(), png(9, 9, shade), "mine", f"mine-{shade}.png", 1, goods.stamp())
    world.variant(sku)["product"]["media"].append(goods.files.keep(node))


def shown(world: SentosWorld, sku: str) -> list[bytes]:
    return [one["_content"] for one in world.variant(sku)["product"]["media"]]


def media_calls(world: SentosWorld) -> int:
    """Requests of the last run about media: bytes, uploads, questions and mutations."""
    asked = [str((one.body_json or {}).get("query", "")) for one in world.faults.log if one.system == "shopify"]  # type: ignore[attr-defined]
    words = ("MediaOfProducts", "AppendMedia", "Stage", "UpdateFiles", "ShowMedia")
    return sum(any(word in one for word in words) for one in asked) + world.faults.count("sentos", "picture")


def planned(world: SentosWorld) -> str:
    """What a trial told of images."""
    return "".join(one.read_text(encoding="utf-8") for one in world.folder.parent.rglob("test_output/images/*"))


def test_a_picture_comes_and_what_a_person_added_stays(world: SentosWorld) -> None:
    ran = world.synced()
    assert shown(world, "MUG") == [png(9, 9, 200), png(4, 3, 10)]
    assert "Kupa (MUG)" in ran.results("products")["updated"]["names"]
    assert world.variant("MUG")["product"]["media"][0]["alt"] == "mine"
    again = world.synced()
    assert again.written == 0 and media_calls(world) == 0
    world.synced(full=True, test=True)
    assert MUG not in planned(world), "nothing would be written"
    assert world.synced(full=True).written == 0 and world.goods.files.uploads == 1


def test_another_title_touches_no_picture(world: SentosWorld) -> None:
    world.synced()
    world.clerk.product("MUG").name = "Kupa, mavi"
    assert world.synced().written == 1 and media_calls(world) == 0
    assert world.variant("MUG")["product"]["title"] == "Kupa, mavi"


def test_the_same_bytes_at_another_address_are_not_sent_again(world: SentosWorld) -> None:
    world.synced()
    world.clerk.drop_picture("MUG", MUG)
    world.clerk.picture("MUG", "o_77.png", png(4, 3, 10))
    world.synced()
    assert shown(world, "MUG") == [png(9, 9, 200), png(4, 3, 10)] and world.goods.files.uploads == 1
    assert world.synced(full=True).written == 0


def test_a_picture_that_sentos_replaced_is_replaced_and_one_it_dropped_is_taken_off(world: SentosWorld) -> None:
    world.clerk.picture("MUG", "o_2.png", png(4, 3, 20))
    world.synced()
    world.clerk.drop_picture("MUG", MUG)
    world.synced()
    assert shown(world, "MUG") == [png(9, 9, 200), png(4, 3, 20)]
    world.clerk.picture("MUG", "o_2.png", png(5, 5, 30))  # under the same address: only a look at everything asks
    world.synced()
    assert shown(world, "MUG") == [png(9, 9, 200), png(4, 3, 20)]
    world.synced(full=True)
    assert shown(world, "MUG") == [png(9, 9, 200), png(5, 5, 30)]
    world.clerk.drop_picture("MUG", "o_2.png")
    world.synced(full=True)
    assert len(shown(world, "MUG")) == 2, "where Sentos shows none, nothing is taken off"


def test_a_new_product_brings_its_pictures_and_its_variants_show_theirs(world: SentosWorld) -> None:
    variants = [("HOOD-S", "Siyah", "S"), ("HOOD-M", "Siyah", "M")]
    world.clerk.add_product("Kapüşonlu", "HOOD", "599.90", variants=variants, stock={1: 4})
    world.clerk.picture("HOOD-S", "front.png", png(4, 4, 1))
    world.clerk.picture("HOOD-S", "twice.png", png(4, 4, 1))
    world.clerk.picture("HOOD-M", "m.png", png(4, 4, 2), of_variant=True)
    world.synced()
    assert shown(world, "HOOD-S") == [png(4, 4, 1), png(4, 4, 2)], "the same bytes stand there once"
    media = world.variant("HOOD-M")["product"]["media"]
    assert world.variant("HOOD-M")["media"] == [media[1]] and world.variant("HOOD-S")["media"] == []
    assert world.synced().written == 0 and media_calls(world) == 0


def test_what_stands_in_the_shop_already_is_known_by_its_bytes(world: SentosWorld) -> None:
    world.clerk.picture("TS-RED-S", "shirt.png", png(9, 9, 60))
    person(world, "TS-RED-S", 60)
    world.synced()
    assert shown(world, "TS-RED-S") == [png(9, 9, 60)] and world.goods.files.uploads == 1  # the mug's


def test_a_picture_that_the_shop_does_not_take_is_told_with_the_reason(world: SentosWorld) -> None:
    world.clerk.picture("MUG", "page.png", b"<html>no picture</html>")
    world.clerk.picture("MUG", "broken.png", png(4, 4, 9)[:8] + b"\x00" * 4)
    ran = world.sync()
    told = ran.results("products")["failed"]["names"][0]["why"]
    assert ran.code == 3 and "page.png: Image file type" in told and "broken.png: Image file type" in told
    assert shown(world, "MUG") == [png(9, 9, 200), png(4, 3, 10)], "the other one is there"
    uploads = world.goods.files.uploads
    assert world.sync().code == 3 and world.goods.files.uploads == uploads, "it is not sent again"
    assert "broken.png" in world.manage("errors").out
    world.clerk.drop_picture("MUG", "broken.png")
    world.clerk.drop_picture("MUG", "page.png")
    world.synced()


def test_pictures_come_however_sentos_serves_them(world: SentosWorld) -> None:
    world.synced()
    for shade, habit in enumerate(("bare", "redirect", "path"), 1):
        world.sentos.behave(pictures=habit)
        world.clerk.picture("TS-RED-S", f"{habit}.png", png(4, 3, shade))
        world.synced()
        assert shown(world, "TS-RED-S") == [png(4, 3, number) for number in range(1, shade + 1)], habit
        world.synced(full=True)
        assert world.goods.files.uploads == 1 + shade, "nothing is sent twice"
    assert world.synced(full=True).written == 0


def test_pictures_behind_a_login_are_told_and_nothing_else_waits_for_them(world: SentosWorld) -> None:
    world.sentos.behave(pictures="login")
    world.clerk.count("MUG", 7)
    ran = world.sync()
    assert ran.code == 3 and "401" in ran.results("products")["failed"]["names"][0]["why"]
    assert world.available("MUG") == 7 and shown(world, "MUG") == [png(9, 9, 200)]


def test_a_picture_whose_answer_is_lost_comes_once(world: SentosWorld) -> None:
    world.faults.add(Fault("apply_then_cut", lambda seen: "AppendMedia" in str(seen.body_json)))
    world.synced()
    world.synced()
    assert shown(world, "MUG") == [png(9, 9, 200), png(4, 3, 10)]


def test_pictures_are_left_to_the_shop_by_rule(make_sentos: Callable[..., SentosWorld]) -> None:
    world = make_sentos(env={"SENTOS_FIELDS": '{"images": "shop"}'})
    world.stock_up()
    world.clerk.picture("MUG", MUG, png(4, 3, 10))
    world.synced()
    assert shown(world, "MUG") == []


def test_a_trial_asks_for_no_bytes(world: SentosWorld) -> None:
    world.synced(test=True)
    assert world.faults.count("sentos", "picture") == 0
    assert MUG in planned(world)
    assert shown(world, "MUG") == [png(9, 9, 200)]
