"""Links typed into a row bring their pictures to the product: each once, beside what the shop shows already."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug import Request, Response

from syncdb.connectors.shopify.products.public_address import public
from syncdb.pairs.selection import parse_selection
from syncdb.sandbox.faults import Fault, Faults, Seen
from syncdb.sandbox.server import Server
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make  # noqa: F401

# ruff: noqa: F811
LINKS = "Picture links"


class Place:
    """Where pictures stand: bytes by path."""

    system = "pictures"
    routes = ("/pictures",)

    def __init__(self) -> None:
        self.shown: dict[str, bytes] = {}

    def kind(self, seen: Seen) -> str:
        return "read"

    def respond(self, request: Request) -> Response:
        content = self.shown.get(request.path.rpartition("/")[2])
        return Response(status=404) if content is None else Response(content, content_type="image/png")

    def error(self, fault_kind: str) -> Response:
        return Response(status=503)


@pytest.fixture
def place() -> Iterator[tuple[Place, str]]:
    app = Place()
    with Server(dict.fromkeys(app.routes, app), Faults()) as server:
        yield app, f"{server.url}/pictures"


@pytest.fixture
def world(make: Callable[..., GristWorld], place: tuple[Place, str]) -> GristWorld:
    chosen = {"products": {"fields": ["title"]}, "pictures": True}
    world = make(products=3, env={"GRIST_SYNC": json.dumps(chosen)})
    for number in range(4):
        place[0].shown[f"{number}.png"] = png(4, 3, 10 + number)
    own = ready("IMAGE", world.goods.new_id(), png(9, 9, 200), "mine", "mine.png", 1, world.goods.stamp())
    world.product()["media"] = [world.goods.files.keep(own)]
    world.synced()
    return world


def shown(world: GristWorld, product: Any = None) -> list[bytes]:
    return [one["_content"] for one in (product or world.product())["media"]]


def test_a_list_of_links_brings_its_pictures_once_and_leaves_what_was_there(world: GristWorld, place: tuple[Place, str]) -> None:
    product, url = world.product()["id"], place[1]
    world.edit("products", product, LINKS, f"{url}/1.png, {url}/2.png")
    world.edit("products", world.product(1)["id"], "Title", "No links here")
    world.synced()
    assert shown(world) == [png(9, 9, 200), png(4, 3, 11), png(4, 3, 12)] and world.product()["media"][0]["alt"] == "mine"
    for full in (False, True):
        assert world.synced(full=full).written == 0 and world.goods.files.uploads == 2
    world.edit("products", product, LINKS, f"{url}/3.png\n{url}/2.png")
    world.synced()
    assert sorted(shown(world)) == sorted([png(9, 9, 200), png(4, 3, 12), png(4, 3, 13)])
    world.edit("products", product, LINKS, "")
    world.synced()
    world.synced(full=True)
    assert len(shown(world)) == 3 and world.goods.files.uploads == 3, "an emptied cell takes nothing off"
    assert world.product(1)["title"] == "No links here" and shown(world, world.product(1)) == []


def test_whatever_answer_is_lost_each_picture_comes_once(world: GristWorld, place: tuple[Place, str]) -> None:
    links, kinds = "", ("apply_then_cut", "cut_before", "unavailable")
    for number, kind in enumerate(kinds, 1):
        links += f"{place[1]}/{number}.png "
        world.edit("products", world.product()["id"], LINKS, links)
        world.faults.add(Fault(kind, "shopify write", skip=number - 1))  # type: ignore[arg-type]
        world.sync()
        world.faults.clear()
    world.synced(full=True)
    assert shown(world) == [png(9, 9, 200), png(4, 3, 11), png(4, 3, 12), png(4, 3, 13)]
    assert world.synced(full=True).written == 0


def test_what_cannot_be_had_is_named_and_the_others_come(world: GristWorld, place: tuple[Place, str]) -> None:
    product, url = world.product()["id"], place[1]
    world.edit("products", product, LINKS, f"{url}/1.png {url}/nothing.png ask-Ann")
    assert world.sync().code == 3
    assert shown(world) == [png(9, 9, 200), png(4, 3, 11)]
    told = world.manage("errors").all
    assert "nothing.png" in told and "ask-Ann" in told, told


def test_addresses_of_this_network_are_not_fetched() -> None:
    refused = ["http://example.com/a", "https://127.0.0.1/a", "https://10.0.0.7/a", "https://[::1]/a", "file:///etc/passwd"]
    assert not [one for one in refused if public(one)] and public("https://93.184.216.34/a.png")


def test_what_pictures_need_is_told() -> None:
    told = " ".join(parse_selection({"variants": True, "pictures": {"column": ""}}, ["variants"]).problems)
    assert "needs products" in told and "products.pictures" in told and "pictures.column" in told, told
    chosen = parse_selection({"products": True, "pictures": {"column": "Bilder"}}, ["products.pictures"])
    assert not chosen.problems and chosen.pictures == "Bilder" == chosen.only(["pictures"])[0].pictures
