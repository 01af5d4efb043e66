"""Which records are kept in step at all: the setting `only`, and what happens to a row whose record leaves the selection."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from syncdb.mapping.entities import EntityField, ShownAs
from syncdb.values import Kind

LISTS = ("status", "vendor", "type", "tag", "collection", "location")
SEARCH = "saved_search"
OF_STOCK = "location"
LEFT = EntityField(
    "left_selection", "Left the selection", Kind.TEXT, ShownAs.TEXT, "Whether it is no longer among the records chosen.", False
)
Say = Callable[[str, str], None]


class Leaving(Enum):
    """What happens to the row of a record that is no longer among those chosen."""

    KEEP = "keep"  # it stays, and stays in step
    MARK = "mark"  # the same, and a column says so
    REMOVE = "remove"  # it goes, unless somebody edited it


@dataclass(frozen=True, slots=True)
class RecordChoice:
    """What was chosen, by the words of the setting; nothing: every record. Locations are for stock only."""

    wanted: Mapping[str, tuple[str, ...]]
    search: str = ""

    @property
    def of_products(self) -> bool:
        """Whether it says anything of products."""
        return bool(self.search or self.wanted.keys() - {OF_STOCK})

    @property
    def everything(self) -> bool:
        return not self.search and not self.wanted

    @property
    def data(self) -> list[Any]:
        """It as JSON data, to be told from another choice."""
        return [{name: list(words) for name, words in sorted(self.wanted.items())}, self.search]

    def within(self, outer: "RecordChoice") -> "RecordChoice":
        """This choice where it says something of products, else with what the outer one says of them."""
        if self.of_products:
            return self
        products = {name: words for name, words in outer.wanted.items() if name != OF_STOCK}
        return replace(self, wanted={**products, **self.wanted}, search=outer.search)


EVERYTHING = RecordChoice({})


def parse_only(place: str, given: Any, entity: str, say: Say) -> RecordChoice:
    """Understand `only` of an entity; what is wrong with it is said."""
    if given is None:
        return EVERYTHING
    if not isinstance(given, Mapping):
        say(place, "must be an object")
        return EVERYTHING
    known = [name for name in LISTS if name != OF_STOCK or entity == "inventory"]
    wanted: dict[str, tuple[str, ...]] = {}
    for name, words in given.items():
        listed = [words] if isinstance(words, str) else words
        if name not in (*known, SEARCH):
            say(f"{place}.{name}", f"there is no such choice; there are {', '.join((*known, SEARCH))}")
        elif not _texts(listed) or (name == SEARCH and not isinstance(words, str)):
            say(f"{place}.{name}", "must be a text" if name == SEARCH else "must be a text or a list of texts")
        elif name != SEARCH:
            wanted[str(name)] = tuple(one.strip() for one in listed)
    search = given.get(SEARCH)
    return RecordChoice(wanted, search.strip() if isinstance(search, str) else "")


def _texts(listed: Any) -> bool:
    return isinstance(listed, list) and bool(listed) and all(isinstance(one, str) and one.strip() for one in listed)


def parse_leaving(place: str, word: Any, say: Say) -> Leaving:
    if word not in {one.value for one in Leaving}:
        say(place, "must be keep, mark or remove")
        return Leaving.MARK
    return Leaving(word)
