"""Media of two stores in step, as their owner would tell it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from syncdb.sandbox.stores import LocalStore
from tests.scenarios.stores_world import StoresWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoresWorld]:
    """Two stores with one mug, which both know to be the same; taf has two pictures of it."""
    monkeypatch.chdir(tmp_path)
    made = StoresWorld(tmp_path, products=0)
    for store in (made.taf, made.afl):
        store.merchant.add_product("Mug", sku="MUG", price="10.00", stock=10, vendor="Kayra")
    picture(made.taf, mugs(made)[0], 1, "front")
    picture(made.taf, mugs(made)[0], 2)
    made.synced()
    yield made
    made.close()


def mugs(world: StoresWorld) -> tuple[Any, Any]:
    taf = next(one for one in world.taf.goods.products.values() if one["title"] != "Bowl")
    return taf, world.same(taf)


MP4 = b"\x00\x00\x00\x18ftypmp42" + b"frames " * 400
GLB = b"glTF\x02\x00\x00\x00" + b"mesh " * 50
CODECS = ("VIDEO_INVALID_FILETYPE_ERROR", "Video codec is not supported")


def moving(store: LocalStore, product: Any, kind: str, content: bytes, alt: str, name: str) -> Any:
    """Somebody puts a film or a 3D model on a product."""
    node = ready(kind, store.goods.new_id(), content, alt, name, 1, store.goods.stamp())
    product["media"].append(store.goods.files.keep(node))
    store.goods.product_changed(product)
    return node


def hosted(store: LocalStore, product: Any, page: str, alt: str) -> Any:
    """Somebody puts a video on a product that others host."""
    node = store.goods.files.take("EXTERNAL_VIDEO", page, alt, None)
    product["media"].append(node)
    store.goods.product_changed(product)
    return node


def kinds(product: Any) -> list[tuple[str, str, Any]]:
    """Kind, alt text, and the bytes or the page of each medium."""
    return [(one["mediaContentType"], one["alt"], one.get("originUrl") or one["_content"]) for one in product["media"]]


def picture(store: LocalStore, product: Any, shade: int, alt: str = "", content: bytes | None = None) -> Any:
    """Somebody puts a picture on a product."""
    made = png(5, 4, shade) if content is None else content
    node = ready("IMAGE", store.goods.new_id(), made, alt, f"picture-{shade}.png", 1, store.goods.stamp())
    product["media"].append(store.goods.files.keep(node))
    store.goods.product_changed(product)
    return node


def shown(product: Any) -> list[tuple[bytes, str]]:
    return [(one["_content"], one["alt"]) for one in product["media"]]


def test_pictures_come_over_and_stay(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    assert shown(taf) == shown(afl) and len(shown(afl)) == 2
    for _ in range(2):
        assert world.synced().written == 0
    assert world.synced(full=True).written == 0


def test_a_title_edit_sends_no_picture(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    world.taf.merchant.edit_product(taf["id"], title="Cup")
    assert world.synced().written == 1 and afl["title"] == "Cup"
    assert {one.rpartition(" ")[2] for one in world.writes()} <= {"productUpdate"}
    paths = [seen.path for store in (world.taf, world.afl) for seen in store.faults.log]
    assert paths and not [path for path in paths if "/originals/" in path or "/staged" in path]


def test_a_new_product_comes_with_its_pictures(world: StoresWorld) -> None:
    bowl = world.taf.merchant.add_product("Bowl", sku="BOWL", stock=3)
    picture(world.taf, bowl, 40, "bowl")
    world.synced()
    world.synced()
    other = world.same(bowl)
    assert shown(other) == shown(bowl) and other["title"] == "Bowl"
    world.synced()
    assert world.synced().written == 0


def test_films_models_and_hosted_videos_go_both_ways(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    moving(world.taf, taf, "VIDEO", MP4, "how it is thrown", "wheel.mp4")
    hosted(world.taf, taf, "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "how it is glazed")
    moving(world.afl, afl, "MODEL_3D", GLB, "from all sides", "mug.glb")
    assert world.synced().conflicts == 1  # both stores changed the media of one product
    world.manage("conflicts", "--all", "--take", "taf", "--yes")
    world.synced()
    moving(world.afl, afl, "MODEL_3D", GLB, "from all sides", "mug.glb")
    hosted(world.afl, afl, "https://vimeo.com/76979871", "how it is packed")
    world.synced()
    assert kinds(taf) == kinds(afl)
    assert [one[0] for one in kinds(taf)] == ["IMAGE", "IMAGE", "VIDEO", "EXTERNAL_VIDEO", "MODEL_3D", "EXTERNAL_VIDEO"]
    afl["media"].reverse()
    afl["media"][2]["alt"] = "in turn"
    world.afl.goods.product_changed(afl)
    uploads = world.taf.goods.files.uploads, world.afl.goods.files.uploads
    world.synced()
    assert kinds(taf) == kinds(afl) and kinds(taf)[2][1] == "in turn"
    assert uploads == (world.taf.goods.files.uploads, world.afl.goods.files.uploads)
    assert world.synced(full=True).written == 0


def test_a_film_that_the_other_store_cannot_process_is_held_back_and_the_rest_goes_on(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    world.afl.goods.files.failing["wheel.mp4"] = CODECS
    moving(world.taf, taf, "VIDEO", MP4, "", "wheel.mp4")
    moving(world.taf, taf, "MODEL_3D", GLB, "", "mug.glb")
    assert world.sync().code == 3 and CODECS[1] in world.manage("errors").all
    assert [one[0] for one in kinds(afl)] == ["IMAGE", "IMAGE", "MODEL_3D"]
    uploads = world.afl.goods.files.uploads
    again = world.sync()
    assert CODECS[1] in again.text and world.afl.goods.files.uploads == uploads
    assert [one[0] for one in kinds(taf)] == ["IMAGE", "IMAGE", "VIDEO", "MODEL_3D"]


def test_a_picture_no_store_can_process_is_named_and_the_rest_goes_on(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    picture(world.taf, taf, 7, content=b"not a picture")
    world.taf.merchant.edit_product(taf["id"], vendor="Tea & Co")
    ran = world.sync()
    assert (
        ran.code == 3 and "not supported" in world.manage("errors").all and afl["vendor"] == "Tea & Co" and len(afl["media"]) == 2
    )
    uploads = world.afl.goods.files.uploads
    again = world.sync()
    assert world.afl.goods.files.uploads == uploads and "not supported" in again.text


@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before"])
def test_a_lost_answer_sends_nothing_twice(world: StoresWorld, kind: Any) -> None:
    taf, afl = mugs(world)
    picture(world.taf, taf, 9)
    world.afl.faults.add(Fault(kind, lambda seen: "AppendMedia" in str(seen.body_json)))
    world.sync()
    world.sync()
    world.synced()
    assert shown(taf) == shown(afl) and world.synced().written == 0


def test_without_the_right_to_send_files_media_are_left_alone(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    tokens, app = world.afl.app.tokens, world.env["AFL_CLIENT_ID"]
    tokens.clients[app] = replace(tokens.clients[app], scopes=tokens.clients[app].scopes - {"write_files"})
    tokens.expire()
    picture(world.taf, taf, 9)
    world.taf.merchant.edit_product(taf["id"], title="Cup")
    ran = world.sync()
    assert "write_files" in ran.text and afl["title"] == "Cup" and len(afl["media"]) == 2
