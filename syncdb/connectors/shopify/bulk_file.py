"""The file of a bulk operation: fetched to disk, counted, and given out by chunks of whole orders.

Its lines are objects; a child names its parent in `__parentId`, last in its line (observed). No order of lines is promised
(documented), so an order is only known to be whole when the whole file has been seen: it is read twice, and never held in memory.
Customers' data are in it, so the files have no name where the system allows that, and go with the process, however it ends.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, pairwise
from types import TracebackType
from typing import IO, Self

from syncdb.connectors.shopify.bulk_fetch import fetched, nameless
from syncdb.connectors.shopify.bulk_join import NOWHERE, ending_of_children, order_line, owner
from syncdb.connectors.shopify.bulk_operation import BulkResultFile
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.connectors.shopify.client import ShopifyClient

BUCKET = 16 << 20  # bytes of lines that are put in order at once where they come mixed
MOST_BUCKETS = 200
ORDERS_A_CHUNK = 500
NAMED_A_CHUNK = 500  # two requests full of them
BYTES_A_CHUNK = 4 << 20  # some orders have hundreds of lines


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some hundred orders: their lines, those of an order behind each other, and the ids `named` in the orders' own lines."""

    lines: bytes
    named: Sequence[str]


@dataclass(slots=True)
class BulkFile:
    """A result on disk; use as a context manager. `named` finds in a line what its chunk is to name.

    `grouped`: children follow their order at once; `rising`: orders come by the time of their change.
    """

    expected: BulkResultFile
    named: Callable[[bytes], list[str]]
    grouped: bool = True
    rising: bool = True
    _lines: int = 0
    _orders: int = 0
    _ending: bytes = NOWHERE  # of the lines that belong to the order before
    _at: int = 0
    _cuts: list[int] = field(default_factory=lambda: [0])
    _orders_cut: int = 0
    _named: list[list[str]] = field(default_factory=lambda: [[]])  # behind each cut
    _latest: bytes = b""
    _tail: bytes = field(default=b"", repr=False)
    _file: IO[bytes] = field(default_factory=nameless, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go: whoever still writes to it fails."""
        self._file.close()

    def fetch(self, client: ShopifyClient) -> Iterator[None]:
        """Bring the file to disk, giving way after every piece. Raises NotInBulk unless it is whole and holds what it should."""
        for piece in fetched(client, self.expected, self._file):
            self._scan(piece)
            yield
        if self.expected.url is not None:
            self._judge(self._file.tell())

    def chunks(self) -> Iterator[Chunk]:
        """All lines, some hundred orders at a time."""
        if self.grouped:
            spans = pairwise([*self._cuts, self._file.tell()])
            for (start, end), named in zip(spans, self._named, strict=True):
                self._file.seek(start)
                yield Chunk(self._file.read(end - start), named)
            return
        for bucket in self._buckets():
            yield from (Chunk(lines, [*chain.from_iterable(map(self.named, lines.split(b"\n")))]) for lines in _gathered(bucket))

    def _scan(self, piece: bytes) -> None:
        """Take in whole lines. Most of them belong to the order before: little may be done for each."""
        text, at, lines, ending = self._tail + piece, 0, 0, self._ending
        while (end := text.find(b"\n", at)) >= 0:
            if not text.endswith(ending, at, end):
                self._note_other(text[at:end], self._at + at)
                ending = self._ending
            at, lines = end + 1, lines + 1
        self._tail, self._at, self._lines = text[at:], self._at + at, self._lines + lines

    def _note_other(self, line: bytes, start: int) -> None:
        order = order_line(line)
        if order is None:
            self.grouped = False
            return
        named = self.named(line)
        self._cut(start, len(named))
        self._named[-1] += named
        self._orders += 1
        self._ending = ending_of_children(line)
        changed = order[2] or b""
        self.rising = self.rising and changed >= self._latest
        self._latest = changed

    def _cut(self, start: int, named: int) -> None:
        """Let a chunk end before this order if there is enough in it, or too much with what this order names."""
        full = self._named[-1] and len(self._named[-1]) + named > NAMED_A_CHUNK
        if full or _is_enough(self._orders - self._orders_cut, start - self._cuts[-1]):
            self._cuts.append(start)
            self._named.append([])
            self._orders_cut = self._orders

    def _judge(self, size: int) -> None:
        if self._tail.endswith(b"}"):
            self._scan(b"\n")
        elif self._tail:
            raise NotInBulk("the result ends in the middle of a line", again=True)
        found, expected = (self._lines, self._orders), (self.expected.lines, self.expected.roots)
        if found != expected or self.expected.size not in (None, size):
            raise NotInBulk(
                f"the result holds {found[0]} lines and {found[1]} orders instead of {expected[0]} and {expected[1]}", again=True
            )

    def _buckets(self) -> Iterator[IO[bytes]]:
        """The lines shared out to files by their order, so that each file can be put in order in memory."""
        number = min(MOST_BUCKETS, self._file.tell() // BUCKET + 1)
        with ExitStack() as stack:
            files = [stack.enter_context(nameless()) for _ in range(number)]
            self._file.seek(0)
            for line in self._file:
                files[int(owner(line)[0]) % number].write(line.rstrip(b"\n") + b"\n")
            for file in files:
                file.seek(0)
                yield file
                file.close()


def _gathered(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a bucket, each order's together. Raises NotInBulk for a line whose order is not there."""
    groups: dict[bytes, list[bytes]] = {}
    whole: set[bytes] = set()
    for line in file:
        order_id, is_order = owner(line)
        groups.setdefault(order_id, []).append(line)
        if is_order:
            whole.add(order_id)
    if groups.keys() - whole:
        raise NotInBulk("a line of the result belongs to an order that is not in it")
    gathered, orders, size = list[bytes](), 0, 0
    for lines in groups.values():
        if _is_enough(orders, size):
            yield b"".join(gathered)
            gathered, orders, size = [], 0, 0
        gathered += lines
        orders, size = orders + 1, size + sum(map(len, lines))
    yield b"".join(gathered)


def _is_enough(orders: int, size: int) -> bool:
    """Whether a chunk of so many orders and bytes is to end."""
    return orders >= ORDERS_A_CHUNK or size >= BYTES_A_CHUNK
