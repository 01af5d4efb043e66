"""Words of lists become choices of the columns that were made for them: otherwise Grist shows each of them in red."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
import requests

from syncdb.connectors.grist import GristTable, TableBinding, TableColumn
from syncdb.connectors.grist.choices import MOST, with_choices
from syncdb.model import Operation, Result
from tests.connectors.grist.conftest import Bench, Line, create, update
from tests.sandbox.grist.places import Table

COLUMNS = (
    TableColumn("title", "Title"),
    TableColumn("tags", "Tags", "ChoiceList"),
    TableColumn("groups", "Groups", "ChoiceList"),
)


class Runs:
    """Runs one after the other, each bound as the one before left it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.binding: TableBinding | None = None
        self.cursor: str | None = None
        self.calls: list[str] = []

    def run(self, *operations: Operation, whole: bool = False) -> GristTable:
        document = self.bench.document()
        table = self.bench.table(document, columns=COLUMNS, binding=self.binding)
        self.bench.line.calls.clear()
        attempt = table.structure(self.bench.token())
        if attempt is not None:
            assert table.write(attempt) == []
        changes = document.changes(self.cursor)
        if whole or self.cursor is None:
            list(table.fetch())
        if operations:
            assert [one.result for one in self.bench.apply(table, *operations)] == [Result.DONE] * len(operations)
        self.cursor = document.after_own_writes(changes.cursor)
        self.calls = [one.partition("/docs/")[2].partition("/")[2] for one in self.bench.line.calls]
        assert table.binding is not None
        self.binding = TableBinding.from_data(json.loads(json.dumps(table.binding.as_data())))
        return table

    def options(self, column: str = "Tags") -> dict[str, Any]:
        found = Table(self.bench.doc, "Products").columns()[column]["widgetOptions"]
        return dict(json.loads(found)) if found else {}

    def choices(self, column: str = "Tags") -> Any:
        return self.options(column).get("choices")

    def sets(self, **options: Any) -> None:
        """Somebody sets the options of the column."""
        Table(self.bench.doc, "Products").change_column("Tags", widgetOptions=json.dumps(options))


@pytest.fixture
def runs(bench: Bench) -> Runs:
    return Runs(bench)


def test_the_words_of_the_first_fill_are_choices_set_by_one_call(runs: Runs) -> None:
    runs.run(create("g1", tags="New, sale", groups="Home"), create("g2", tags="New, kitchen"), create("g3", title="Mug"))
    assert runs.choices() == ["kitchen", "New", "sale"] and runs.choices("Groups") == ["Home"]
    assert runs.calls.count("apply") == 1
    runs.run()
    assert [one.partition("?")[0] for one in runs.calls] == ["compare"]


def test_later_words_come_behind_and_known_ones_cost_nothing(runs: Runs) -> None:
    runs.run(create("g1", tags="sale"), create("g2", tags="new"))
    runs.run(update("g1", {"tags": "sale"}, {"tags": "new"}))
    plain = len(runs.calls)
    assert not {"apply", "tables/Products/columns"} & set(runs.calls)
    runs.run(update("g1", {"tags": "new"}, {"tags": "autumn, new"}))
    assert len(runs.calls) == plain + 2 and runs.choices() == ["new", "sale", "autumn"]
    runs.run()
    assert len(runs.calls) == 1


def test_choices_their_order_and_colours_are_peoples(runs: Runs) -> None:
    runs.run(create("g1", tags="sale"), create("g2", tags="new"))
    colours = {"sale": {"fillColor": "#FF0000"}}
    runs.sets(choices=["mine", "sale"], choiceOptions=colours, alignment="right")  # "new" is taken out
    runs.run()
    assert len(runs.calls) == 1, "how a column is shown is no change of the structure"
    runs.run(create("g3", tags="new, winter"))
    assert runs.options() == {"choices": ["mine", "sale", "winter"], "choiceOptions": colours, "alignment": "right"}


def test_a_table_from_before_gets_the_words_that_stand_there_once(runs: Runs) -> None:
    runs.run(create("g1", tags="sale"), create("g2", tags="new"))
    assert runs.binding is not None
    runs.sets(alignment="left")
    data = runs.binding.as_data()
    del data["words"]
    runs.binding = TableBinding.from_data(data)
    runs.run()
    assert runs.choices() is None and len(runs.calls) == 1
    runs.run(whole=True)
    assert runs.choices() == ["new", "sale"]
    runs.sets(choices=["sale"])
    runs.run(whole=True)
    assert runs.choices() == ["sale"] and "apply" not in runs.calls


def test_a_dry_run_makes_no_choices(runs: Runs) -> None:
    runs.run(create("g1", tags="sale"))
    assert runs.binding is not None
    runs.sets(alignment="left")
    document = runs.bench.document()
    table = runs.bench.table(document, columns=COLUMNS, binding=replace(runs.binding, words={}), dry=True)
    assert table.structure(9) is None and list(table.fetch())
    document.after_own_writes(document.head())
    assert runs.choices() is None


def test_columns_of_peoples_own_keep_their_choices(runs: Runs) -> None:
    fields = {"type": "ChoiceList", "label": "Tags", "isFormula": False, "widgetOptions": '{"choices": ["a"]}'}
    body = {"tables": [{"id": "Products", "columns": [{"id": "Tags", "fields": fields}]}]}
    runs.bench.doc.ok("POST", "/tables", body)
    runs.run(create("g1", tags="b", groups="c"))
    assert runs.choices() == ["a"] and runs.choices("Groups") == ["c"]


class Ruled(Line):
    """A server that takes no other options, or whose answer about them is lost."""

    said: int | None = 403

    def request(self, method: str, url: str, *args: Any, **keywords: Any) -> requests.Response:  # type: ignore[override]
        if b"widgetOptions" not in (keywords.get("data") or b"") or not url.endswith("/apply"):
            return super().request(method, url, *args, **keywords)
        if self.said is None:
            raise requests.ReadTimeout("the answer was lost")
        self.calls.append(f"{method} {url.partition('/api')[2]}")
        refusal = requests.Response()
        refusal.status_code, refusal._content = self.said, b'{"error":"Blocked by full structure access rules"}'
        return refusal


@pytest.mark.parametrize("said", [403, None])
def test_where_they_may_not_be_set_nothing_fails(bench: Bench, caplog: pytest.LogCaptureFixture, said: int | None) -> None:
    caplog.set_level(logging.INFO, "syncdb.grist")
    bench.line = line = Ruled()
    line.said = said
    runs = Runs(bench)
    runs.run(create("g1", tags="sale"))
    assert runs.choices() is None and ("choices" in caplog.text) and {one.levelname for one in caplog.records} == {"INFO"}
    runs.run()
    assert "apply" not in runs.calls


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ("", {"choices": ["a", "B"]}),
        ('{"choices": null, "wrap": true}', {"choices": ["a", "B"], "wrap": True}),
        ('{"choices": ["B", "a"]}', None),
        ('{"choices": "a"}', None),
        ("[]", None),
        ("{", None),
    ],
)
def test_options_that_nobody_knows_stay_as_they_are(options: str, made: dict[str, Any] | None) -> None:
    found = with_choices(options, {"B", "a"})
    assert (json.loads(found) if found else None) == made


def test_there_are_not_more_choices_than_a_browser_can_bear() -> None:
    standing = [str(number) for number in range(MOST - 1)]
    found = json.loads(with_choices(json.dumps({"choices": standing}), {"x", "y"}) or "")
    assert found["choices"] == [*standing, "x"]
    assert with_choices(json.dumps(found), {"y"}) is None
