"""What Grist's comparison of two states of a document says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.grist.answers import has_halves, state_in
from syncdb.decoding import listed, mapping, text, understood, whole


@dataclass(frozen=True, slots=True)
class State:
    """A state of a document. `number` is None where it was kept before numbers were kept with it."""

    mark: str
    number: int | None = None

    @classmethod
    def of(cls, kept: str) -> "State":
        """The state that `kept` gave."""
        number, found, mark = kept.partition(":")
        return cls(mark, int(number)) if found else cls(kept)

    @property
    def kept(self) -> str:
        """The state as text, for cursors and bindings."""
        return self.mark if self.number is None else f"{self.number}:{self.mark}"


def is_older(shown: Sequence[State], seen: State) -> bool:
    """Whether a document whose states these are (newest first) stands before `seen`, a state it once had: it was replaced by an
    older copy of itself.

    A state from before the oldest that the document still knows tells nothing: it was forgotten.
    """
    if not shown or any(one.mark == seen.mark for one in shown):
        return False
    oldest = shown[-1].number or 0
    return oldest <= 1 if seen.number is None else seen.number >= oldest


SCHEMA = ("_grist_Tables", "_grist_Tables_column")
SHOWN = {"widgetOptions"}
TOLD = ("addRows", "updateRows", "removeRows")
HELPERS = ("gristHelper_", "-gristHelper_")  # hidden columns of Grist's own; those that are gone have a "-" before their name


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed up to the state `head`. `tables` is by the tables' ids as they are now; None where it cannot be told."""

    head: str
    tables: Mapping[str, Mapping[str, Any]] | None = field(default_factory=dict)
    renamed: bool = False

    @property
    def schema_moved(self) -> bool:
        """Whether tables or columns were made, renamed, changed or removed, as far as can be told."""
        if self.tables is None or self.renamed or any(_moved(self.tables[name]) for name in SCHEMA if name in self.tables):
            return True
        return any(one.get("columnRenames") for one in self.tables.values())


def _moved(said: Mapping[str, Any]) -> bool:
    """Whether more changed of tables or columns than how these are shown: a choice, a colour, a format."""
    if said.get("mayBeIncomplete") or said.get("addRows") or said.get("removeRows"):
        return True
    return set(said.get("columnDeltas", ())) != SHOWN


@dataclass(frozen=True, slots=True)
class Told:
    """What a comparison says of one table: the keys that it names, and the row ids whose keys must be asked for.

    `whole` is False where it may have left something out; `unkeyed` is how many rows were added without a key.
    """

    keys: frozenset[str] = frozenset()
    rows: frozenset[int] = frozenset()
    whole: bool = True
    unkeyed: int = 0


@understood("Grist")
def delta(answer: Mapping[str, Any]) -> Delta:
    """The answer of GET /compare?left=STATE&right=HEAD&maxRows=null (shape as observed on a real server)."""
    changes = answer["details"]["rightChanges"]
    told = text(answer["summary"]) in ("same", "right")  # otherwise the states are not one after the other
    tables = {table: mapping(said) for table, said in mapping(changes["tableDeltas"]).items()}
    return Delta(State(*state_in(answer["right"])).kept, tables if told else None, bool(listed(changes["tableRenames"])))


@understood("Grist")
def told(deltas: Mapping[str, Mapping[str, Any]], table: str, key: str) -> Told:
    """Which records of a table a comparison names; `key` is the id of the column with their keys.

    A deleted row tells its key by what the cell held before; a row whose key did not change does not tell it at all. A row id
    that was given to another row meanwhile shows both keys.
    """
    changes = deltas.get(table)
    if changes is None:
        return Told()
    cells = mapping(mapping(changes.get("columnDeltas", {})).get(key, {}))
    shown = {int(row): _keys(cell) for row, cell in cells.items()}
    rows = {whole(row) for name in TOLD for row in listed(changes.get(name, []))}
    removed = set(changes.get("removeRows", ()))
    asked = rows - shown.keys() - _in_helpers_alone(changes)
    # an added row whose key cell is not shown has no key; a removed one may have had one only if it is not shown for lack of room
    certain = not changes.get("mayBeIncomplete") and "?" not in {key for keys in shown.values() for key in keys}
    keys = frozenset(key for found in shown.values() for key in found if key)
    added = set(listed(changes.get("addRows", []))) - removed
    unkeyed = added - {row for row, found in shown.items() if any(found)}
    return Told(keys, frozenset(asked), certain and not (removed - shown.keys()), len(unkeyed))


def _in_helpers_alone(changes: Mapping[str, Any]) -> set[int]:
    """Rows of which nothing changed but what hidden columns show of other tables: what is kept in step stands as it was."""
    if changes.get("mayBeIncomplete"):
        return set()
    helped: set[int] = set()
    others = {whole(row) for name in ("addRows", "removeRows") for row in listed(changes.get(name, []))}
    for column, cells in mapping(changes.get("columnDeltas", {})).items():
        (helped if column.startswith(HELPERS) else others).update(int(row) for row in mapping(cells))
    return helped - others


def _keys(cell: Any) -> tuple[str, ...]:
    """The keys of a cell's [before, after], each either absent, unknown ("?") or a list of one value."""
    found = [side if side == "?" else listed(side)[0] for side in listed(cell or []) if side is not None]
    return tuple(key for key in (str(one) for one in found if one is not None) if not has_halves(key))
