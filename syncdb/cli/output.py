"""What a command says: data to standard output, for people or as JSON; hints to the error stream.

Plain enough for 80 columns, a pipe, a dumb terminal and a Windows console; colour only where a terminal shows it (and never
with NO_COLOR). What comes from a shop may hold anything, so control characters never reach a terminal.
"""

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# control characters could move the cursor or colour the rest; directional overrides make text read as another
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


# a command that a person may want to copy is not broken over lines
_PYTHON = r"(?:'[^']*python[\d.]*'|[^\s'\"(]*\bpython[\d.]*(?:\.exe)?) (?:-m )?(?:'[^']*\.py'|[\w./\\:-]+)"
_COMMAND = re.compile(rf"(?:{_PYTHON}(?: [a-z]+\b)?|\bsyncdb(?:-\w+)?)(?: (?:--?[\w-]+|[A-Z_]+\b|[a-z]+(?= --| [A-Z])))*")


def folded(text: str, width: int) -> str:
    """Prose in lines of at most `width`, broken between words; a path or a command that is longer stays whole."""
    if len(text) <= width:
        return text
    lead = " " * (len(text) - len(text.lstrip()))
    glued = _COMMAND.sub(lambda found: found[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(
        glued, width, subsequent_indent=lead + "  " if lead else "", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace("\0", " ")


def shown(text: str, stream: Any) -> str:
    """Text as a stream gets it: in a terminal it is folded to its width, in a pipe or file a line stays a line."""
    return folded(safe(text), shutil.get_terminal_size().columns) if stream.isatty() else safe(text)


def safe(text: str) -> str:
    """Text as it may be shown on a terminal, in one line."""
    return _UNSAFE.sub("?", text.replace("\r\n", "\n").replace("\n", " ").replace("\t", " "))


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
        rows = [(label, text) for label, text in pairs if text]
        width = max((len(label) for label, _ in rows), default=0)
        self._grid([Column("", fixed=True), Column("")], [(label.ljust(width), text) for label, text in rows], header=False)

    def points(self, points: Iterable[Sequence[str]]) -> None:
        """A list: each point with its lines below each other."""
        rows = [("  - " if number == 0 else "", line) for point in points for number, line in enumerate(point)]
        self._grid([Column("", fixed=True), Column("")], [(mark.ljust(4), line) for mark, line in rows], header=False, gap=0)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Rows under headers; too long texts go on in the next line, none is cut off."""
        self._grid(columns, rows, header=True)

    def hint(self, text: str) -> None:
        """Something about the answer that is not part of it."""
        sys.stderr.write(shown(text, sys.stderr) + "\n")

    def _grid(self, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, header: bool, gap: int = 2) -> None:
        from rich.table import Table
        from rich.text import Text

        grid = Table(box=None, pad_edge=False, show_header=header, header_style="bold", padding=(0, gap, 0, 0))
        for column in columns:
            grid.add_column(column.title, justify="right" if column.right else "left", no_wrap=column.fixed, overflow="fold")
        for row in rows:
            grid.add_row(*(Text(safe(cell)) for cell in row))
        # each line without the blanks that fill it up to the edge
        console = self._console()
        with console.capture() as captured:
            console.print(grid)
        sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))

    def _console(self) -> "Console":
        from rich.console import Console

        # NO_COLOR is meant for all that is not plain text, so neither bold (no-color.org)
        return Console(highlight=False, emoji=False, color_system=None if os.environ.get("NO_COLOR") else "auto")
