"""Reading the records of one entity: page by page from the database, or by their ids.

Listings go without a filter and by id: those come from Shopify's database, filtered ones from a search index that lags (inferred
from the cursors of recorded answers). A record that cannot be read whole makes its block incomplete; the others stay good.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.answered import RecordPage, found_at, objects, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.catalogue.documents import HOME, LOCATIONS, by_ids_of, page_of
from syncdb.connectors.shopify.catalogue.entities import STOCK, ShopEntity, no_payments
from syncdb.connectors.shopify.catalogue.fields import WEIGHT, NotSeen, ShopField, parts_of, value_of
from syncdb.connectors.shopify.catalogue.in_bulk import USUAL
from syncdb.connectors.shopify.catalogue.trouble import RecordErrors, sort_errors
from syncdb.connectors.shopify.client import Answer, TooCostly, message_of
from syncdb.connectors.shopify.documents import LARGEST_PAGE
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.shape import Parts, Path, Shape, selection, without
from syncdb.decoding import understood
from syncdb.errors import NotUnderstood, RetryLater
from syncdb.model import Found, Record
from syncdb.values import Value, digest, encode_fields, iso, moment

AGAIN = "The next run asks again."


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A record as it was found, with the answered object it was read from."""

    found: Found
    node: Mapping[str, Any]

    @property
    def fields(self) -> Mapping[str, Any]:
        return self.found.record.fields


@dataclass(slots=True)
class Block:
    """Some records by key. Not `complete` where anything of them could not be seen."""

    seen: dict[str, FoundObject] = field(default_factory=dict)
    complete: bool = True

    def add(self, other: "Block") -> None:
        self.seen |= other.seen
        self.complete = self.complete and other.complete


@dataclass(slots=True)
class CatalogueReader:
    """Reads one entity's chosen fields. What it learns (hidden fields, bearable sizes) serves every later question.

    The first page has `first_page` records. `thrifty`: of stock, pages of ids are asked for, and the levels by those, as long as
    that costs less.
    """

    conversation: Conversation
    entity: ShopEntity
    fields: tuple[ShopField, ...]
    withheld: set[Path] = field(default_factory=set)
    first_page: int = USUAL.first_page
    thrifty: bool = False
    _parts: dict[str, Shape] = field(init=False)
    _size: PageSize = field(init=False)
    _at_once: PageSize = field(default_factory=lambda: PageSize(LARGEST_PAGE))
    _price: float = 0.0  # points for each record, of the last page
    _price_by_id: float = 0.0  # the same, where records were asked for by their ids

    def __post_init__(self) -> None:
        self._size = PageSize(self.first_page)
        seo = (("seo", "title"), ("seo", "description")) if any(one.path[0] == "seo" for one in self.fields) else ()
        weight = ((*WEIGHT, "value"), (*WEIGHT, "unit")) if any(one.path[:-1] == WEIGHT for one in self.fields) else ()
        counted = (("item", "tracked"),) if self.entity is STOCK else ()
        self._parts = parts_of(self.fields, (*self.entity.always, *seo, *weight, *counted))

    @property
    def parts(self) -> Parts:
        """What is asked of each record: all that was chosen, without what the shop hides."""
        return self._parts

    @property
    def visible(self) -> tuple[ShopField, ...]:
        """The chosen fields that the shop shows."""
        return tuple(one for one in self.fields if not self._hidden(one.path))

    def _hidden(self, wanted: Path) -> bool:
        return any(wanted[: len(path)] == path for path in self.withheld)

    def pages(self) -> Iterator[Block]:
        """Everything, in blocks. Raises Refused and RetryLater; a block that was yielded before stays good."""
        if self.entity is not STOCK:
            yield from self._listed({})
            return
        for location in self._locations():
            yield from self._listed({"location": location})

    def by_ids(self, keys: Iterable[str]) -> Block:
        """These records as the database shows them now. A key that is none of this entity's is not there."""
        wanted = [key for key in dict.fromkeys(keys) if self.entity.is_key(key)]
        block = Block()
        start = 0
        while start < len(wanted):
            some = wanted[start : start + self._at_once.size]
            try:
                block.add(self._some(some))
            except TooCostly as error:
                self._smaller(len(some), error)
            else:
                start += len(some)
        block.complete = block.complete and self._trusted()
        return block

    def seen(self, node: Mapping[str, Any]) -> FoundObject:
        """A record from an answered object. Raises NotUnderstood where it is not of the asked shape."""
        zone = self.conversation.shop().zone
        for path in self.entity.always:
            if not self._hidden(path):
                text_at(node, *path)
        with understood("Shopify"):
            fields = {one.name: value for one in self.visible for value in _seen(one, node, zone)}
            changed = iso(moment(node["updatedAt"])) if self.entity.dated else None
        record = Record(text_at(node, "id"), fields)
        return FoundObject(Found(record.key, digest(encode_fields(fields)), record, changed_at=changed), node)

    def parts_of(self, names: Collection[str]) -> Parts:
        """What asks for the id and these fields alone, as far as the shop shows them."""
        return parts_of((one for one in self.visible if one.name in names), (("id",),))

    def in_part(self, node: Mapping[str, Any] | None, key: str, names: Collection[str]) -> FoundObject | None:
        """Just these fields of the record of that key, as `parts_of` asked for them; None where another or none was answered."""
        if node is None or text_at(node, "id") != key:
            return None
        zone = self.conversation.shop().zone
        with understood("Shopify"):
            fields = {one.name: value for one in self.visible if one.name in names for value in _seen(one, node, zone)}
        return FoundObject(Found(key, "", Record(key, fields)), node)

    def written(self, node: Mapping[str, Any] | None, key: str) -> FoundObject | None:
        """The record that a mutation answered; None where it says that there is none. Raises NotUnderstood, also for another."""
        seen = None if node is None else self.seen(node)
        if seen is not None and seen.found.record.key != key:
            raise NotUnderstood(f"Shopify answered a write of {key} with another record.", next_step=AGAIN)
        return seen

    def of_lines(self, found: Sequence[Any]) -> Block:
        """What the result of a bulk operation says, each record as it was answered there; what is none of them is told."""
        records = [one if one and self.entity.is_key(str(one.get("id"))) else None for one in found]
        block = self._read(records, RecordErrors())
        if None in records:
            self._tell("the result of a bulk operation holds a line that is none of them")
            block.complete = False
        block.complete = block.complete and self._trusted()
        return block

    def _listed(self, variables: Mapping[str, Any]) -> Iterator[Block]:
        cursor: str | None = None
        passed: set[str] = set()
        while True:
            block, page = self._page({**variables, "after": cursor})
            cursor = page.cursor
            circle = page.more and (not cursor or cursor in passed)
            if circle:
                self._tell("Shopify's pages go round in a circle; reading stopped there")
            block.complete = block.complete and not circle and self._trusted()
            yield block
            if circle or not page.more:
                return
            passed.add(str(cursor))

    def _page(self, variables: Mapping[str, Any]) -> tuple[Block, RecordPage]:
        place = ("location", "inventoryLevels") if self.entity is STOCK else self.entity.place
        if self.thrifty and self._price_by_id < self._price:
            return self._one_by_one(variables, place)
        answer, trouble = self._as_shown(lambda: self._ask_page(variables, self._parts), (*place, "nodes"))
        self._price = self._size.each
        listing = found_at(answer.data, *place)
        if listing is not None:
            page = self._at_home(page_in(listing), answer)
            block = self._read(page.nodes, trouble)
            block.complete = block.complete and not answer.warnings
            return block, page
        if not answer.errors and self.entity is STOCK:  # the location is gone since it was listed
            return Block(), RecordPage(())
        if not answer.errors and self.entity.within:
            raise no_payments()
        return self._one_by_one(variables, place)

    def _one_by_one(self, variables: Mapping[str, Any], place: tuple[str, ...]) -> tuple[Block, RecordPage]:
        """A page of ids, then each by its id: where it failed as a whole, so that one bad record costs only itself, and where
        that costs less (of many ids as much as of one, which is observed for one).
        """
        listing = found_at(whole(self._ask_page(variables, {"id": self._parts["id"]}), f"Listing {self.entity.name}"), *place)
        if listing is None and self.entity is STOCK:  # the location is gone since it was listed
            return Block(), RecordPage(())
        if listing is None:
            raise RetryLater(f"Shopify did not list its {self.entity.name}.", next_step="Run it again later.")
        page = page_in(listing)
        return self.by_ids([text_at(node, "id") for node in page.nodes]), page

    def _ask_page(self, variables: Mapping[str, Any], parts: Parts) -> Answer:
        return self.conversation.sized(page_of(self.entity, parts), variables, self._size, f"Reading {self.entity.name}")

    def _at_home(self, page: RecordPage, answer: Answer) -> RecordPage:
        """A page of stock with the location on each level, of which the page says it once."""
        there = found_at(answer.data, HOME) if self.entity is STOCK and HOME in self._parts else None
        if there is None:
            return page
        home = {name: value for name, value in there.items() if name != STOCK.listing}
        return replace(page, nodes=tuple(node and {**node, HOME: home} for node in page.nodes))

    def _some(self, keys: Sequence[str]) -> Block:
        """Where a question for several fails as a whole, each half is asked for alone, down to the one that fails."""

        def ask() -> Answer:
            document = by_ids_of(self.entity, selection(self._parts))
            answer = self.conversation.ask(document, lambda: {"ids": list(keys)}, f"Looking up {self.entity.name}")
            self._price_by_id = answer.cost / len(keys)
            return answer

        answer, trouble = self._as_shown(ask, ("nodes",))
        nodes = (answer.data or {}).get("nodes")
        if nodes is not None:
            return self._asked(keys, self._read(objects(nodes), trouble), len(nodes))
        if len(keys) == 1:
            self._tell(f"{keys[0]} could not be read ({message_of(answer.errors) or 'no reason given'})")
            return Block(complete=False)
        block = self._some(keys[: len(keys) // 2])
        block.add(self._some(keys[len(keys) // 2 :]))
        return block

    def _asked(self, keys: Sequence[str], block: Block, answered: int) -> Block:
        """The block, held against what was asked: one place for each id, and no other record."""
        others = block.seen.keys() - set(keys)
        if others or answered != len(keys):
            self._tell(f"{answered} places answered for {len(keys)} ids, {len(others)} of them with other records")
            block.complete = False
        for key in others:
            del block.seen[key]
        return block

    def _smaller(self, count: int, error: TooCostly) -> None:
        if count == 1:
            raise RetryLater(f"Looking up one of the {self.entity.name} costs more than one query may: {error}") from error
        self._at_once.size = min(self._at_once.size, count)
        self._at_once.halve()

    def _as_shown(self, ask: Callable[[], Answer], place: Sequence[str]) -> tuple[Answer, RecordErrors]:
        """Ask; where fields are denied, ask again without them: a denied field may take the whole record with it."""
        while True:
            answer = ask()
            trouble = sort_errors(answer, place, self._parts, self.entity)
            if not trouble.denied:
                return answer, trouble
            for path, lacking in trouble.denied.items():
                self.withheld.add(path)
                hidden = [one.name for one in self.fields if one.path[: len(path)] == path] or [".".join(path)]
                text = f"Shopify does not show {', '.join(hidden)} of {self.entity.name} to this app."
                self.conversation.tell(Notice(f"withheld:{self.entity.name}:{'.'.join(path)}", text, f"Needed: {lacking}."))
            self._parts = without(self._parts, trouble.denied)

    def _read(self, nodes: Sequence[Mapping[str, Any] | None], trouble: RecordErrors) -> Block:
        block = Block(complete=not trouble.broken and not trouble.loose)
        for said in (*trouble.broken.values(), *trouble.loose):
            self._tell(f"part of the answer is missing: {said}")
        for position, node in enumerate(nodes):
            if not node or position in trouble.broken:
                continue
            try:
                seen = self.seen(node)
            except NotUnderstood as why:
                self._tell(f"{ascii(node.get('id'))[:80]} is not of the expected form: {why}")
                block.complete = False
            else:
                block.seen[seen.found.record.key] = seen
        return block

    def _locations(self) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        size = PageSize(LARGEST_PAGE)
        while True:
            answer = self.conversation.sized(LOCATIONS, {"after": cursor}, size, "Listing the shop's locations")
            sort_errors(answer, ("locations",), {}, self.entity)
            page = page_in(whole(answer, "Listing the shop's locations").get("locations"))
            found += [text_at(node, "id") for node in page.nodes]
            if not page.more or page.cursor == cursor:
                return found
            cursor = page.cursor

    def _trusted(self) -> bool:
        """Whether what is not shown may be taken for absent, and what is shown for what was asked.

        A field that the app may not see says nothing about which records there are: waiting would not mend it, and it is told.
        """
        return not self.conversation.other_version

    def _tell(self, said: str) -> None:
        self.conversation.tell(Notice("partial", f"Reading {self.entity.name}: {said}.", AGAIN))


def _seen(one: ShopField, node: Mapping[str, Any], zone: tzinfo) -> Iterator[Value]:
    """The value of a field; nothing where not all of it was answered."""
    with suppress(NotSeen):
        yield value_of(one, node, zone)
