"""All records of one kind by a bulk operation, where there are many: it costs a handful of points, whatever there is.

Every record is a line of its own, of stock below the locations. What an operation finds is what there was in one moment of its
running. It is only a faster listing: what was to be there and is not in it, and what is to be written, is looked at by its id
before anything is done. What changes meanwhile has changed since the run began, from where on the next run asks for changes.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

from syncdb.connectors.shopify.bulk_convoy import BulkOperations, Task
from syncdb.connectors.shopify.bulk_fetch import fetched, nameless
from syncdb.connectors.shopify.bulk_operation import BulkResultFile, Operations
from syncdb.connectors.shopify.bulk_spans import ChangeSpan
from syncdb.connectors.shopify.bulk_trouble import AddressRanOut, NotInBulk
from syncdb.connectors.shopify.catalogue.documents import bulk_listing_of
from syncdb.connectors.shopify.catalogue.entities import STOCK, ShopEntity
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.shape import Leaf, One, Parts, Shape
from syncdb.values import parse_json

A_PAGE = 0.6  # seconds that a page of 250 takes on the smallest plan, at 60 points
A_BLOCK = 250  # lines that are read at once
WORTH = 3.0  # times what pages would take, and half a minute, is how long an operation is waited for
GRACE = 30.0  # seconds
EVERYTHING = ChangeSpan(None, None, 0, 0)
_PARENT = b'"__parentId":"'  # cannot stand in a text: quotes are escaped there


def fits_in_bulk(entity: ShopEntity, parts: Parts) -> bool:
    """Whether each record is one line: a list within it (media, collections) would come as others, in no promised order."""
    return bool(entity.counted) and not any(map(_holds_list, parts.values()))


def _holds_list(shape: Shape) -> bool:
    match shape:
        case Leaf(inside=inside):
            return "nodes {" in inside
        case One(parts):
            return any(map(_holds_list, parts.values()))
    return True


@dataclass(frozen=True, slots=True)
class ListingSizes:
    """How an entity is listed: how many records the first page has, and beyond how many a bulk operation is asked (None: never).

    Two thousand are some ten pages, which the points of any plan pay at once.
    """

    first_page: int = 50
    bulk_from: int | None = 2_000

    @property
    def few(self) -> int:
        """How many are read by pages before it is asked how many there are: pages show what the shop hides."""
        return min(3 * self.first_page, self.bulk_from or 0)


USUAL = ListingSizes()


@dataclass(slots=True)
class BulkListing:
    """The records of an entity, on disk. With `least` or fewer it is not worth it."""

    client: ShopifyClient
    entity: ShopEntity
    parts: Parts
    least: int
    _counted: int = 0
    _convoy: BulkOperations | None = None
    _file: IO[bytes] | None = field(default=None, repr=False)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def begin(self) -> bool:
        """Have the shop begin with it; False where there are too few. Raises NotInBulk where pages must do instead."""
        operations = Operations(self.client)
        self._counted = operations.count_all(self.entity.counted, self.entity.name)
        if self._counted <= self.least:
            return False
        query = bulk_listing_of(self.entity, self.parts)
        self._convoy = BulkOperations(operations, lambda _: query, [Task(EVERYTHING)])
        self._convoy.begin()
        return True

    def bring(self) -> None:
        """Bring to disk what was begun, all of it. Raises NotInBulk where pages must do instead."""
        assert self._convoy is not None, "nothing was begun"
        self._file = file = nameless()
        with ExitStack() as failing, closing(self._convoy) as convoy:
            failing.callback(self.close)
            ends = self.client.clock.monotonic() + GRACE + WORTH * A_PAGE * self._counted / A_BLOCK
            while not self._brought(convoy, file, ends):
                file.seek(0)
                file.truncate()
            failing.pop_all()

    def records(self) -> Iterator[list[Any]]:
        """What was brought, some hundred records at a time, each as it was answered (None where a line is no record)."""
        assert self._file is not None, "nothing was brought"
        self._file.seek(0)
        wanted = (line for line in self._file if (_PARENT in line) == (self.entity is STOCK))
        while lines := list(islice(wanted, A_BLOCK)):
            yield [_record(line) for line in lines]

    def _brought(self, convoy: BulkOperations, file: IO[bytes], ends: float) -> bool:
        """Wait for the operation and fetch its result; False where another one may bring what this one did not."""
        task = convoy.tasks[0]
        for _ in convoy.waited():
            if self.client.clock.monotonic() > ends:
                raise NotInBulk("the operation takes longer than reading pages")
        if task.failure is not None:
            raise _not_brought(task.failure)
        assert task.result is not None and task.gid is not None
        try:
            self._refuse_parts(convoy.operations, task.result)
            try:
                self._fetch(task.result, file)
            except AddressRanOut:
                self._fetch(convoy.operations.renewed(task.gid, task.result), file)
        except (NotInBulk, OSError) as why:
            convoy.failed(task, why)
            if task.failure is not None:
                raise _not_brought(task.failure) from why
            return False
        return True

    def _refuse_parts(self, operations: Operations, result: BulkResultFile) -> None:
        """Raise NotInBulk where it found fewer than there are. Nothing counts levels of stock."""
        if self.entity is STOCK or result.roots >= self._counted:
            return
        if result.roots < (there := operations.count_all(self.entity.counted, self.entity.name)):
            raise NotInBulk(f"it found {result.roots} {self.entity.name} where there are {there}", again=True)

    def _fetch(self, result: BulkResultFile, file: IO[bytes]) -> None:
        """Bring the file to disk. Raises NotInBulk unless it is whole and holds what it should."""
        for _ in fetched(self.client, result, file):
            pass
        size = file.tell()
        file.seek(0)
        lines = roots = 0
        last = b"}"
        for line in file:
            lines, roots, last = lines + 1, roots + (_PARENT not in line), line
        if not last.rstrip().endswith(b"}"):
            raise NotInBulk("the result ends in the middle of a line", again=True)
        if (lines, roots) != (result.lines, result.roots) or result.size not in (None, size):
            told = f"{lines} lines and {roots} records of their own instead of {result.lines} and {result.roots}"
            raise NotInBulk(f"the result holds {told}", again=True)


def _not_brought(why: NotInBulk | OSError) -> NotInBulk:
    return why if isinstance(why, NotInBulk) else NotInBulk(str(why))


def _record(line: bytes) -> Any:
    try:
        found = parse_json(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
