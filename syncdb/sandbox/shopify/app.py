"""The local shop's HTTP face: tokens, versions, the rate limit and the GraphQL endpoint, mounted at /admin."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from hashlib import sha256
from itertools import count
from typing import Any

from graphql import OperationDefinitionNode, OperationType
from werkzeug import Request, Response

from syncdb.sandbox.faults import Seen
from syncdb.sandbox.shopify.bulk import FOLDER, BulkDesk
from syncdb.sandbox.shopify.cost import MAX_QUERY_COST, Bucket, Estimate
from syncdb.sandbox.shopify.documents import Document, Refused, read_document, read_variables, schema
from syncdb.sandbox.shopify.execute import BrokenAnswer, Execution, place_of
from syncdb.sandbox.shopify.products.writing import oversized
from syncdb.sandbox.shopify.resolvers import RESOLVERS, Asker
from syncdb.sandbox.shopify.shop import Shop
from syncdb.sandbox.shopify.tokens import TokenDesk
from syncdb.sandbox.shopify.webhooks.delivery import WebhookDesk
from syncdb.sandbox.shopify.webhooks.events import Events
from syncdb.sandbox.shopify.webhooks.subscriptions import Subscriptions

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")  # documented: the ones accessible in late 2026
GRAPHQL = re.compile(r"/admin/api/(?P<version>[^/]+)/graphql\.json")
TOKEN = "/admin/oauth/access_token"
BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"
UNAVAILABLE = "<!DOCTYPE html><html><head><title>Something went wrong</title></head><body>503</body></html>"


class ShopifyApp:
    """Serves one shop. `clock` gives epoch seconds (default: the shop's own clock).

    Switches: `answer_version` answers as another API version than the one asked; `unapproved` names protected data
    the app may not use ("Customer", "name", "email", "phone", "address"); `bucket` holds the rate limit,
    `bulk` the bulk operations, `webhooks` what is sent to subscribers; `charges_each_node` charges each object that is asked for
    by its id (of several at once that is neither observed nor ruled out).
    """

    system = "shopify"

    def __init__(self, shop: Shop, clock: Callable[[], float] | None = None) -> None:
        self.shop = shop
        self.clock = clock or shop.clock
        self.tokens = TokenDesk(self.clock)
        self.bucket = Bucket(self.clock)
        self.bulk = BulkDesk(self.clock)
        self.webhooks = WebhookDesk(self.clock, shop.settings["myshopifyDomain"], Subscriptions(shop.stamp))
        shop.heard.append(Events(self.webhooks))
        self.answer_version: str | None = None
        self.unapproved: frozenset[str] = frozenset()
        self.charges_each_node = False
        self._requests = count(1)

    def kind(self, seen: Seen) -> str:
        """What a request is for: "token", "write" (a mutation) or "read"."""
        if seen.path == TOKEN:
            return "token"
        query = seen.body_json.get("query") if isinstance(seen.body_json, dict) else None
        return "write" if isinstance(query, str) and query.lstrip().startswith("mutation") else "read"

    def error(self, fault_kind: str) -> Response:
        """Shopify's answer to trouble of its own: an HTML page, or JSON with the text under "errors"."""
        match fault_kind:
            case "too_many":
                text = "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
                answer = _json({"errors": text}, 429)
                answer.headers["Retry-After"] = "2.0"
                return answer
            case "unauthorized":
                return _json({"errors": BAD_TOKEN}, 401)
            case "forbidden":
                text = "[API] This action requires merchant approval for read_orders scope."
                return _json({"errors": text}, 403)
            case "unavailable":
                return Response(UNAVAILABLE, 503, mimetype="text/html")
        raise ValueError(f"Shopify has no answer of its own for {fault_kind!r}")

    def respond(self, request: Request) -> Response:
        """Answer one request; anything but the token grant and the GraphQL endpoint is not found."""
        endpoint = GRAPHQL.fullmatch(request.path)
        if request.path == TOKEN and request.method == "POST":
            return self._grant(request)
        if request.path.startswith(FOLDER) and request.method == "GET":
            return self._result(request)
        if (file := self.shop.goods.files.serve(request)) is not None:
            return file
        if endpoint is None or request.method != "POST":
            return _json({"errors": "Not Found"}, 404)
        scopes = self.tokens.scopes_of(request.headers.get("X-Shopify-Access-Token"))
        if scopes is None:
            return self.error("unauthorized")
        version = _served_version(endpoint["version"])
        if version is None:
            return _json({"errors": "Not Found"}, 404)
        version = self.answer_version or version
        explain = request.headers.get("X-Shopify-Search-Query-Debug") == "1"
        address = request.host_url.rstrip("/")
        answer = self._graphql(
            request,
            Asker(
                self.shop,
                scopes,
                version,
                self.unapproved,
                explain,
                self.bulk,
                address,
                subscriptions=self.webhooks.subscriptions,
            ),
        )
        answer.headers["X-Shopify-API-Version"] = version
        answer.headers["Date"] = format_datetime(self.shop.now(), usegmt=True)
        return answer

    def _result(self, request: Request) -> Response:
        """The file of a bulk operation. Its address is all that is needed (it is signed at Shopify's)."""
        lines = self.bulk.file(request.path.removeprefix(FOLDER), request.args.get("Expires", 0.0, float))
        if lines is None:
            return Response("<Error><Code>ExpiredToken</Code></Error>", 400, mimetype="application/xml")
        file = b"".join(lines)
        answer = Response(file, content_type="application/jsonl")
        answer.make_conditional(request.environ, accept_ranges=True, complete_length=len(file))
        return self._cut(answer)

    def _cut(self, answer: Response) -> Response:
        """The answer, or one that promises as much and breaks off after `cut_after` bytes; the next fetch is whole again."""
        if self.bulk.cut_after is None:
            return answer
        body, self.bulk.cut_after = answer.get_data()[: self.bulk.cut_after], None

        def broken_off() -> Iterator[bytes]:
            yield body
            raise ConnectionResetError

        headers = [(name, value) for name, value in answer.headers if name != "Content-Length"]
        return Response(broken_off(), answer.status_code, [*headers, ("Content-Length", str(answer.content_length))])

    def _grant(self, request: Request) -> Response:
        body = request.get_json(silent=True) if request.is_json else None
        form = body if isinstance(body, dict) else request.form.to_dict()
        granted = self.tokens.grant(form)
        return _json(granted.body, granted.status)

    def _graphql(self, request: Request, asker: Asker) -> Response:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not _askable(body):
            return _json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        try:
            document = read_document(body["query"])
            operation = document.operation(body.get("operationName"))
            if operation.operation is OperationType.SUBSCRIPTION:
                raise Refused({"message": "Subscriptions are not served here"})
            variables = read_variables(operation, body.get("variables") or {})
        except Refused as refusal:
            return _json({"errors": refusal.errors})
        return _json(self._paid(document, operation, variables, asker))

    def _paid(
        self, document: Document, operation: OperationDefinitionNode, variables: dict[str, Any], asker: Asker
    ) -> dict[str, Any]:
        """The answer to a valid query, if the bucket can pay what it asks for."""
        estimate = Estimate(schema(), document.fragments, variables, self.charges_each_node)
        requested = estimate.requested(operation)
        if requested > MAX_QUERY_COST:
            return _too_dear(requested)
        if self.bucket.available() < requested:
            throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return {"errors": [throttled], "extensions": {"cost": self._cost(requested, None)}}
        self.shop.goods.catch_up()
        run = Execution(document, variables, RESOLVERS, asker)
        if operation.operation is OperationType.MUTATION:
            for step in run.root_steps(operation):
                if too_many := oversized(step.name, run.args(step)):
                    return {"errors": [too_many | {"locations": place_of(step.node)}]}
        try:
            data = run.run(operation)
        except BrokenAnswer:
            self.bucket.spend(requested)
            return {"data": None, "errors": [self._internal()], "extensions": {"cost": self._cost(requested, requested)}}
        actual = min(requested, estimate.actual(operation, data))
        self.bucket.spend(actual)
        answer: dict[str, Any] = {"data": data}
        if run.errors:
            answer["errors"] = run.errors
        answer["extensions"] = {"cost": self._cost(requested, actual)}
        if asker.searches:
            answer["extensions"]["search"] = asker.searches
        return answer

    def _cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        status = self.bucket.status()
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}

    def _internal(self) -> dict[str, Any]:
        request_id = sha256(str(next(self._requests)).encode()).hexdigest()[:32]
        message = "Internal error. Looks like something went wrong on our end.\n"
        message += f"Request ID: {request_id} (include this in support requests)."
        return {"message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}}


def _served_version(asked: str) -> str | None:
    """The version that answers: a retired one falls forward to the oldest there is (reported)."""
    if asked in VERSIONS:
        return asked
    return VERSIONS[0] if re.fullmatch(r"20\d\d-(01|04|07|10)", asked) and asked < VERSIONS[0] else None


def _askable(body: dict[str, Any]) -> bool:
    return isinstance(body.get("query"), str) and isinstance(body.get("variables") or {}, dict)


def _too_dear(cost: int) -> dict[str, Any]:
    extensions = {
        "code": "MAX_COST_EXCEEDED",
        "cost": cost,
        "maxCost": MAX_QUERY_COST,
        "documentation": "https://shopify.dev/api/usage/limits#rate-limits",
    }
    message = f"Query cost is {cost}, which exceeds the single query max cost limit ({MAX_QUERY_COST})."
    return {"errors": [{"message": message, "extensions": extensions}]}


def _json(body: dict[str, Any], status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json; charset=utf-8")
