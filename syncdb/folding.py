"""Lines as a terminal takes them: prose is folded between its words, a command or a path that is to be copied stays whole."""

import re
import shutil
import textwrap
from typing import Any

# a command that a person may want to copy is not broken over lines: program, what it is to do, options and what they are given
_PYTHON = r"(?:'[^']*python[\d.]*'|[^\s'\"(]*\bpython[\d.]*(?:\.exe)?) (?:-m )?(?:'[^']*\.py'|[\w./\\:-]+)"
_OPTION = r"--(?:take|pair|what|only|fields|output|db|config|mode|interval|accept|store|status|format|month|home) [\w./:,-]+"
_WORD = rf"(?:{_OPTION}|--?[\w-]+|'[^']*'|#?\d[\w:-]*|[A-Z_]+\b|[\w.-]*[/@][\w./@-]*|[a-z]+(?= --| [A-Z#'\d]))"
COMMAND = re.compile(rf"(?:{_PYTHON}(?: [a-z]+\b)?|\bsyncdb(?:-\w+)?)(?: {_WORD})*")


def width_of(stream: Any) -> int | None:
    """How many characters a line of a terminal takes; None for what is no terminal, where lines have no end."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def folded(text: str, width: int | None) -> str:
    """Prose in lines of at most `width`, broken between words; a path or a command that is longer stays whole."""
    if width is None or len(text) <= width:
        return text
    lead = " " * (len(text) - len(text.lstrip()))
    glued = COMMAND.sub(lambda found: found[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(
        glued, width, subsequent_indent=lead + "  " if lead else "", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace("\0", " ")
