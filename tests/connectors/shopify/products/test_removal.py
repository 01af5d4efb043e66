"""Products that go, and how to know that one is gone; and where products are shown."""

from datetime import timedelta

import pytest

from syncdb.connectors.shopify.products.publishing import Publisher
from syncdb.connectors.shopify.products.removal import Going, ProductRemover, absences
from syncdb.errors import OutcomeUnknown, Refused, RetryLater
from syncdb.model import Result
from syncdb.sandbox.faults import Fault
from tests.connectors.shopify.products.conftest import Shelf


@pytest.mark.parametrize(("how", "status"), [(Going.DRAFT, "DRAFT"), (Going.ARCHIVE, "ARCHIVED"), (Going.NOTHING, "ACTIVE")])
def test_a_product_goes_out_of_sight(shelf: Shelf, how: Going, status: str) -> None:
    product = shelf.merchant.add_product("Weste")
    remover = ProductRemover(shelf.conversation())
    assert remover.go(product["id"], how).result is Result.DONE and product["status"] == status
    assert remover.go(product["id"], how).result is Result.DONE


def test_a_product_is_deleted_with_its_media_and_what_others_use_stays(shelf: Shelf) -> None:
    product, other = shelf.merchant.add_product("Weste"), shelf.merchant.add_product("Andere")
    own, shared = shelf.picture(product, 1), shelf.picture(product, 2)
    other["media"].append(shared)
    remover = ProductRemover(shelf.conversation())
    assert remover.go(product["id"], Going.DELETE).result is Result.DONE
    assert list(shelf.goods.products) == [other["id"]]
    assert own["id"] not in shelf.goods.files.files and shared["id"] in shelf.goods.files.files
    again = remover.go(product["id"], Going.DELETE)
    assert again.result is Result.STALE and "no longer" in again.why


def test_a_delete_under_way_is_waited_for(shelf: Shelf) -> None:
    product = shelf.merchant.add_product("Weste")
    conversation = shelf.conversation()
    query = "mutation($input: ProductDeleteInput!) { productDelete(input: $input, synchronous: false) { userErrors { field } } }"
    conversation.send(query, {"input": {"id": product["id"]}}, "Deleting")
    outcome = ProductRemover(conversation).go(product["id"], Going.DELETE)
    assert outcome.result is Result.STALE and not shelf.goods.products and shelf.world.time.slept


@pytest.mark.parametrize("how", [Going.DELETE, Going.DRAFT])
def test_a_lost_answer_is_told_and_a_later_call_finds_out(shelf: Shelf, how: Going) -> None:
    product = shelf.merchant.add_product("Weste")
    shelf.world.faults.add(Fault("apply_then_cut", "shopify write"))
    remover = ProductRemover(shelf.conversation())
    with pytest.raises(OutcomeUnknown):
        remover.go(product["id"], how)
    there = remover.there([product["id"]])
    assert (product["id"] in there) is (how is Going.DRAFT)
    assert remover.go(product["id"], how).result is (Result.DONE if how is Going.DRAFT else Result.STALE)


def test_gone_is_what_is_absent_twice_with_time_between(shelf: Shelf) -> None:
    gone, kept = (shelf.merchant.add_product(title)["id"] for title in ("Weste", "Hose"))
    remover, now = ProductRemover(shelf.conversation()), shelf.world.now()
    assert absences([gone, kept], remover.there([gone, kept]), (), now) == ()
    shelf.merchant.delete_product(gone)
    (first,) = absences([gone, kept], remover.there([gone, kept]), (), now)
    assert first.key == gone and not first.sure()
    (soon,) = absences([gone], remover.there([gone]), (first,), now + timedelta(minutes=1))
    (later,) = absences([gone], remover.there([gone]), (soon,), now + timedelta(minutes=6))
    assert not soon.sure() and later.sure() and later.first == now
    assert absences([kept], [kept], (later,), now) == ()


def test_a_failed_question_says_nothing_about_what_is_there(shelf: Shelf) -> None:
    key = shelf.merchant.add_product("Weste")["id"]
    shelf.world.faults.add(Fault("unavailable", "shopify read", times=None))
    with pytest.raises(RetryLater):
        ProductRemover(shelf.conversation(deadline=5.0)).there([key])
    shelf.world.faults.clear()
    shelf.grant("read_orders")
    with pytest.raises(Refused, match="read the shop's products"):
        ProductRemover(shelf.conversation()).there([key])


def test_products_are_published_where_it_is_asked_for(shelf: Shelf) -> None:
    product = shelf.merchant.add_product("Weste")
    publisher = Publisher(shelf.conversation())
    by_name = {name: gid for gid, name in publisher.publications().items()}
    assert list(by_name) == ["Online Store", "Point of Sale"] and publisher.shown_in(product["id"]) == frozenset()
    assert publisher.publish(product["id"], by_name.values()).result is Result.DONE
    assert publisher.shown_in(product["id"]) == frozenset(by_name.values()) and product["publishedAt"]
    assert publisher.publish(product["id"], by_name.values()).result is Result.DONE
    assert publisher.hide(product["id"], [by_name["Online Store"]]).result is Result.DONE
    assert publisher.shown_in(product["id"]) == {by_name["Point of Sale"]} and product["publishedAt"] is None
    later = shelf.world.now() + timedelta(days=2)
    assert publisher.publish(product["id"], [by_name["Online Store"]], later).result is Result.DONE
    assert by_name["Online Store"] in (publisher.shown_in(product["id"]) or ())


def test_another_shops_publication_is_refused_by_name(shelf: Shelf) -> None:
    product = shelf.merchant.add_product("Weste")
    outcome = Publisher(shelf.conversation()).publish(product["id"], ["gid://shopify/Publication/1"])
    assert outcome.result is Result.REJECTED and product["id"] in outcome.why
    assert Publisher(shelf.conversation()).shown_in("gid://shopify/Product/1") is None


def test_a_missing_right_to_publish_is_named(shelf: Shelf) -> None:
    product = shelf.merchant.add_product("Weste")
    shelf.grant("read_products", "write_products")
    with pytest.raises(Refused, match="read_publications"):
        Publisher(shelf.conversation()).publications()
    with pytest.raises(Refused):
        Publisher(shelf.conversation()).publish(product["id"], ["gid://shopify/Publication/1"])
