"""How wide the columns are shown that we make: set once, right after they were made. What people change is theirs.

Grist keeps the width in each place that shows a column (a row of _grist_Views_section_field): on the table's page, among the raw
data. As long as nobody chose one it is 0, and the column as wide as usual: 100 pixels. Cards take none (all observed).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.grist.answers import rows_in
from syncdb.connectors.grist.layout import CHANGED, TableState, WantedTable
from syncdb.decoding import understood, whole

PLACES = "_grist_Views_section_field"


@dataclass(frozen=True, slots=True)
class Place:
    """A place that shows a column: its row, its section, the column's number, and its width in pixels; 0 where nobody chose."""

    row: int
    section: int
    column: int
    width: int


@understood("Grist")
def places_in(answer: Mapping[str, Any]) -> list[Place]:
    """The places in the answer of GET /tables/_grist_Views_section_field/records."""
    found = [(whole(row["id"]), row["fields"]) for row in rows_in(answer)]
    return [Place(row, whole(fields["parentId"]), whole(fields["colRef"]), _pixels(fields["width"])) for row, fields in found]


def _pixels(width: object) -> int:
    """Anything but a number is somebody's choice, too: Grist takes any value (observed)."""
    return int(width) if isinstance(width, int | float) else -1


def wanted_widths(wish: WantedTable, standing: TableState, fields: Iterable[str]) -> dict[int, int]:
    """How wide the columns of these fields are to be, by the columns' numbers."""
    numbers = {CHANGED: standing.changed.ref} if standing.changed else {}
    if standing.layout is not None:
        numbers |= {"": standing.layout.key.ref} | {name: place.ref for name, place in standing.layout.places.items()}
    return {numbers[name]: wish.widths[name] for name in fields if name in numbers and name in wish.widths}


def action(places: Iterable[Place], widths: Mapping[int, int], card: int) -> list[Any] | None:
    """Grist's user action that sets the widths where nobody chose one; None where there is nothing to set. `card` is left out."""
    free = [one for one in places if not one.width and one.column in widths and one.section != card]
    if not free:
        return None
    return ["BulkUpdateRecord", PLACES, [one.row for one in free], {"width": [widths[one.column] for one in free]}]
