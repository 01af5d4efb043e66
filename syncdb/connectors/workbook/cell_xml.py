"""One cell between its element in a tab's XML and its entry."""

import re
from collections.abc import Sequence
from typing import Any

from lxml import etree

from syncdb.connectors.tabular.entries import Entry, Formula
from syncdb.connectors.workbook.package import Element, tag

LONGEST_TEXT = 32_767  # characters in a cell of Excel, in UTF-16 units
SHARED = "(shared formula)"
C, F, V, IS, T, R = (tag(name) for name in ("c", "f", "v", "is", "t", "r"))
TRUTHS = {"TRUE()": True, "FALSE()": False}  # LibreOffice 7.4 saves every truth value as such a formula
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def unescaped(text: str) -> str:
    """Text as people see it: a workbook writes letters that XML cannot hold as _x0007_."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def escaped(text: str) -> str:
    """The inverse of `unescaped`."""
    return _UNFIT.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def text_in(element: Element) -> str:
    """The text of a shared or an inline string, in whatever styles its pieces are; without how it is pronounced."""
    pieces = (piece for child in element for piece in ([child] if child.tag == T else child if child.tag == R else ()))
    return unescaped("".join(piece.text or "" for piece in pieces if piece.tag == T))


def entry_in(cell: Element, shared: Sequence[str]) -> Entry:
    """What a cell holds."""
    formula = cell.find(F)
    if formula is not None:
        if formula.text in TRUTHS:
            return TRUTHS[formula.text]
        return Formula(f"={formula.text or SHARED}")
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = cell.find(IS)
        return text_in(inline) or None if inline is not None else None
    held: str | None = cell.findtext(V)
    if held is None:
        return None
    if kind == "s":
        return shared[int(held)] or None
    if kind == "b":
        return held == "1"
    return _number(held) if kind == "n" else unescaped(held)


def _number(held: str) -> Entry:
    try:
        number = float(held)
    except ValueError:
        return held
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def write(cell: Element, entry: Entry) -> None:
    """Put an entry into a cell. Its place and its style stay."""
    for child in list(cell):
        cell.remove(child)
    for name in ("t", "cm", "vm"):
        cell.attrib.pop(name, None)
    if entry is None:
        return
    if isinstance(entry, bool):
        cell.set("t", "b")
        _child(cell, V, "1" if entry else "0")
    elif isinstance(entry, str):
        cell.set("t", "inlineStr")
        text = _child(etree.SubElement(cell, IS), T, escaped(entry))
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    elif isinstance(entry, Formula):
        _child(cell, F, entry.text.removeprefix("="))
    else:
        _child(cell, V, repr(entry))


def _child(parent: Any, name: str, text: str) -> Any:
    made = etree.SubElement(parent, name)
    made.text = text
    return made
