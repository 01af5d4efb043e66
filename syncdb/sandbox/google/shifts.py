"""How positions move when rows or columns are inserted, deleted or moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from syncdb.sandbox.google.a1 import Area

Dimension = Literal["ROWS", "COLUMNS"]


@dataclass(frozen=True, slots=True)
class Shift:
    """One structural change of one tab. `destination` (moves only) counts before the source is taken out."""

    sheet_id: int
    dimension: Dimension
    kind: Literal["insert", "delete", "move"]
    start: int
    end: int
    destination: int = 0

    @property
    def size(self) -> int:
        return self.end - self.start

    def index(self, i: int) -> int | None:
        """Where a row or column is afterwards; None: deleted."""
        if self.kind == "insert":
            return i + self.size if i >= self.start else i
        if self.kind == "delete":
            return i if i < self.start else i - self.size if i >= self.end else None
        return self._moved(i)

    def _moved(self, i: int) -> int:
        if self.start <= i < self.end:
            landing = self.destination if self.destination <= self.start else self.destination - self.size
            return landing + i - self.start
        if self.destination <= i < self.start:
            return i + self.size
        return i - self.size if self.end <= i < self.destination else i

    def span(self, start: int, end: int | None) -> tuple[int, int | None] | None:
        """Where a half-open span is afterwards; None: deleted with all it covered. An open end stays open."""
        if self.kind == "insert":
            moved_end = end if end is None or end <= self.start else end + self.size
            return (start + self.size if start >= self.start else start), moved_end
        if self.kind == "delete":
            first, last = self._kept(start), None if end is None else self._kept(end)
            return None if last is not None and last <= first else (first, last)
        if end is None or end - start > self.size and start <= min(self.start, self.destination):
            return start, end
        ends = sorted((self._moved(start), self._moved(end - 1)))
        return ends[0], ends[1] + 1

    def _kept(self, edge: int) -> int:
        return edge if edge <= self.start else max(self.start, edge - self.size)

    def area(self, area: Area) -> Area | None:
        """An area after the change; None where nothing of it is left."""
        if area.sheet_id != self.sheet_id:
            return area
        if self.dimension == "ROWS":
            rows = self.span(area.r0, area.r1)
            return replace(area, r0=rows[0], r1=rows[1]) if rows else None
        columns = self.span(area.c0, area.c1)
        return replace(area, c0=columns[0], c1=columns[1]) if columns else None
