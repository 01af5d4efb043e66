"""What a command says: data to standard output, for people or as JSON; hints to the error stream.

Plain enough for 80 columns, a pipe, a dumb terminal and a Windows console; colour only where a terminal shows it (and never
with NO_COLOR). Lines are folded where there is a terminal and nowhere else: in a mail of cron, a log or a pipe a line stays a
line. What comes from a shop may hold anything, so control characters never reach a terminal.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from syncdb.folding import COMMAND, folded, width_of

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

# control characters could move the cursor or colour the rest; directional overrides make text read as another
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(text: str, stream: Any) -> str:
    """Text as a stream gets it: in a terminal it is folded to its width, in a pipe or file a line stays a line."""
    return folded(safe(text), width_of(stream))


def safe(text: str) -> str:
    """Text as it may be shown on a terminal, in one line."""
    return _UNSAFE.sub("?", text.replace("\r\n", "\n").replace("\n", " ").replace("\t", " "))


_NARROWEST, _GAP = 16, 2  # the width below which no text is folded; the blanks between two columns


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `right`: numbers; `fixed`: never broken over lines."""

    title: str
    right: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's answer goes. Each command gives its answer once: `data` for scripts, lines and tables for people."""

    as_json: bool = False

    def data(self, answer: Any) -> None:
        """The answer as JSON. ASCII only, so that any console and any pipe carries it."""
        sys.stdout.write(json.dumps(answer, indent=1, ensure_ascii=True, default=str) + "\n")

    def line(self, text: str = "", style: str = "") -> None:
        """A line for people. Paths and commands in it are never broken, so that they can be copied."""
        self._console().print(shown(text, sys.stdout), style=style or None, markup=False, highlight=False, soft_wrap=True)

    def raw(self, text: str) -> None:
        """Text that is finished as it is."""
        sys.stdout.write(text)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Labels and what is known under them, one below the other."""
        rows = [(safe(label), text) for label, text in pairs if text]
        width = max((len(label) for label, _ in rows), default=0)
        for label, text in rows:
            self._hanging(label.ljust(width) + "  ", text)

    def points(self, points: Iterable[Sequence[str]]) -> None:
        """A list: each point with its lines below each other."""
        for point in points:
            for number, line in enumerate(point):
                self._hanging("    " if number else "  - ", line)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Rows under headers, none cut off. On a terminal what is too long for its column goes on in the next line."""
        from rich.table import Table
        from rich.text import Text

        edge = width_of(sys.stdout)
        cells = [[_in_cell(safe(cell), folds=edge is not None) for cell in row] for row in rows]
        grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
        for column, least in zip(columns, _least(columns, cells), strict=True):
            justify: JustifyMethod = "right" if column.right else "left"
            grid.add_column(column.title, justify=justify, no_wrap=column.fixed, overflow="fold", min_width=least)
        for row in cells:
            grid.add_row(*(Text(cell) for cell in row))
        # each line without the blanks that fill it up to the edge
        console = self._console(_room(columns, cells, edge))
        with console.capture() as captured:
            console.print(grid)
        sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))

    def hint(self, text: str) -> None:
        """Something about the answer that is not part of it."""
        sys.stderr.write(shown(text, sys.stderr) + "\n")

    def _hanging(self, lead: str, text: str) -> None:
        """A text behind its label; what does not fit into the line goes on below the text."""
        width = width_of(sys.stdout)
        lines = folded(safe(text), width and max(width - len(lead), _NARROWEST)).splitlines() or [""]
        for number, line in enumerate(lines):
            sys.stdout.write((" " * len(lead) + line if number else lead + line).rstrip() + "\n")

    def _console(self, width: int | None = None) -> "Console":
        from rich.console import Console

        # NO_COLOR is meant for all that is not plain text, so neither bold (no-color.org)
        colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
        # without a height, a dumb terminal is taken for 80 wide whatever the width given (observed)
        return Console(highlight=False, emoji=False, color_system=colours, width=width, height=width and 25)


def _in_cell(text: str, *, folds: bool) -> str:
    """A text as a cell takes it; where it may be folded, a command in it begins a line of its own."""
    if not folds:
        return text
    return COMMAND.sub(lambda found: f"\n{found[0]}" if found.start() else found[0], text).replace(" \n", "\n")


def _least(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    """How narrow each column of a table may become: nothing fixed and no command in it is broken."""
    found = []
    for number, column in enumerate(columns):
        texts = [column.title, *(row[number] for row in rows)]
        whole = _broadest(texts)
        commands = _broadest(command[0] for text in texts for command in COMMAND.finditer(text))
        found.append(whole if column.fixed else min(whole, max(commands, _NARROWEST)))
    return found


def _room(columns: Sequence[Column], rows: Sequence[Sequence[str]], edge: int | None) -> int:
    """How wide a table is: as its texts are, or as the terminal, beyond which goes only what must not be broken."""
    if edge is not None:
        return max(edge, sum(width + _GAP for width in _least(columns, rows)))
    return sum(_broadest([column.title, *(row[number] for row in rows)]) + _GAP for number, column in enumerate(columns))


def _broadest(texts: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max((cell_len(line) for text in texts for line in text.split("\n")), default=0)
