"""What a document says of its tables and columns."""

import json
import keyword
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.grist.answers import identifier_in, plain
from syncdb.connectors.grist.failures import sayable
from syncdb.decoding import text, understood, whole

TRIGGER_ON_EDIT = 2  # recalcWhen: the formula runs when a person (or the API) changes the row


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table: `ref` stays the same when people rename it, `id` does not. `card` is the section that shows a row as a card."""

    ref: int
    id: str
    card: int = 0


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column: `ref` stays the same when people rename it; `id` usually follows its label (observed)."""

    ref: int
    id: str
    label: str
    type: str
    is_formula: bool = False
    formula: str = ""
    recalc_when: int = 0
    choices: tuple[str, ...] = ()
    description: str = ""
    visible: int = 0  # the number of the column of another table that a reference shows
    display: int = 0  # the number of the hidden column by which it does
    options: str = ""  # how it is shown, as JSON: its choices and their colours, formats

    @property
    def computed(self) -> bool:
        """Its cells are a formula's results and cannot be written."""
        return self.is_formula and bool(self.formula.strip())

    @property
    def triggered(self) -> bool:
        """A formula fills it in at times: it may win over a value that is written (observed in several cases)."""
        return not self.is_formula and bool(self.formula.strip())

    @property
    def empty(self) -> bool:
        """Nobody has put anything into it yet: Grist would guess its type from the first value."""
        return self.is_formula and not self.formula.strip()


@understood("Grist")
def tables_in(answer: Mapping[str, Any]) -> list[TableInfo]:
    """The tables in the answer of GET /tables."""
    return [_table(identifier_in(one["id"]), one["fields"]) for one in answer["tables"]]


def _table(table_id: str, fields: Mapping[str, Any]) -> TableInfo:
    return TableInfo(whole(fields["tableRef"]), table_id, whole(fields.get("recordCardViewSectionRef"), 0))


@understood("Grist")
def columns_in(answer: Mapping[str, Any]) -> list[ColumnInfo]:
    """The columns in the answer of GET /tables/{table}/columns."""
    return [_column(identifier_in(one["id"]), one["fields"]) for one in answer["columns"]]


def _column(column_id: str, fields: Mapping[str, Any]) -> ColumnInfo:
    return ColumnInfo(
        whole(fields["colRef"]),
        column_id,
        sayable(text(fields.get("label") or column_id)),
        plain(fields["type"] or "Any"),
        _flag(fields["isFormula"]),
        text(fields.get("formula") or ""),
        whole(fields.get("recalcWhen"), 0),
        _choices(fields.get("widgetOptions")),
        text(fields.get("description") or ""),
        whole(fields.get("visibleCol"), 0),
        whole(fields.get("displayCol"), 0),
        options if isinstance(options := fields.get("widgetOptions"), str) else "",
    )


def _flag(value: object) -> bool:
    if value not in (None, 0, 1):
        raise TypeError(f"{type(value).__name__} in place of a truth value")
    return bool(value)


def _choices(options: Any) -> tuple[str, ...]:
    try:
        found = json.loads(options).get("choices", ()) if options else ()
    except (ValueError, AttributeError):
        return ()
    return tuple(str(one) for one in found or ())


def pure(kind: str) -> str:
    """A type without what follows its colon: "DateTime" of "DateTime:Europe/Berlin"."""
    return kind.partition(":")[0]


def identifier(label: str, prefix: str = "c") -> str:
    """A valid id for a label, close to the one that Grist makes ("Größe cm" -> "Gro_e_cm"; observed for accents and spaces).

    An id that is already valid is taken as it is, so that asking for it twice makes one column (observed).
    """
    word = _ascii(label).strip("_")
    if not word:
        return f"{prefix}olumn" if prefix == "c" else "Table"
    reserved = word in ("id", "class", "manualSort") or word.startswith("gristHelper_") or word[0].isdigit()
    return f"{prefix}{word}" if reserved else word


def _ascii(name: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return re.sub(r"[^A-Za-z0-9_]+", "_", plain)


def table_identifier(name: str) -> str:
    """The same for a table, whose ids begin with a capital letter (observed)."""
    word = identifier(name, "T")
    return word[:1].upper() + word[1:]


def identifier_made(name: str) -> str:
    """The id that Grist makes for a table that is asked for by a name; "" for a name of which nothing is left (observed)."""
    word = _ascii(name).lstrip("_")
    word = f"T{word}" if word[:1].isdigit() else word[:1].upper() + word[1:]
    while keyword.iskeyword(word):
        word = f"T{word}"
    return word


def find_named(tables: Sequence[TableInfo], name: str) -> TableInfo | None:
    """The table that goes by a name: by an id of ours, or by the one that Grist makes of it."""
    ids = (table_identifier(name), identifier_made(name))
    return next((table for wanted in ids for table in tables if same_id(table.id, wanted)), None)


def same_id(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
