"""`conflicts`: what is in dispute is told side by side, and a decision is kept for the next run."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.pairs import RegisteredPair
from syncdb.model import Conflict, Take, Why
from tests.cli.conftest import Answer, manage

NOW, AT = datetime(2026, 9, 2, 11, 0, tzinfo=UTC), "2026-09-02T11:00:00Z"
PRODUCTS, VARIANTS = "grist:abc:products", "grist:abc:variants"
PRICE, STOCK = Decimal("19.90"), "grist:abc:inventory"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        for name, entity in ((PRODUCTS, "products"), (VARIANTS, "variants"), (STOCK, "inventory")):
            ledger.pairs.register(RegisteredPair(name, "grist", entity))
        ledger.records(STOCK).agree("right:8", {"sku": "OTHER", "title": "Of another pair"}, 1, AT)
        ledger.records(VARIANTS).agree("gid://v/1", {"sku": "TEA-1", "title": "Green tea", "price": PRICE}, 1, AT)
        ledger.records(VARIANTS).conflicts_are(
            ["gid://v/1"],
            [
                Conflict("gid://v/1", "price", PRICE, Decimal("21"), Decimal("22.50"), Why.BOTH_CHANGED, ("row 4",)),
                Conflict("gid://v/1", "sku", "TEA-1", "TEA-1", "TEE-1", Why.EDITED, ("row 4",)),
            ],
            AT,
        )
        ledger.records(PRODUCTS).conflicts_are(
            ["gid://p/1", "gid://p/2", "gid://p/3", "gid://p/4"],
            [
                Conflict("gid://p/1", None, None, True, None, Why.GONE),
                Conflict("gid://p/2", None, None, None, True, Why.EDIT_AGAINST_DELETE),
                Conflict("gid://p/3", None, None, True, True, Why.DOUBLED, ("row 7", "row 8")),
                Conflict("gid://p/4", None, None, True, None, Why.AMBIGUOUS, ("right:8", "right:9", *map(str, range(20)))),
            ],
            AT,
        )
    return path


@pytest.fixture
def ask(path: Path) -> Callable[..., Answer]:
    return lambda *arguments: manage("conflicts", *arguments, "--db", str(path))


def ids(ask: Callable[..., Answer]) -> dict[tuple[str, str | None], str]:
    return {(one["key"], one["field"]): one["id"] for one in ask("--json").data["conflicts"]}


def open_verdicts(path: Path, pair: str, key: str) -> dict[str | None, tuple[Take, object]]:
    with Ledger.open(path, NOW) as ledger:
        found = ledger.verdicts(pair).open([key]).get(key, {})
    return {field: (one.take, one.value) for field, one in found.items()}


def test_both_sides_and_what_was_agreed_stand_side_by_side(ask: Callable[..., Answer]) -> None:
    told = ask()
    assert told.code == 0
    for text in ("6 open conflicts", "Green tea / TEA-1 - price", "Agreed", "19.90", "21", "22.50", "row 7, row 8", "--take"):
        assert text in told.all, text
    assert "Of another pair" not in told.all and "OTHER" not in told.all
    listed = [f"number {n} in Grist" for n in (8, 9, *range(8))]
    assert f"{', '.join(listed)}, 10 more" in " ".join(told.all.split()), (
        "by no words of the ledger, and no more than a person reads"
    )


def test_they_can_be_narrowed_down(ask: Callable[..., Answer]) -> None:
    assert ask("--entity", "variants", "--json").data["count"] == 2
    assert ask("--field", "price", "--json").data["count"] == 1
    assert "No open conflicts" in ask("--entity", "orders").all


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--take", "shopify"), (Take.LEFT, None)),
        (("--take", "grist"), (Take.RIGHT, None)),
        (("--value", "20.50"), (Take.VALUE, Decimal("20.50"))),
    ],
)
def test_a_decision_is_kept_and_shown(
    ask: Callable[..., Answer], path: Path, arguments: tuple[str, ...], expected: tuple[Take, object]
) -> None:
    price = ids(ask)["gid://v/1", "price"]
    assert ask(price, *arguments).code == 0
    assert open_verdicts(path, VARIANTS, "gid://v/1") == {"price": expected}
    assert "the next run carries it out" in ask(price).all


def test_a_typed_value_is_shown_as_it_was_understood(ask: Callable[..., Answer], path: Path) -> None:
    told = ask(ids(ask)["gid://v/1", "price"], "--value", "1.234,50").all
    assert "understood as 1234.50" in told and "--undo" in told
    assert open_verdicts(path, VARIANTS, "gid://v/1") == {"price": (Take.VALUE, Decimal("1234.50"))}


def test_a_decision_can_be_taken_back(ask: Callable[..., Answer], path: Path) -> None:
    price, sku = ids(ask)["gid://v/1", "price"], ids(ask)["gid://v/1", "sku"]
    assert ask(price, "--undo").code == 2 and ask(price, "--undo", "--take", "grist").code == 2
    assert ask(price, "--take", "grist").code == 0 and "price" in open_verdicts(path, VARIANTS, "gid://v/1")
    answer = ask(price, sku, "--undo", "--json")
    assert answer.code == 0 and answer.data["undecided"] == [price]
    assert open_verdicts(path, VARIANTS, "gid://v/1") == {} and len(ids(ask)) == 6


def test_a_whole_record_can_be_brought_back_or_removed_but_never_from_the_shop(ask: Callable[..., Answer], path: Path) -> None:
    gone, edited = ids(ask)["gid://p/1", None], ids(ask)["gid://p/2", None]
    refused = ask(gone, "--take", "grist")
    assert refused.code == 2 and "deletes nothing in Shopify" in refused.all
    assert ask(gone, "--take", "shopify").code == ask(edited, "--take", "shopify").code == 0
    assert open_verdicts(path, PRODUCTS, "gid://p/1") == open_verdicts(path, PRODUCTS, "gid://p/2") == {None: (Take.LEFT, None)}


def test_many_are_decided_at_once_but_only_after_asking(ask: Callable[..., Answer], path: Path) -> None:
    assert ask("--all", "--entity", "variants", "--take", "shopify").code == 2  # nobody there to be asked
    assert open_verdicts(path, VARIANTS, "gid://v/1") == {}
    assert ask("--all", "--entity", "variants", "--take", "shopify", "--yes").code == 0
    assert set(open_verdicts(path, VARIANTS, "gid://v/1")) == {"price", "sku"}


def test_what_was_decided_by_itself_is_not_decided_otherwise_with_the_rest(ask: Callable[..., Answer], path: Path) -> None:
    assert ask(ids(ask)["gid://v/1", "price"], "--take", "grist").code == 0
    assert ask("--all", "--entity", "variants", "--take", "shopify", "--yes").code == 0
    found = open_verdicts(path, VARIANTS, "gid://v/1")
    assert found["price"][0] is Take.RIGHT and found["sku"][0] is Take.LEFT
    assert ask("--all", "--entity", "variants", "--take", "shopify", "--yes").code == 2  # nothing is left to decide


@pytest.mark.parametrize(
    ("field", "key", "arguments", "told"),
    [
        ("price", "gid://v/1", ("--take", "sheet"), "sides of"),
        ("price", "gid://v/1", ("--value", "cheap"), "a number such as"),
        ("price", "gid://v/1", ("--value", "NaN"), "a number such as"),
        ("price", "gid://v/1", ("--value", "1", "--take", "grist"), "either --take or --value"),
        ("sku", "gid://v/1", ("--take", "grist"), "shopify_writes"),
        ("sku", "gid://v/1", ("--value", "X"), "shopify_writes"),
        (None, "gid://p/3", ("--take", "shopify"), "remove all but one"),
        (None, "gid://p/1", ("--value", "X"), "take one side"),
    ],
)
def test_what_cannot_be_decided_is_told_and_nothing_is_kept(
    ask: Callable[..., Answer], path: Path, field: str | None, key: str, arguments: tuple[str, ...], told: str
) -> None:
    answer = ask(ids(ask)[key, field], *arguments)
    assert answer.code == 2 and told in answer.all
    assert not any(open_verdicts(path, pair, one) for pair in (PRODUCTS, VARIANTS) for one in (key,))


def test_an_unknown_id_or_none_is_told(ask: Callable[..., Answer]) -> None:
    assert "no open conflict zzzzzz" in ask("zzzzzz", "--take", "shopify").all
    assert "Name them by their ids" in ask("--take", "shopify").all


@pytest.mark.parametrize(
    ("pair", "place", "sides"),
    [
        (RegisteredPair("grist:abc:orders", "grist", "orders", tracks_orders=True), "Grist", ["shopify", "grist"]),
        (RegisteredPair("sheets:s:Orders:line", "sheets", "orders", tracks_orders=True), "the sheet", ["shopify", "sheet"]),
        (RegisteredPair("of a later version", "parcel", "orders", tracks_orders=True), "the right side", ["left", "right"]),
    ],
)
def test_an_order_in_dispute_is_told_in_the_words_of_its_pair(
    path: Path, ask: Callable[..., Answer], pair: RegisteredPair, place: str, sides: list[str]
) -> None:
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.pairs.register(pair)
        records = ledger.records(pair.id)
        records.expect("77", ["line:1"])
        records.conflicts_are(["line:1"], [Conflict("line:1", "note", "", "", "x", Why.EDITED, ("row 2",))], AT)
    told, data = ask("--entity", "orders"), ask("--entity", "orders", "--json").data["conflicts"]
    assert f"changed in {place}, which may not change it" in told.all
    assert f"--take {' or '.join(sides)}" in told.all
    assert len(data) == 1 and [name for name in data[0] if name in {"shopify", "grist", "sheet", "left", "right"}] == sides
