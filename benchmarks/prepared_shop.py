"""A shop of any size that answers at once: a few hundred generated orders of two to five lines, copied, with prepared answers.

What it serves is what the local shop serves; copies have ids, numbers, moments, amounts and customers of their own (`copies`).
The file of the bulk operation lies ready on disk, so that sending it takes next to nothing of this computer: a real shop is
elsewhere. For more than 100,000 orders it is put together while it is sent: some 20 µs of the shop's time an order, and no disk.
Counts and operations for a part of the time are answered for the orders that were changed in it. Behind each order stand copies
of others that were changed at the same moment.
"""

import json
import os
import re
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import IO, Any

from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from benchmarks.copies import STRIDE, Copy, Template
from syncdb.connectors.shopify.bulk_query import bulk_query, completion
from syncdb.connectors.shopify.order_shape import order_shape
from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.bulk import FOLDER
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.shop import Shop
from syncdb.values import moment

TOKEN = "shpat_0123456789abcdef0123456789abcdef"
BASE_ORDERS = 450  # of which those are kept that have so many lines:
LINES = range(2, 6)
FIRST_ID = 2**53 + 1
FIRST_NUMBER = 1001
_BOUND = re.compile(r"updated_at:(>=|<)'([^']+)'")
COUNTS = "/admin/counts"  # how many requests were answered so far, and the bytes of all bodies
PIECE = 1 << 18  # bytes of a bulk result sent at once
MOST_ON_DISK = 100_000  # orders, of 6 KB
FULL = {"maximumAvailable": 20000.0, "currentlyAvailable": 19990, "restoreRate": 1000.0}


@dataclass(frozen=True, slots=True)
class Part:
    """The orders of some of the templates that follow on one another: from place `first` on, before place `end`."""

    first: int
    end: int

    @property
    def number(self) -> int:
        """The last part of its operation's id. There are fewer than a thousand templates."""
        return 1_000_000 + self.first * 1000 + self.end

    @classmethod
    def of(cls, number: int) -> "Part":
        return cls(*divmod(number - 1_000_000, 1000))


def pieces(texts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, as much at once as is worth sending."""
    gathered: list[bytes] = []
    size = 0
    for text in texts:
        gathered.append(text)
        size += len(text)
        if size >= PIECE:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)


class PreparedApp(ShopifyApp):
    """Serves `orders` orders. `takes` is how long an operation for a part of them runs, in seconds."""

    takes = 0.0

    def __init__(self, orders: int, seed: int = 11) -> None:
        super().__init__(Shop())
        self.tokens.add_token(TOKEN)
        generate(self.shop, BASE_ORDERS, seed, datetime.now(UTC), 25.0)
        for gid in [gid for gid, order in self.shop.orders.items() if not _is_usual(order)]:
            self.shop.delete(gid)
        self.orders = orders
        groups = sorted(self._groups(), key=lambda group: json.loads(group[0])["updatedAt"])
        self.base = [self.shop.orders[json.loads(group[0])["id"]] for group in groups]
        self.times = [one["updatedAt"] for one in self.base]
        self.moments = [int(moment(at).timestamp()) for at in self.times]
        self.templates = [Template.of(b"".join(group), order) for group, order in zip(groups, self.base, strict=True)]
        self._starts = [0, *accumulate(map(self._copies_of, range(len(groups))))]
        self.whole = Part(0, len(groups))
        self._sizes, self._counts = self._added_up()
        self.lines, self.size = self._lines(self.whole), self._size(self.whole)
        self._submitted: dict[int, float] = {}
        self._parts: dict[int, Template] = {}
        self._learn_parts()
        self.traffic = Counter[str]()
        self._ready: IO[bytes] | None = None

    def respond(self, request: Request) -> Response:
        if request.path == COUNTS:
            return _answer(json.dumps(self.traffic).encode())
        response = self._response(request)
        self.traffic.update(requests=1, received=request.content_length or 0, sent=response.content_length or 0)
        return response

    def _response(self, request: Request) -> Response:
        if request.path.startswith(FOLDER):
            return self._file(request.path.removeprefix(FOLDER))
        body = request.get_json(silent=True) or {}
        for word, answer in self._prepared().items():
            if word in body.get("query", ""):
                return _answer(answer(body["variables"]))
        return super().respond(request)

    def _prepared(self) -> dict[str, Callable[[dict[str, Any]], bytes]]:
        return {
            "query CountOrders": lambda asked: _data({"ordersCount": self._count(asked["query"])}),
            "mutation SubmitBulk": lambda asked: _data({"bulkOperationRunQuery": self._submitted_for(asked["query"])}),
            "query BulkOperation(": lambda asked: _data({"bulkOperation": self._state_of(asked["id"])}),
            "query BulkOperations(": lambda asked: _data({"nodes": [self._state_of(gid) for gid in asked["ids"]]}),
            "query LeftOut": lambda asked: self._left_out(asked["ids"]),
        }

    def _changed(self, search: str | None) -> Part:
        """The orders that a search (or a query that holds one) finds."""
        part = self.whole
        for sign, when in _BOUND.findall(search or ""):
            place = bisect_left(self.times, when)
            part = Part(max(part.first, place), part.end) if sign == ">=" else Part(part.first, min(part.end, place))
        return Part(part.first, max(part.first, part.end))

    def _count(self, search: str | None) -> dict[str, Any]:
        part = self._changed(search)
        return {"count": self._starts[part.end] - self._starts[part.first], "precision": "EXACT"}

    def _submitted_for(self, query: str) -> dict[str, Any]:
        part = self._changed(query)
        number = 1 if part == self.whole else part.number
        self._submitted[number] = time.monotonic()
        return {"bulkOperation": {"id": f"gid://shopify/BulkOperation/{number}", "status": "CREATED"}, "userErrors": []}

    def _state_of(self, gid: str) -> dict[str, Any]:
        number = _number(gid)
        return self._state() if number == 1 else self._state_of_part(number)

    def _state_of_part(self, number: int) -> dict[str, Any]:
        part = Part.of(number)
        state = {"id": f"gid://shopify/BulkOperation/{number}", "errorCode": None, "rootObjectCount": "0"}
        if time.monotonic() < self._submitted[number] + self.takes:
            return state | {"status": "RUNNING", "objectCount": "0", "fileSize": None, "url": None}
        orders, lines = self._starts[part.end] - self._starts[part.first], self._lines(part)
        done = {"status": "COMPLETED", "objectCount": str(lines), "rootObjectCount": str(orders)}
        url = f"{self.address}{FOLDER}{number}" if orders else None
        return state | done | {"fileSize": str(self._size(part)) if orders else None, "url": url}

    def _state(self) -> dict[str, Any]:
        return {
            "id": "gid://shopify/BulkOperation/1",
            "status": "COMPLETED",
            "errorCode": None,
            "objectCount": str(self.lines),
            "rootObjectCount": str(self.orders),
            "fileSize": str(self.size),
            "url": f"{self.address}{FOLDER}result",
        }

    address = ""

    def lay_ready(self, file: IO[bytes]) -> None:
        """Have what bulk operations bring in this file, which stays open."""
        file.writelines(pieces(self._texts()))
        file.flush()
        self._ready = file

    def _file(self, name: str) -> Response:
        part = Part.of(int(name)) if name.isdigit() else self.whole
        texts = pieces(self._texts(part)) if self._ready is None else self._from_disk(self._ready, part)
        answer = Response(texts, content_type="application/jsonl")
        answer.content_length = self._size(part)
        return answer

    def _from_disk(self, file: IO[bytes], part: Part) -> Iterator[bytes]:
        at, end = self._sizes[part.first], self._sizes[part.end]
        for start in range(at, end, PIECE):
            yield os.pread(file.fileno(), min(PIECE, end - start), start)

    def _texts(self, part: Part | None = None) -> Iterator[bytes]:
        for index, copy in self.copies(part):
            yield self.templates[index].copy(copy)

    def copies(self, part: Part | None = None) -> Iterator[tuple[int, Copy]]:
        """The orders of the file by their last change: each of the base, and behind it copies of the next ones."""
        part = part or self.whole
        for block in range(part.first, part.end):
            for behind in range(self._copies_of(block)):
                yield self._at(block, behind)

    def _at(self, block: int, behind: int) -> tuple[int, Copy]:
        index, place = (block + behind) % len(self.moments), self._starts[block] + behind
        return index, Copy(place if behind else 0, FIRST_NUMBER + place, self.moments[block] - self.moments[index])

    def _copies_of(self, block: int) -> int:
        return max(0, (self.orders - block + len(self.moments) - 1) // len(self.moments))

    def _added_up(self) -> tuple[list[int], list[int]]:
        """How many bytes and lines stand before each block, and in all."""
        sizes, lines = [0], [0]
        for block in self._blocks():
            sizes.append(sizes[-1] + sum(self.templates[index].length(copy) for index, copy in block))
            lines.append(lines[-1] + sum(self.templates[index].lines for index, _ in block))
        return sizes, lines

    def _blocks(self) -> Iterator[list[tuple[int, Copy]]]:
        for block in range(self.whole.end):
            yield list(self.copies(Part(block, block + 1)))

    def _lines(self, part: Part) -> int:
        return self._counts[part.end] - self._counts[part.first]

    def _size(self, part: Part) -> int:
        return self._sizes[part.end] - self._sizes[part.first]

    def _groups(self) -> list[list[bytes]]:
        """The base orders as the local shop writes them in bulk."""
        self.bulk.lasts = 0.0
        submit = "mutation M($query: String!) { bulkOperationRunQuery(query: $query) { bulkOperation { id } } }"
        run = json.loads(self._ask(submit, {"query": bulk_query(order_shape(), None)}))
        gid = run["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
        self.bulk.find(gid)
        groups: list[list[bytes]] = []
        for line in self.bulk.operations[gid].lines:
            if b'"__parentId"' in line:
                groups[-1].append(line)
            else:
                groups.append([line])
        return groups

    def _learn_parts(self) -> None:
        """The refunds and fulfillments of the base with what bulk leaves out."""
        document = completion(order_shape())
        owners = {one["id"]: order for order in self.base for one in (*order["refunds"], *order["fulfillments"])}
        ids = list(owners)
        for start in range(0, len(ids), 100):
            group = ids[start : start + 100]
            nodes = json.loads(self._ask(document, {"ids": group}))["data"]["nodes"]
            for gid, node in zip(group, nodes, strict=True):
                text = json.dumps(node, ensure_ascii=False, separators=(",", ":")).encode()
                self._parts[_number(gid)] = Template.of(text, owners[gid])

    def _left_out(self, ids: list[str]) -> bytes:
        nodes = []
        for gid in ids:
            place, base = divmod(_number(gid) - FIRST_ID, STRIDE)
            block = bisect_right(self._starts, place) - 1
            _, copy = self._at(block, place - self._starts[block])
            nodes.append(self._parts[base + FIRST_ID].copy(copy if place else Copy(0, FIRST_NUMBER)))
        cost = json.dumps({"requestedQueryCost": 12, "actualQueryCost": 12, "throttleStatus": FULL}).encode()
        return b'{"data":{"nodes":[' + b",".join(nodes) + b']},"extensions":{"cost":' + cost + b"}}"

    def _ask(self, query: str, variables: dict[str, Any]) -> bytes:
        self.bucket = type(self.bucket)(self.clock)  # what is prepared costs nothing
        headers = [("X-Shopify-Access-Token", TOKEN)]
        builder = EnvironBuilder(
            "/admin/api/2026-10/graphql.json", method="POST", json={"query": query, "variables": variables}, headers=headers
        )
        answer: bytes = super().respond(Request(builder.get_environ())).get_data()
        return answer


def _is_usual(order: dict[str, Any]) -> bool:
    """Whether an order is of usual length: neither are its shipments drained one by one."""
    lists = [one["fulfillmentLineItems"] for one in order["fulfillments"]] + [one["refundLineItems"] for one in order["refunds"]]
    return len(order["lineItems"]) in LINES and max(map(len, lists), default=0) <= 10


def _number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def _data(data: dict[str, Any]) -> bytes:
    cost = {"requestedQueryCost": 10, "actualQueryCost": 10, "throttleStatus": FULL}
    return json.dumps({"data": data, "extensions": {"cost": cost}}).encode()


def _answer(body: bytes) -> Response:
    return Response(body, content_type="application/json", headers={"X-Shopify-API-Version": "2026-10"})


def serve(orders: int) -> None:
    """Serve until standard input ends; the address and the size of the file go to standard output."""
    import sys

    from syncdb.sandbox.faults import Faults
    from syncdb.sandbox.server import Server

    app = PreparedApp(orders)
    with tempfile.TemporaryFile() as file, Server({"/admin": app}, Faults()) as server:
        if orders <= MOST_ON_DISK:
            app.lay_ready(file)
        app.address = server.url
        print(json.dumps({"url": server.url, "bytes": app.size, "lines": app.lines}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    import sys

    serve(int(sys.argv[1]))
