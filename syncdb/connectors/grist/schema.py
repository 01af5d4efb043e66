"""What a document says of its tables and columns."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRIGGER_ON_EDIT = 2  # recalcWhen: the formula runs when a person (or the API) changes the row


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table: `ref` stays the same when people rename it, `id` does not."""

    ref: int
    id: str


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


def table_info(answered: Mapping[str, Any]) -> TableInfo:
    return TableInfo(int(answered["fields"]["tableRef"]), str(answered["id"]))


def column_info(answered: Mapping[str, Any]) -> ColumnInfo:
    fields = answered["fields"]
    return ColumnInfo(
        int(fields["colRef"]),
        str(answered["id"]),
        str(fields.get("label") or answered["id"]),
        str(fields.get("type") or "Any"),
        bool(fields.get("isFormula")),
        str(fields.get("formula") or ""),
        int(fields.get("recalcWhen") or 0),
        _choices(fields.get("widgetOptions")),
    )


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
    plain = "".join(one for one in unicodedata.normalize("NFKD", label) if not unicodedata.combining(one))
    word = re.sub(r"[^A-Za-z0-9_]+", "_", plain).strip("_")
    if not word:
        return f"{prefix}olumn" if prefix == "c" else "Table"
    reserved = word in ("id", "class", "manualSort") or word.startswith("gristHelper_") or word[0].isdigit()
    return f"{prefix}{word}" if reserved else word


def table_identifier(name: str) -> str:
    """The same for a table, whose ids begin with a capital letter (observed)."""
    word = identifier(name, "T")
    return word[:1].upper() + word[1:]


def same_id(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
