"""The shop with prepared answers, opened to the public extractors: the same orders in the form that each of them asks for.

REST pages (`orders.json`, 250 orders, `Link` with page_info, the call limit never near its end) for those that read REST, a
bulk operation of its own for tap-shopify, and what they ask before they begin (`shop.json`, scopes, events). Ids, numbers and
moments of the orders are those of the bulk file that syncdb reads. Everything is answered at once and uncompressed: what is
measured is the program, not the wire. Only a bulk operation is still running for its first `takes` seconds, as no real one is
done when it is first asked for.
"""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from benchmarks.copies import Copy, Template
from benchmarks.extractors_graph import Selection
from benchmarks.extractors_rest import rest_order
from benchmarks.prepared_shop import PreparedApp, pieces
from syncdb.sandbox.shopify.app import GRAPHQL, VERSIONS
from syncdb.sandbox.shopify.bulk import FOLDER
from syncdb.sandbox.shopify.tokens import ALL_SCOPES
from syncdb.values import moment

PAGE = 250
CONTROL = "/admin/bulk-operations-take"  # sets how many seconds a bulk operation runs
ABOUT = "/admin/about"  # what an extractor should have brought
PARAMETERS = frozenset({"limit", "page_info", "order", "status", "updated_at_min", "created_at_min"})
SCOPES = [{"handle": scope} for scope in sorted(ALL_SCOPES)]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_REST = re.compile(r"/admin/api/[^/]+/(\w+)\.json")
_WINDOW = re.compile(r"updated_at:>='([^']+)' AND updated_at:<'([^']+)'")


class ExtractorsApp(PreparedApp):
    """Serves `orders` orders to programs of every kind; any bulk operation runs for `takes` seconds, not only one for a part."""

    def __init__(self, orders: int, seed: int = 11) -> None:
        super().__init__(orders, seed)
        compact = [json.dumps(rest_order(one), ensure_ascii=False, separators=(",", ":")).encode() for one in self.base]
        self.rest = [Template.of(text, order) for text, order in zip(compact, self.base, strict=True)]
        self.all = list(self.copies())
        made = [int(moment(one["createdAt"]).timestamp()) for one in self.base]
        self.oldest = min(made[index] + copy.later for index, copy in self.all)
        self._ready = 0.0
        self._forms: dict[str, list[Template]] = {}
        self._asked: dict[str, tuple[list[Template], datetime, datetime]] = {}
        self._asked_sizes: dict[str, tuple[int, int]] = {}

    def about(self) -> dict[str, Any]:
        """How many orders and line items there are, and the bytes of an order in each form asked for so far."""
        lines = [len(order["lineItems"]) for order in self.base]
        sizes = {"syncdb's bulk lines": self.size / self.orders, "REST": self._mean(self.rest)}
        for forms in self._forms.values():
            sizes["tap-shopify's bulk lines"] = self._mean(forms)
        return {"orders": self.orders, "line_items": sum(lines[index] for index, _ in self.all), "bytes": sizes}

    def _mean(self, forms: list[Template]) -> float:
        return sum(forms[index].length(copy) for index, copy in self.all) / self.orders

    def _response(self, request: Request) -> Response:
        rest = _REST.fullmatch(request.path)
        if request.path == CONTROL:
            self.takes = float(request.args["seconds"])
            return _json({})
        if request.path == ABOUT:
            return _json(self.about())
        if request.path.startswith(FOLDER) and request.path.removeprefix(FOLDER) in self._asked:
            return self._asked_file(request.path.removeprefix(FOLDER))
        if request.path == "/admin/oauth/access_scopes.json":
            return _json({"access_scopes": SCOPES})
        if rest and request.method == "GET":
            return self._rest(rest[1], request)
        return self._asked_by_tap(request) or super()._response(request)

    def _rest(self, resource: str, request: Request) -> Response:
        match resource:
            case "orders":
                answer = self._page(request)
            case "shop":
                answer = _json({"shop": _shop(self.shop.settings)})
            case "events":
                answer = _json({"events": []})
            case _:
                return _json({"errors": "Not Found"}, 404)
        answer.headers["X-Shopify-Shop-Api-Call-Limit"] = "1/40"
        return answer

    def _page(self, request: Request) -> Response:
        if request.args.keys() - PARAMETERS:
            return _json({"errors": f"not served here: {sorted(request.args.keys() - PARAMETERS)}"}, 400)
        if request.args.get("order", "updated_at asc") != "updated_at asc":
            return _json({"errors": "only served in the order of the last change"}, 400)
        if _moment(request.args.get("created_at_min", LONG_AGO.isoformat())).timestamp() > self.oldest:
            return _json({"errors": "orders are not chosen by when they were placed"}, 400)
        limit = min(int(request.args.get("limit", 50)), PAGE)
        start = int(request.args.get("page_info") or self._first(request.args.get("updated_at_min")))
        some = self.all[start : start + limit]
        body = b'{"orders":[' + b",".join([self.rest[index].copy(copy) for index, copy in some]) + b"]}"
        answer = Response(body, content_type="application/json; charset=utf-8")
        if start + limit < self.orders:
            url = f"{request.base_url}?limit={limit}&page_info={start + limit}"
            answer.headers["Link"] = f'<{url}>; rel="next"'
        return answer

    def _first(self, since: str | None) -> int:
        """The first place that was changed at that moment or later."""
        least = (_moment(since) if since else LONG_AGO).timestamp()
        return next(
            (place for place, (index, copy) in enumerate(self.all) if self._changed_at(index, copy) >= least), self.orders
        )

    def _changed_at(self, index: int, copy: Copy) -> int:
        return self.moments[index] + copy.later

    def _asked_by_tap(self, request: Request) -> Response | None:
        """What tap-shopify asks: in a version out of support, which Shopify answers by the oldest one in support."""
        body = request.get_json(silent=True) or {}
        query, endpoint = body.get("query", ""), GRAPHQL.fullmatch(request.path)
        if endpoint is None or endpoint["version"] in VERSIONS:
            if "mutation SubmitBulk" in query:
                self._ready = time.monotonic() + self.takes
            return None
        if "bulkOperationRunQuery" in query:
            return _json({"data": {"bulkOperationRunQuery": self._submit(body["variables"]["query"])}})
        if "... on BulkOperation" in query:
            name = query.partition("BulkOperation/")[2].partition('"')[0]
            return _json({"data": {"node": self._operation(name)}})
        return _json({"data": {"currentAppInstallation": {"accessScopes": SCOPES}}})

    def _submit(self, query: str) -> dict[str, Any]:
        window = _WINDOW.search(query)
        assert window is not None
        name, shape = str(len(self._asked) + 1001), query.replace(window[0], "")
        if shape not in self._forms:
            selection = Selection(query)
            self._forms[shape] = [Template.of(b"".join(selection.lines(one)), one) for one in self.base]
        self._asked[name] = (self._forms[shape], _moment(window[1]), _moment(window[2]))
        self._ready = time.monotonic() + self.takes
        operation = {"id": f"gid://shopify/BulkOperation/{name}", "status": "CREATED", "createdAt": self._now()}
        return {"bulkOperation": operation, "userErrors": []}

    def _operation(self, name: str) -> dict[str, Any]:
        state = {"id": f"gid://shopify/BulkOperation/{name}", "errorCode": None, "createdAt": self._now()}
        if self._running():
            return state | {"status": "RUNNING", "completedAt": None, "objectCount": "0", "fileSize": None, "url": None}
        size, lines = self._asked_size(name)
        url = f"{self.address}{FOLDER}{name}" if lines else None
        done = {"status": "COMPLETED", "completedAt": self._now(), "objectCount": str(lines), "fileSize": str(size)}
        return state | done | {"url": url}

    def _state(self) -> dict[str, Any]:
        """The state of syncdb's operation."""
        if self._running():
            return super()._state() | {"status": "RUNNING", "objectCount": "0", "fileSize": None, "url": None}
        return super()._state()

    def _running(self) -> bool:
        return time.monotonic() < self._ready

    def _in_window(self, name: str) -> Iterator[tuple[Template, Copy]]:
        forms, since, until = self._asked[name]
        for index, copy in self.all:
            if since.timestamp() <= self._changed_at(index, copy) < until.timestamp():
                yield forms[index], copy

    def _asked_size(self, name: str) -> tuple[int, int]:
        """Bytes and lines of the result."""
        if name not in self._asked_sizes:
            found = [(form.length(copy), form.lines) for form, copy in self._in_window(name)]
            self._asked_sizes[name] = sum(size for size, _ in found), sum(lines for _, lines in found)
        return self._asked_sizes[name]

    def _asked_file(self, name: str) -> Response:
        answer = Response(pieces(form.copy(copy) for form, copy in self._in_window(name)))
        answer.content_type = "application/jsonl"
        answer.content_length = self._asked_size(name)[0]
        return answer

    @staticmethod
    def _now() -> str:
        return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shop(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": int(settings["id"].rpartition("/")[2]),
        "name": settings["name"],
        "email": settings["email"],
        "domain": settings["myshopifyDomain"],
        "myshopify_domain": settings["myshopifyDomain"],
        "currency": settings["currencyCode"],
        "iana_timezone": settings["ianaTimezone"],
        "created_at": settings["createdAt"],
        "updated_at": settings["updatedAt"],
    }


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")


def serve(orders: int) -> None:
    """Serve until standard input ends; the address goes to standard output."""
    import sys

    from syncdb.sandbox.faults import Faults
    from syncdb.sandbox.server import Server

    app = ExtractorsApp(orders)
    with Server({"/admin": app}, Faults()) as server:
        app.address = server.url
        print(json.dumps({"url": server.url}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    import sys

    serve(int(sys.argv[1]))
