"""Parts of Grist's answers, each held to the type it is known to have (observed on a grist-core server, 1.7).

What has another raises TypeError, ValueError or KeyError here; `understood` around the reading of an answer tells what it means.
"""

from collections.abc import Sequence
from typing import Any

from syncdb.decoding import listed, mapping, text, understood, whole

Json = dict[str, Any]


def has_halves(text: str) -> bool:
    """Whether a text holds half of a character: JSON can spell it, UTF-8 and the ledger cannot hold it."""
    return not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text)


def plain(value: object) -> str:
    """A text that goes into addresses and messages: not empty, and without characters that cannot stand there."""
    found = text(value)
    if not found or not found.isprintable() or has_halves(found):
        raise ValueError("a name that is none")
    return found


def identifier_in(value: object) -> str:
    """The id of a table or column: a name of Python's, because formulas use it (documented)."""
    found = text(value)
    if not found.isidentifier():
        raise ValueError("an id that is none")
    return found


def state_in(value: object) -> tuple[str, int]:
    """A state of a document: its hash and its number."""
    state = mapping(value)
    return plain(state["h"]), whole(state["n"])


def rows_in(answer: object) -> list[Json]:
    """The rows of an answer: each with a whole number as its id and cells that are no objects."""
    rows = listed(mapping(answer)["records"])
    for row in rows:
        whole(row["id"])
        if not isinstance(row["fields"], dict) or dict in map(type, row["fields"].values()):
            raise TypeError("cells of another kind")
        mapping(row.get("errors") or {})
    return rows


@understood("Grist")
def rows_of_each(answer: object, count: int) -> Sequence[Sequence[int] | None]:
    """For each record that was sent, the rows that were changed or made. Servers before 1.7.13 say nothing: None for each."""
    if answer is None:
        return [None] * count
    found = [[whole(row) for row in listed(rows)] for rows in listed(mapping(answer)["recordIds"])]
    if len(found) != count:
        raise ValueError("as many answers as records were sent")
    return found
