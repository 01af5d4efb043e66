"""People at work in a document of a real Grist server: over REST, by the actions that the browser sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.sandbox.grist.places import Doc, Table


@dataclass(frozen=True, slots=True)
class Hands:
    """As `syncdb.sandbox.grist.person.Person`: somebody at a table; columns are named by id or label, rows by their id."""

    doc: Doc
    table: str

    def _do(self, *actions: Sequence[Any]) -> None:
        self.doc.ok("POST", "/apply", [list(action) for action in actions])

    def columns(self) -> dict[str, str]:
        """The label of each column by its id."""
        return {name: str(fields["label"]) for name, fields in Table(self.doc, self.table).columns().items()}

    def column(self, name: str) -> str:
        """A column's id. Raises LookupError."""
        named = [one for one, label in self.columns().items() if name in (one, label)]
        if not named:
            raise LookupError(f"no column {name}")
        return min(named, key=lambda one: one != name)

    def edit(self, row: int, column: str, value: Any) -> None:
        self._do(["UpdateRecord", self.table, row, {self.column(column): value}])

    def add(self, **values: Any) -> None:
        self._do(["AddRecord", self.table, None, {self.column(name): value for name, value in values.items()}])

    def delete(self, *rows: int) -> None:
        self._do(["BulkRemoveRecord", self.table, list(rows)])

    def rename_table(self, name: str) -> None:
        self._do(["RenameTable", self.table, name])

    def add_column(self, label: str, kind: str = "Text") -> None:
        self._do(["AddVisibleColumn", self.table, label, {"type": kind, "label": label, "isFormula": False}])

    def add_formula(self, label: str, formula: str, kind: str = "Any") -> None:
        fields = {"type": kind, "label": label, "isFormula": True, "formula": formula}
        self._do(["AddVisibleColumn", self.table, label, fields])

    def make_formula(self, name: str, formula: str) -> None:
        Table(self.doc, self.table).change_column(self.column(name), isFormula=True, formula=formula)

    def retype(self, name: str, kind: str) -> None:
        Table(self.doc, self.table).change_column(self.column(name), type=kind)

    def copy(self, row: int) -> None:
        """Paste a row again below all others, its key and all."""
        columns = Table(self.doc, self.table).columns()
        shown = next(one["fields"] for one in Table(self.doc, self.table).rows() if one["id"] == row)
        self._do(
            ["AddRecord", self.table, None, {name: value for name, value in shown.items() if not columns[name]["isFormula"]}]
        )

    def show(self, name: str, column: str) -> None:
        """Choose what a reference shows ("Show column"): a column of the other table, "" for the row's id."""
        one = Table(self.doc, self.table).columns()[self.column(name)]
        other = Hands(self.doc, one["type"].partition(":")[2])
        shown = Table(self.doc, other.table).columns()[other.column(column)]["colRef"] if column else 0
        formula = f"${self.column(name)}.{other.column(column)}" if column else ""
        self._do(
            ["UpdateRecord", "_grist_Tables_column", one["colRef"], {"visibleCol": shown}],
            ["SetDisplayFormula", self.table, None, one["colRef"], formula],
        )

    def looks(self, name: str) -> dict[int, Any]:
        """What each row shows in a reference, by its id: the cell that it refers to, else the table and the row's number."""
        table = Table(self.doc, self.table)
        columns = {one["id"]: one["fields"] for one in self.doc.ok("GET", f"{table.path}/columns", hidden="1")["columns"]}
        one = columns[self.column(name)]
        helper = next((found for found, fields in columns.items() if fields["colRef"] == one["displayCol"]), "")
        plain = f"{one['type'].partition(':')[2]}[{{}}]"
        cells = {row["id"]: row["fields"] for row in table.rows(hidden="true")}
        return {row: cell[helper] if helper else plain.format(cell[self.column(name)]) for row, cell in cells.items()}

    def _own(self, name: str) -> dict[int, dict[str, Any]]:
        return {one["id"]: one["fields"] for one in Table(self.doc, f"_grist_{name}").rows()}

    def page(self) -> str:
        """What the table's page is called."""
        return str(self._own("Views")[self.doc.tables()[self.table]["primaryViewId"]]["name"])

    def rename_page(self, name: str) -> None:
        self._do(["UpdateRecord", "_grist_Views", self.doc.tables()[self.table]["primaryViewId"], {"name": name}])

    def widths(self) -> dict[str, int]:
        """How many pixels wide each column is on the table's page, by its label; 0 as long as nobody chose."""
        labels = {one["colRef"]: one["label"] for one in Table(self.doc, self.table).columns().values()}
        return {labels[one["colRef"]]: one["width"] for one in self._fields().values()}

    def widen(self, name: str, pixels: int) -> None:
        number = Table(self.doc, self.table).columns()[self.column(name)]["colRef"]
        (place,) = (row for row, one in self._fields().items() if one["colRef"] == number)
        self._do(["UpdateRecord", "_grist_Views_section_field", place, {"width": pixels}])

    def _fields(self) -> dict[int, dict[str, Any]]:
        view = self.doc.tables()[self.table]["primaryViewId"]
        (section,) = (row for row, one in self._own("Views_section").items() if one["parentId"] == view)
        found = {row: one for row, one in self._own("Views_section_field").items() if one["parentId"] == section}
        return dict(sorted(found.items(), key=lambda one: float(one[1]["parentPos"])))

    def rename_column(self, name: str, label: str) -> None:
        Table(self.doc, self.table).change_column(self.column(name), label=label)

    def rows(self) -> dict[int, dict[str, Any]]:
        """What each row shows, by its id and the columns' labels."""
        labels = self.columns()
        shown = Table(self.doc, self.table).rows()
        return {row["id"]: {labels[name]: _cell(value) for name, value in row["fields"].items()} for row in shown}


def _cell(value: Any) -> Any:
    """A cell as `Person` shows it: a list without the letter that tells one."""
    return tuple(value[1:]) if isinstance(value, list) and value[:1] == ["L"] else value
