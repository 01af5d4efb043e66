"""The sandbox's Sentos: a tenant's REST API behind one App."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from werkzeug import Request, Response
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from syncdb.sandbox.faults import Seen
from syncdb.sandbox.sentos import orders, pictures, products, shown
from syncdb.sandbox.sentos.books import Books, Json
from syncdb.sandbox.sentos.habits import Habits
from syncdb.sandbox.sentos.limits import Counter
from syncdb.sandbox.sentos.wire import Refusal, json_response, none

PLACE = "/sentos"  # a tenant of its own below the sandbox's address, as <firma>.sentos.com.tr would be
_RULES = [
    ("GET", "/products", "products"),
    ("GET", "/products/<int:id>", "product"),
    ("PUT", "/products/<int:id>", "change_product"),
    ("PUT", "/products/<int:id>/platform-variants", "change_variants"),
    ("GET", "/orders", "orders"),
    ("POST", "/orders", "create_order"),
    ("GET", "/orders/<int:id>", "order"),
    ("PUT", "/orders/<int:id>", "change_order"),
    ("GET", "/warehouses", "warehouses"),
    ("GET", "/sales-channels", "channels"),
    ("GET", "/platforms", "platforms"),
    ("GET", "/categories", "categories"),
]


@cache
def _map() -> Map:
    return Map([Rule(f"{PLACE}/api{path}", methods=[method], endpoint=name) for method, path, name in _RULES])


class SentosApp:
    """`books` is what it keeps, `habits` how it behaves; `key` and `secret` are its login. `changes` counts what was written."""

    system = "sentos"
    routes = (PLACE,)

    def __init__(self, clock: Callable[[], float] = time.time, habits: Habits | None = None) -> None:
        self.books = Books(clock)
        self.key, self.secret = "sentos-key-7f31", "sentos-secret-9c54"
        self.habits = habits or Habits()
        self.counter = Counter(self.habits, clock)
        self.logins: list[str] = []  # how each request that had a login logged in
        self._map = _map()

    def behave(self, **habits: Any) -> None:
        """Change some habits from now on."""
        self.habits = replace(self.habits, **habits)
        self.counter.habits = self.habits

    # --- App -----------------------------------------------------------------------------------------------

    def kind(self, seen: Seen) -> str:
        if seen.path.startswith(f"{PLACE}/{pictures.FOLDER}/"):
            return "picture"
        return "read" if seen.method == "GET" else "write"

    def respond(self, request: Request) -> Response:
        if request.path.startswith(f"{PLACE}/{pictures.FOLDER}/"):
            return pictures.served(self.books, self.habits, request)
        try:
            self._log_in(request)
            name, found = self._map.bind("").match(request.path, method=request.method)
            self.counter.take(request.method, request.full_path)
            return getattr(self, f"_{name}")(request, **found)  # type: ignore[no-any-return]
        except Refusal as refusal:
            return refusal.response()
        except (NotFound, MethodNotAllowed) as unknown:
            return Refusal(unknown.code or 404, "Bulunamadı").response()

    def error(self, fault_kind: str) -> Response:
        status = {"unavailable": 503, "too_many": 429, "unauthorized": 401, "forbidden": 403}[fault_kind]
        return Refusal(status, "Hata", wait=5 if status == 429 and self.habits.retry_after else None).response()

    # --- logging in ----------------------------------------------------------------------------------------

    def _log_in(self, request: Request) -> None:
        pair = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        given = request.headers.get("Authorization", "")
        ways = {
            "basic": given == f"Basic {pair}",
            "bearer": given == f"Bearer {self.secret}",
            "token": given == f"Token {self.secret}",
            "headers": (request.headers.get("X-Api-Key"), request.headers.get("X-Api-Secret")) == (self.key, self.secret),
        }
        self.logins += [way for way, fits in ways.items() if fits]
        if not any(fits and way in self.habits.accepts for way, fits in ways.items()):
            raise Refusal(401, "Unauthorized")

    # --- goods ---------------------------------------------------------------------------------------------

    def _products(self, request: Request) -> Response:
        asked = self._asked(request)
        wanted, barcode = asked.get("sku"), asked.get("barcode")
        found = list(self.books.products.values())
        if wanted and self.habits.sku_filter != "ignored":
            found = [one for one in found if products.has_sku(one, wanted, exact=self.habits.sku_filter == "exact")]
        if barcode:
            found = [one for one in found if barcode in (one.article.barcode, *(each.barcode for each in one.variants))]
        return self._page(found, asked, lambda one: shown.product(one, self.books, self.habits, _place(request)))

    def _product(self, request: Request, id: int) -> Response:
        return json_response(shown.product(self._product_of(id), self.books, self.habits, _place(request)))

    def _change_product(self, request: Request, id: int) -> Response:
        product = self._product_of(id)
        try:
            products.change(product, _body(request), self.habits)
        except Refusal as refusal:
            return self._refused(refusal, "product")
        return self._done("product", {"id": product.id, "sku": product.article.sku})

    def _change_variants(self, request: Request, id: int) -> Response:
        product = self._product_of(id)
        products.change(product, {"variants": json.loads(request.get_data())}, replace(self.habits, drops_left_out=False))
        return self._done("product", {"id": product.id, "sku": product.article.sku})

    def _product_of(self, id: int) -> Any:
        if id not in self.books.products:
            raise Refusal(404, "Ürün bulunamadı")
        return self.books.products[id]

    # --- orders --------------------------------------------------------------------------------------------

    def _orders(self, request: Request) -> Response:
        asked = self._asked(request)
        found = list(self._matching(asked))
        if asked.get("orderby_direction", "").upper() == "DESC":
            found.reverse()
        return self._page(found, asked, lambda one: shown.order(one, self.habits))

    def _matching(self, asked: MultiDict[str, str]) -> Iterator[Json]:
        wanted, code = asked.get("order_id"), asked.get("order_code")
        dates = [("order_date", asked.get("start_date"), asked.get("end_date"))]
        dates += [
            (f"{name}_at", asked.get(f"{name}_start_date"), asked.get(f"{name}_end_date")) for name in ("created", "updated")
        ]
        for order in self.books.orders.values():
            if wanted and not self._found_by(order, wanted):
                continue
            if code and order["order_code"] != code:
                continue
            if all(_within(order[name], since, until) for name, since, until in dates):
                yield order

    def _found_by(self, order: Json, wanted: str) -> bool:
        habit = self.habits.order_filter
        if habit == "ignored":
            return True
        if habit == "nothing" or self.books.clock() - order["_at"] < self.habits.lag:
            return False
        kept = str(order["order_id"])
        return kept == wanted or (habit == "contains" and wanted in kept)

    def _create_order(self, request: Request) -> Response:
        try:
            made = orders.create(self.books, self.habits, _body(request))
        except Refusal as refusal:
            return self._refused(refusal, "order")
        return self._done("order", {"id": made["id"], "order_code": made["order_code"], "status": made["status"]})

    def _order(self, request: Request, id: int) -> Response:
        if not self.habits.single_order:
            raise Refusal(404, "Bulunamadı")
        return json_response(shown.order(self._order_of(id), self.habits))

    def _change_order(self, request: Request, id: int) -> Response:
        try:
            order = orders.change(self.books, self.habits, self._order_of(id), _body(request))
        except Refusal as refusal:
            return self._refused(refusal, "order")
        return self._done("order", {"id": order["id"], "order_code": order["order_code"], "status": order["status"]})

    def _order_of(self, id: int) -> Json:
        if id not in self.books.orders:
            raise Refusal(404, "Sipariş bulunamadı")
        return self.books.orders[id]

    # --- the rest ------------------------------------------------------------------------------------------

    def _warehouses(self, request: Request) -> Response:
        return json_response([{"id": id, "name": name} for id, name in self.books.warehouses.items()])

    def _channels(self, request: Request) -> Response:
        extra = {"url": "shop.example.com", "payment_method": "online", "order_prefix": "SH-", "note": ""}
        return json_response([{"id": id, "name": name, **extra} for id, name in self.books.channels.items()])

    def _platforms(self, request: Request) -> Response:
        return json_response({"e-commerce": [{"id": 1, "name": "Shopify"}], "trendyol": [{"id": 2, "name": "Store1"}]})

    def _categories(self, request: Request) -> Response:
        return json_response([{"id": id, "name": name, "parent_id": 0} for id, name in self.books.categories.items()])

    # --- shapes --------------------------------------------------------------------------------------------

    def _asked(self, request: Request) -> MultiDict[str, str]:
        """The parameters of a GET: of the query, of the body, or of both, as the habits say."""
        query: MultiDict[str, str] = MultiDict(request.args if self.habits.filters_in != "body" else {})
        if self.habits.filters_in != "query" and request.get_data():
            query.update({name: str(value) for name, value in _body(request).items()})
        paging = {name: request.args[name] for name in ("page", "size", "pageSize") if name in request.args}
        query.update(paging)
        return query

    def _page(self, found: Sequence[Any], asked: MultiDict[str, str], as_shown: Callable[[Any], Json]) -> Response:
        names = ("size", "pageSize") if self.habits.size_name == "either" else (self.habits.size_name,)
        wanted = next((asked[name] for name in names if name in asked), "20")
        size = max(1, min(int(wanted), self.habits.largest_page))
        page = max(1, int(asked.get("page", "1")))
        some = [as_shown(one) for one in found[(page - 1) * size : page * size]]
        if self.habits.listing == "bare":
            return json_response(some)
        pages = -(-len(found) // size)
        return json_response({"page": page, "size": size, "total_elements": len(found), "total_pages": pages, "data": some})

    def _done(self, name: str, about: Json) -> Response:
        return json_response({"message": "OK", "errors": none(self.habits), name: about})

    def _refused(self, refusal: Refusal, name: str) -> Response:
        """A refusal with its own status, or within a 200, as the habits say."""
        if refusal.status != 422 or self.habits.refuses_with == 422:
            return refusal.response()
        return json_response({"message": refusal.message, "errors": refusal.errors, name: []})


def _place(request: Request) -> str:
    """The address of the tenant, under which its pictures stand."""
    return f"{request.host_url.rstrip('/')}{PLACE}"


def _body(request: Request) -> Json:
    try:
        found = json.loads(request.get_data() or b"{}")
    except ValueError:
        raise Refusal(400, "Geçersiz JSON") from None
    if not isinstance(found, dict):
        raise Refusal(400, "Geçersiz JSON")
    return found


def _within(moment: str, since: str | None, until: str | None) -> bool:
    """Whether a moment lies between two; a bare date is its midnight as `since`, its end as `until`."""
    at = datetime.fromisoformat(moment)
    if since and at < datetime.fromisoformat(since):
        return False
    return not until or at <= datetime.fromisoformat(until if len(until) > 10 else f"{until} 23:59:59")
