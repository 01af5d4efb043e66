"""Ids of tables and columns made from what people call them."""

from __future__ import annotations

import itertools
import keyword
import re
import string
import unicodedata
from collections.abc import Iterable

_FOREIGN = re.compile(r"[^a-zA-Z0-9_]+")


def column_id(wanted: str | None, taken: Iterable[str]) -> str:
    """A free column id like `wanted`: "1st" gives c1st, "class" cclass, "été" ete, nothing A, B, C..."""
    used = {name.upper() for name in taken} | {"ID"}
    name = _sanitised(wanted, "c")
    return _free(name, used, 2) if name else next(letters for letters in _letters() if letters not in used)


def table_id(wanted: str | None, taken: Iterable[str]) -> str:
    """A free table id like `wanted`: "shopify products" gives Shopify_products, nothing Table1, Table2..."""
    used = {name.upper() for name in taken}
    name = _sanitised(wanted, "T")
    return _free(name[0].upper() + name[1:], used, 2) if name else _numbered("Table", used, 1)


def _sanitised(wanted: str | None, prefix: str) -> str:
    plain = unicodedata.normalize("NFKD", "" if wanted is None else str(wanted))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    name = _FOREIGN.sub("_", plain).lstrip("_")
    if name and name[0].isdigit():
        name = prefix + name
    while keyword.iskeyword(name):
        name = prefix + name
    return name


def _free(name: str, used: set[str], first: int) -> str:
    return name if name.upper() not in used else _numbered(name, used, first)


def _numbered(name: str, used: set[str], first: int) -> str:
    base = name + "_" if name[-1:].isdigit() else name
    return next(one for n in itertools.count(first) if (one := f"{base}{n}").upper() not in used)


def _letters() -> Iterable[str]:
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_uppercase, repeat=length):
            yield "".join(letters)
