"""References show a column of the other table in place of row numbers: set once by us, and people's from then on."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from syncdb.connectors.grist import GristDocument, GristTable, TableBinding, TableColumn
from syncdb.connectors.grist.layout import Look
from syncdb.model import Attempt, Result
from tests.connectors.grist.conftest import Bench, Line, create, update
from tests.sandbox.grist.places import Table
from tests.scenarios.grist_hands import Hands

GOODS = (TableColumn("title", "Title"), TableColumn("code", "Code"))
KINDS = (TableColumn("product", "Product", "Ref:Products", shows=Look("title")), TableColumn("sku", "SKU"))


@dataclass
class Run:
    """One run: both tables of a document as the last run left them, and the calls that it makes."""

    bench: Bench
    before: "Run | None" = None
    goods: tuple[TableColumn, ...] = GOODS
    kinds: tuple[TableColumn, ...] = KINDS
    options: Any = None

    def __post_init__(self) -> None:
        self.document: GristDocument = self.bench.document()
        was = self.before
        options = {"ledger": "11-22"} | (self.options or {})
        self.products = self.bench.table(self.document, self.goods, binding=was and kept(was.products), **options)
        self.variants = self.bench.table(
            self.document, self.kinds, name="variants", table="Variants", binding=was and kept(was.variants), **options
        )

    def build(self) -> list[str]:
        """What is missing is made; the calls that wrote."""
        self.bench.line.calls.clear()
        for table in (self.products, self.variants):
            attempt = table.structure(self.bench.token())
            if attempt is not None:
                assert table.write(Attempt(attempt.token, (), json.loads(json.dumps(attempt.evidence)))) == []
        return [
            one.partition(" ")[2].rpartition("/docs/")[2].partition("/")[2] for one in self.bench.line.calls if "GET" not in one
        ]

    def looks(self) -> list[Any]:
        return list(Hands(self.bench.doc, "Variants").looks("Product").values())

    def asks(self) -> int:
        """The requests of a run in which nothing moved."""
        self.build()
        return len(self.bench.line.calls)


def kept(table: GristTable) -> TableBinding:
    assert table.binding is not None
    return TableBinding.from_data(json.loads(json.dumps(table.binding.as_data())))


def filled(run: Run) -> Run:
    bench = run.bench
    bench.apply(run.products, create("p1", title="Tea", code="T"), create("p2", title="Pot", code="P"))
    outcomes = bench.apply(run.variants, create("v1", product="p1", sku="T-1"), create("v2", product="p2", sku="P-1"))
    assert [one.result for one in outcomes] == [Result.DONE] * 2
    return run


def of_before(run: Run) -> Run:
    """As a release made it that knew nothing of this: the document and what it kept of it."""
    Hands(run.bench.doc, "Variants").show("Product", "")
    for table in (run.products, run.variants):
        assert table.binding is not None
        data = table.binding.as_data()
        del data["shown"]
        table._stand.binding = TableBinding.from_data(data)
    return run


def test_a_reference_that_is_made_shows_the_title_by_the_call_that_marks_its_table(bench: Bench) -> None:
    run = Run(bench)
    assert run.build() == ["tables", "tables/Products/columns", "tables", "apply"]
    assert filled(run).looks() == ["Tea", "Pot"]
    assert "11-22" in Table(bench.doc, "Variants").columns()["Shopify_ID"]["description"]
    assert Run(bench, run).build() == []


def test_nothing_more_is_asked_when_nothing_moved(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    settled = Run(bench, run)
    settled.build()
    assert Run(bench, settled).asks() <= 1


def test_a_column_made_before_this_was_known_is_set_once(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    old = of_before(filled(run))
    assert old.looks() == ["Products[1]", "Products[2]"]
    new = Run(bench, old)
    assert new.build() == ["apply"] and new.looks() == ["Tea", "Pot"]
    assert Run(bench, new).build() == []


@pytest.mark.parametrize(("chosen", "shown"), [("Code", ["T", "P"]), ("", ["Products[1]", "Products[2]"])])
def test_what_people_choose_or_take_away_stays(bench: Bench, chosen: str, shown: list[str]) -> None:
    run = Run(bench)
    run.build()
    filled(run)
    Hands(bench.doc, "Variants").show("Product", chosen)
    for _ in range(3):
        run = Run(bench, run)
        assert run.build() == [] and run.looks() == shown
    assert run.variants.binding is not None and run.variants.binding.shown == {"product": ""}


def test_what_people_had_chosen_before_this_was_known_stays(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    old = of_before(filled(run))
    Hands(bench.doc, "Variants").show("Product", "Code")
    new = Run(bench, old)
    assert new.build() == [] and new.looks() == ["T", "P"]
    assert Run(bench, new).asks() <= 2


def test_a_column_of_peoples_own_is_left_as_it_is(bench: Bench) -> None:
    run = Run(bench, kinds=KINDS[1:])
    run.build()
    Hands(bench.doc, "Variants").add_column("Product", "Ref:Products")
    again = Run(bench, run)
    assert again.build() == []
    filled(again)
    assert again.looks() == ["Products[1]", "Products[2]"]


def test_renames_are_followed_and_ask_for_nothing(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    filled(run)
    Table(bench.doc, "Products").change_column("Title", label="Name")
    Table(bench.doc, "Variants").change_column("Product", label="Artikel")
    again = Run(bench, run)
    assert again.build() == [] and list(Hands(bench.doc, "Variants").looks("Artikel").values()) == ["Tea", "Pot"]


def test_a_title_that_stands_elsewhere_now_is_shown_from_there(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    moved = Run(bench, filled(run), goods=(replace(GOODS[0], label="Headline"), GOODS[1]))
    assert moved.build() == ["tables/Products/columns", "apply"]
    bench.apply(moved.products, update("p1", {"title": None}, {"title": "Green tea"}))
    assert moved.looks() == ["Green tea", ""]


def test_a_dry_run_sets_nothing(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    old = of_before(filled(run))
    dry = Run(bench, old, options={"dry": True})
    assert dry.build() == [] and dry.looks() == ["Products[1]", "Products[2]"]


def test_a_lost_answer_sets_it_once(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    for applied, calls in ((True, []), (False, ["apply"])):
        old = of_before(run)
        bench.line.lose.append(applied)
        lost = Run(bench, old)
        assert lost.build() == ["apply"]
        run = Run(bench, lost)
        assert run.build() == calls
    assert filled(run).looks() == ["Tea", "Pot"]


class Ruled(Line):
    """Access rules forbid what /apply is to change (status and text as observed)."""

    def request(self, method: str, url: str, *args: Any, **keywords: Any) -> requests.Response:  # type: ignore[override]
        if not url.endswith("/apply"):
            return super().request(method, url, *args, **keywords)
        self.calls.append(f"{method} {url.partition('/api')[2]}")
        refusal = requests.Response()
        refusal.status_code, refusal._content = 403, b'{"error":"Blocked by full structure access rules"}'
        return refusal


def test_where_it_may_not_be_set_the_table_is_kept_in_step_all_the_same(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.line = Ruled()
    run = Run(bench)
    assert run.build()[-2:] == ["apply", "tables/Variants/columns"]  # the mark, without what references show
    assert '"Product" of the variants shows (Blocked by full structure access rules): pick it in Grist' in caplog.text
    assert filled(run).looks() == ["Products[1]", "Products[2]"]
    assert Run(bench, run).build() == []


def test_what_the_helpers_show_is_no_change_of_the_rows_that_refer(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    filled(run)
    cursor = bench.document().changes(None).cursor
    bench.types("p1", Title="Green tea")
    assert run.looks()[0] == "Green tea"
    later = Run(bench, run)
    bench.line.calls.clear()
    assert dict(later.document.changes(cursor).keys) == {"products": ("p1",)}
    assert len(bench.line.calls) == 2
    bench.types("v2", "Variants", Product=1)
    assert dict(Run(bench, run).document.changes(cursor).keys) == {"products": ("p1",), "variants": ("v2",)}


def test_helpers_are_nobodys_columns(bench: Bench) -> None:
    run = Run(bench)
    run.build()
    Hands(bench.doc, "Variants").add_column("Note")
    again = Run(bench, filled(run))
    again.build()
    binding = again.variants.binding
    assert binding is not None and binding.layout.own == ("Note",)
    (found, _) = bench.records(again.variants).values()
    assert set(found.record.fields) == {"product", "sku"} and "Helper" not in repr(found)


STOCK = (TableColumn("variant", "Variant", "Ref:Variants", shows=Look("kind", "product", "Default Title")),)


def test_a_variant_is_known_by_its_product_too(bench: Bench) -> None:
    run = Run(bench, kinds=(*KINDS, TableColumn("kind", "Kind")))
    run.build()
    bench.apply(run.products, create("p1", title="Tea"), create("p2", title="Pot"))
    kinds = (create("v1", product="p1", kind="Red / M"), create("v2", product="p2", kind="Default Title"), create("v3", kind="L"))
    bench.apply(run.variants, *kinds)
    stock = bench.table(run.document, STOCK, name="inventory", table="Inventory")
    bench.build(stock)
    bench.apply(stock, *(create(f"s{n}", variant=f"v{n}") for n in (1, 2, 3)))
    bench.apply(stock, create("s4"))
    hands = Hands(bench.doc, "Inventory")
    assert list(hands.looks("Variant").values()) == ["Tea - Red / M", "Pot", " - L", ""]
    Table(bench.doc, "Products").change_column("Title", label="Name")
    Table(bench.doc, "Variants").change_column("Product", label="Artikel")
    bench.types("p1", Name="Green tea")
    assert list(hands.looks("Variant").values())[0] == "Green tea - Red / M"
    later = Run(bench, run, kinds=run.kinds).document
    again = bench.table(later, STOCK, name="inventory", table="Inventory", binding=stock.binding)
    assert again.structure(bench.token()) is None
