"""A shop with many orders and a Google spreadsheet on one local server that counts what passes it.

Up to a thousand orders, where a run reads pages, each is one of the local shop's own. Larger shops are prepared ones (see
`prepared_shop`): of their orders those can be changed that are no copies. Google is the sandbox's, with its quota of 60 reads and
60 writes a minute; the shop's query budget is that of a large plan (20,000 points, 1,000 a second), so that waiting for it hides
nothing. Answers are not compressed.
"""

import json
import os
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from werkzeug import Request, Response

from benchmarks.prepared_shop import FULL, PreparedApp
from syncdb.connectors.shopify.orders import BULK_FROM
from syncdb.sandbox.faults import Faults, Seen
from syncdb.sandbox.google.app import GoogleApp
from syncdb.sandbox.server import App, Server
from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.cost import Bucket
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.shop import Shop
from syncdb.sandbox.shopify.tokens import Client
from syncdb.values import moment

TITLE = "Shop orders"
SEED = 7
COUNTING = "query CountOrders($query: "
COUNTING_DAYS = "query CountOrders($q0: "
MOMENTS = re.compile(r"'(20[^']+)'")
COST = {"requestedQueryCost": 10, "actualQueryCost": 10, "throttleStatus": FULL}


class Counted:
    """An app whose requests are counted, with the bytes of their bodies: ("google", "write", "requests") and the like."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.system = app.system
        self.counts = Counter[tuple[str, str, str]]()

    def kind(self, seen: Seen) -> str:
        return self.app.kind(seen)

    def error(self, fault_kind: str) -> Response:
        return self.app.error(fault_kind)

    def respond(self, request: Request) -> Response:
        answer = self.app.respond(request)
        body = request.get_json(silent=True) if request.is_json and self.system == "shopify" else None
        kind = self.kind(Seen(request.method, request.path, body, self.system))
        for what, count in (("requests", 1), ("sent", request.content_length), ("received", answer.content_length)):
            self.counts[self.system, kind, what] += count or 0
        return answer


class SheetPlace:
    """The server, its shop of `orders` orders and its empty spreadsheet. Use as a context manager.

    `folder` receives the settings (.env) with which the command finds both, and is where ledger and log come to be.
    """

    def __init__(self, folder: Path, orders: int, quota: int | None = 60) -> None:
        self.folder = folder
        self.shopify = _shop(orders)
        self.google = GoogleApp(quota=quota, service_accounts_own=False)
        self._counted = (Counted(self.shopify), Counted(self.google))
        shop, google = self._counted
        self.server = Server({"/admin": shop, **dict.fromkeys(self.google.routes, google)}, Faults())
        if isinstance(self.shopify, PreparedApp):
            self.shopify.address = self.server.url
        key_file = self.google.service_account(folder, f"{self.server.url}/token")
        email = json.loads(key_file.read_text(encoding="utf-8"))["client_email"]
        self.book = self.google.create(TITLE, email)
        self._write_settings(key_file)

    @property
    def counts(self) -> Mapping[tuple[str, str, str], int]:
        """What was answered so far, by system, kind ("read", "write", "token") and "requests", "sent" or "received" bytes."""
        return self._counted[0].counts + self._counted[1].counts

    def change(self, most: int) -> int:
        """So many orders change, or as many as can: what is left of them is shipped, or else they get a tag. How many did."""
        shop = self.shopify.shop
        chosen = list(shop.orders)[:: max(1, len(shop.orders) // max(1, most))][:most]
        for number, gid in enumerate(chosen):
            try:
                shop.fulfil(gid, tracking=[("UPS", f"1Z{number:08}", f"https://parcels.example/1Z{number:08}")])
            except ValueError:  # nothing is left to ship
                shop.add_tag(gid, f"benchmark {number}")
        return len(chosen)

    def environment(self) -> dict[str, str]:
        """This process's environment without settings that would come before those of the folder."""
        return {name: value for name, value in os.environ.items() if not name.startswith(("SHOPIFY_", "GOOGLE_", "TARGET_"))}

    def _write_settings(self, key_file: Path) -> None:
        client, secret = secrets.token_hex(16), f"shpss_{secrets.token_hex(16)}"
        self.shopify.tokens.add_client(client, Client(secret))
        settings = {
            "SHOPIFY_STORE_NAME": str(self.shopify.shop.settings["myshopifyDomain"]),
            "SHOPIFY_CLIENT_ID": client,
            "SHOPIFY_CLIENT_SECRET": secret,
            "SHOPIFY_BASE_URL": self.server.url,
            "GOOGLE_SERVICE_ACCOUNT_FILE": str(key_file),
            "GOOGLE_API_BASE_URL": self.server.url,
            "TARGET_SPREADSHEET": TITLE,
        }
        file = self.folder / ".env"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
        file.chmod(0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.close()


class ChangingShop(PreparedApp):
    """A prepared shop some of whose orders can be changed: the one of each kind that is no copy. Pages show only those.

    They get the numbers that the bulk result gives them. It also counts its orders by the day they were made, as a run over the
    whole window asks, and hides what was changed within the hour before it opened: such orders would come again with any run.
    """

    def __init__(self, orders: int) -> None:
        super().__init__(orders)
        self.made = Counter[str]()
        self.calm_since = self.shop.now() - timedelta(hours=1)
        self._settle_in()

    def _response(self, request: Request) -> Response:
        body = request.get_json(silent=True) or {}
        query, variables = body.get("query", ""), body.get("variables") or {}
        if COUNTING_DAYS in query:
            days = {f"d{name[1:]}": self._made_within(search) for name, search in variables.items()}
            data = {name: {"count": count, "precision": "EXACT"} for name, count in days.items()}
            answer = Response(json.dumps({"data": data, "extensions": {"cost": COST}}), content_type="application/json")
            answer.headers["X-Shopify-API-Version"] = "2026-10"
            return answer
        if COUNTING in query and self._is_news(variables.get("query")):
            return ShopifyApp.respond(self, request)
        return super()._response(request)

    def _is_news(self, search: str | None) -> bool:
        """Whether a search is for what changed since the shop opened: no copy did."""
        found = MOMENTS.search(search or "")
        return found is not None and moment(found[1]) >= self.calm_since

    def _made_within(self, search: str) -> int:
        since, until = (moment(text) for text in MOMENTS.findall(search))
        return sum(count for made, count in self.made.items() if since <= moment(made) < until)

    def _settle_in(self) -> None:
        made = [moment(one["createdAt"]) for one in self.base]
        for index, copy in self.copies():
            if not copy.place:
                _renumber(self.base[index], copy.number)
            self.made[(made[index] + timedelta(seconds=copy.later)).isoformat()] += 1
        recent = self.shop.stamp(self.calm_since)
        for order in self.base[self.orders :] + [one for one in self.base[: self.orders] if one["updatedAt"] >= recent]:
            self.shop.delete(order["id"])


def _renumber(order: dict[str, Any], number: int) -> None:
    before, order["number"] = str(order["name"]), number
    if before.startswith("#"):
        order["name"] = f"#{number}"
        for fulfillment in order["fulfillments"]:
            fulfillment["name"] = fulfillment["name"].replace(before, order["name"])


def _shop(orders: int) -> ShopifyApp:
    """The shop, with nothing changed in its last day."""
    if orders > BULK_FROM:
        app: ShopifyApp = ChangingShop(orders)
    else:
        app = ShopifyApp(Shop())
        generate(app.shop, orders, SEED, datetime.now(UTC) - timedelta(days=1), 25.0)
    app.bucket = Bucket(app.clock, 20_000.0, 1_000.0)
    return app
