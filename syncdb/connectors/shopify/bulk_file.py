"""The file of a bulk operation: fetched to disk, counted, and given out order by order.

Its lines are objects; a child names its parent in `__parentId`, last in its line (observed). No order of lines is promised
(documented), so an order is only known to be whole when the whole file has been seen: it is read twice, and never held in memory.
Customers' data are in it, so the files have no name where the system allows that, and go with the process, however it ends.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

import requests

from syncdb.connectors.shopify.bulk_operation import AddressRanOut, NotInBulk, Result
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.tokens import TIMEOUT
from syncdb.errors import RetryLater
from syncdb.http import Transient

STORAGE = "storage.googleapis.com"  # observed: where results lie
CHUNK = 1 << 18
BUCKET = 16 << 20  # bytes of lines that are put in order at once where they come mixed
MOST_BUCKETS = 200
CUTS = 5  # how often a fetch that was cut goes on

_ORDER = re.compile(rb'\{"id":"gid:\\?/\\?/shopify\\?/Order\\?/(\d+)"(?:,"updatedAt":"([^"]+)")?')
_PARENT = re.compile(rb'"__parentId":"gid:\\?/\\?/shopify\\?/Order\\?/(\d+)"')
_MARK = b'"__parentId":"'  # cannot stand in a text: quotes are escaped there


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one order, undecoded. More than one in `orders`: it moved while the operation ran."""

    order_id: str
    orders: list[bytes]
    children: list[bytes]


@dataclass(slots=True)
class BulkFile:
    """A result on disk; use as a context manager.

    `grouped`: children follow their order at once; `rising`: orders come by the time of their change.
    """

    expected: Result
    grouped: bool = True
    rising: bool = True
    _lines: int = 0
    _orders: int = 0
    _current: bytes = b""
    _latest: bytes = b""
    _tail: bytes = field(default=b"", repr=False)
    _file: IO[bytes] = field(default_factory=lambda: _nameless(), repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def fetch(self, client: ShopifyClient) -> Iterator[None]:
        """Bring the file to disk, giving way after every piece. Raises NotInBulk unless it is whole and holds what it should."""
        url = self.expected.url
        if url is None:
            if self.expected.lines:
                raise NotInBulk("the result has no address", again=True)
            return
        _check_host(url, client.base_url or "")
        for cuts_left in reversed(range(CUTS)):
            try:
                for piece in _pieces(client, url, self._file.tell()):
                    self._file.write(piece)
                    self._scan(piece)
                    yield
            except requests.RequestException as error:
                if not cuts_left:
                    raise NotInBulk(f"the result could not be fetched ({type(error).__name__})", again=True) from None
            else:
                break
        self._judge(self._file.tell())

    def groups(self) -> Iterator[Group]:
        """Every order with its lines. Raises NotInBulk for a line whose order is not in the file."""
        if self.grouped:
            yield from self._in_a_row()
            return
        for bucket in self._buckets():
            for group in _gathered(bucket).values():
                if not group.orders:
                    raise NotInBulk("a line of the result belongs to an order that is not in it")
                yield group

    def _scan(self, piece: bytes) -> None:
        lines = (self._tail + piece).split(b"\n")
        self._tail = lines.pop()
        for line in lines:
            self._note(line)

    def _note(self, line: bytes) -> None:
        self._lines += 1
        order_id, is_order = _owner(line)
        if not is_order:
            self.grouped = self.grouped and order_id == self._current
            return
        self._orders += 1
        self._current = order_id
        found = _ORDER.match(line)
        changed = (found[2] if found else None) or b""
        self.rising = self.rising and changed >= self._latest
        self._latest = changed

    def _judge(self, size: int) -> None:
        if self._tail.endswith(b"}"):
            self._note(self._tail)
        elif self._tail:
            raise NotInBulk("the result ends in the middle of a line", again=True)
        found, expected = (self._lines, self._orders), (self.expected.lines, self.expected.orders)
        if found != expected or self.expected.size not in (None, size):
            raise NotInBulk(
                f"the result holds {found[0]} lines and {found[1]} orders instead of {expected[0]} and {expected[1]}", again=True
            )

    def _in_a_row(self) -> Iterator[Group]:
        group: Group | None = None
        for line in self._from_the_start():
            if group is not None and line.rfind(_MARK) >= 0:  # of this order: the file was scanned
                group.children.append(line)
                continue
            if group is not None:
                yield group
            group = Group(_owner(line)[0].decode(), [line], [])
        if group is not None:
            yield group

    def _buckets(self) -> Iterator[IO[bytes]]:
        """The lines shared out to files by their order, so that each file can be put in order in memory."""
        number = min(MOST_BUCKETS, self._file.tell() // BUCKET + 1)
        with ExitStack() as stack:
            files = [stack.enter_context(_nameless()) for _ in range(number)]
            for line in self._from_the_start():
                files[int(_owner(line)[0]) % number].write(line.rstrip(b"\n") + b"\n")
            for file in files:
                file.seek(0)
                yield file
                file.close()

    def _from_the_start(self) -> IO[bytes]:
        self._file.seek(0)
        return self._file


def _nameless() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="syncdb-bulk-")


def _owner(line: bytes) -> tuple[bytes, bool]:
    """The id of the order that a line belongs to, and whether the line is that order itself."""
    at = line.rfind(_MARK)
    found = _ORDER.match(line) if at < 0 else _PARENT.match(line, at)
    if found is None:
        raise NotInBulk("the result holds a line that belongs to no order")
    return found[1], at < 0


def _gathered(file: IO[bytes]) -> dict[bytes, Group]:
    groups: dict[bytes, Group] = {}
    for line in file:
        order_id, is_order = _owner(line)
        group = groups.get(order_id) or groups.setdefault(order_id, Group(order_id.decode(), [], []))
        (group.orders if is_order else group.children).append(line)
    return groups


def _check_host(url: str, base_url: str) -> None:
    """The shop says where the result lies; nothing is fetched from anywhere but Shopify's storage or the configured address."""
    target, base = urlsplit(url), urlsplit(base_url)
    at_base = (target.scheme, target.hostname, target.port) == (base.scheme, base.hostname, base.port)
    if not at_base and (target.scheme, target.hostname, target.port) != ("https", STORAGE, None):
        raise NotInBulk(f"the result lies at an unexpected place ({target.scheme}://{target.hostname})")


def _pieces(client: ShopifyClient, url: str, start: int) -> Iterator[bytes]:
    """The file from byte `start` on. The address itself is the permission: no token goes along, no redirect is followed."""

    def opened() -> requests.Response:
        client.requests_sent += 1
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        answer = client.session.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True)
        if answer.status_code == (206 if start else 200):
            return answer
        answer.close()
        if answer.status_code in (408, 429) or answer.status_code >= 500:
            raise Transient(f"the result's storage answered HTTP {answer.status_code}")
        raise AddressRanOut(f"the result cannot be fetched (HTTP {answer.status_code})", again=True)

    try:
        with closing(client.retrier.call(opened, "Fetching the result of a bulk operation")) as answer:
            yield from answer.iter_content(CHUNK)
    except RetryLater as error:
        raise NotInBulk(str(error), again=True) from error
