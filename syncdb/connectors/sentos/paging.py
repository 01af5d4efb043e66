"""Listings page by page: with an envelope or, as one client met it, as a bare list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.sentos.client import SentosClient
from syncdb.decoding import listed, mapping, understood, whole

SIZE = 100
MOST_PAGES = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its items, and how many items and pages there are where the listing says so."""

    items: tuple[Mapping[str, Any], ...]
    total: int | None = None
    pages: int | None = None
    size: int | None = None


@dataclass(slots=True)
class Listing:
    """Reads a listing to its end. `complete` is whether the end was reached and as many items came as were announced."""

    client: SentosClient
    path: str
    asked: Mapping[str, Any]
    in_body: bool = False
    complete: bool = False
    why: str = ""

    def items(self) -> Iterator[Mapping[str, Any]]:
        """All of it. The same item may come twice where the listing moved meanwhile. Raises what the client raises."""
        came, total = 0, None
        seen: set[object] = set()  # what moves to the next page meanwhile comes twice, and something else not at all
        first: Sequence[object] | None = None
        for number in range(1, MOST_PAGES + 1):
            page = page_in(self.client.get(self.path, {**self.asked, "page": number, "size": SIZE}, in_body=self.in_body))
            begin = [one.get("id") for one in page.items]
            if number > 1 and page.items and begin == first:
                self.why = "every page shows the same: whether there is more cannot be told"
                self.complete = page.total is not None and page.total == came
                return
            first = begin if number == 1 else first
            came, total = came + len(page.items), page.total
            seen.update(begin)
            yield from page.items
            if _ends(page, number, came):
                break
        else:
            self.why = f"more than {MOST_PAGES:,} pages"
            return
        self.complete = total is None or len(seen) >= total
        self.why = "" if self.complete else f"{len(seen):,} of {total:,} items came"


def _ends(page: Page, number: int, came: int) -> bool:
    """Whether there is no further page. Where nothing says how many there are, only an empty one ends it: pages may be cut."""
    if page.pages is not None:
        return number >= page.pages
    return not page.items or (page.total is not None and came >= page.total)


@understood("Sentos")
def page_in(answer: object) -> Page:
    """The page that an answer holds. Raises NotUnderstood."""
    if isinstance(answer, list):
        return Page(tuple(mapping(one) for one in answer))
    shown = mapping(answer)
    items = tuple(mapping(one) for one in listed(shown["data"] if shown["data"] is not None else []))
    return Page(items, *(_number(shown.get(name)) for name in ("total_elements", "total_pages", "size")))


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return None if value is None else whole(value)
