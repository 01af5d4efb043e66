"""The whole sandbox: a shop, Google's APIs, Grist, Sentos and one server for all, with the settings that point syncdb at them."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from werkzeug import Request
from werkzeug.test import create_environ

from syncdb.sandbox.faults import Faults
from syncdb.sandbox.google.app import GoogleApp
from syncdb.sandbox.google.grid import Tab
from syncdb.sandbox.google.page import PageApp
from syncdb.sandbox.google.spreadsheet import Spreadsheet
from syncdb.sandbox.google.tokens import Tokens
from syncdb.sandbox.grist.app import GristApp
from syncdb.sandbox.grist.page import GristPages
from syncdb.sandbox.sentos.app import PLACE, SentosApp
from syncdb.sandbox.server import App, Server
from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.shopify.shop import Shop
from syncdb.sandbox.shopify.tokens import Client

TITLE = "Shop orders"
GRIST_TITLE = "Shop"
PERSON, ACCOUNT = "owner@shop.example", "syncdb@shop.example"  # logins of Grist: whose document it is, and ours


class Sandbox:
    """A running shop with `orders` orders, a spreadsheet and a Grist document shared with our accounts. Use as a context manager.

    `folder` receives the account's key file. `clock` gives epoch seconds for all of it. `quota` is Google's requests a minute
    for reads and writes each; None switches it off. `key` is the account's private key, where not a new one is to be made.
    """

    def __init__(
        self,
        folder: Path,
        *,
        orders: int = 0,
        products: int = 0,
        seed: int = 7,
        clock: Callable[[], float] = time.time,
        quota: int | None = 60,
        port: int = 0,
        key: RSAPrivateKey | None = None,
        currency: str = "EUR",
    ) -> None:
        self.clock = clock
        self.faults = Faults()
        self.shop = Shop(clock=clock, currency=currency)
        if orders:
            generate(self.shop, orders, seed, self.now(), days=25.0)
        if products:
            generate_goods(self.shop.goods, products, seed, self.now())
        self.shopify = ShopifyApp(self.shop)
        self.client_id, self.client_secret = secrets.token_hex(16), f"shpss_{secrets.token_hex(16)}"
        self.shopify.tokens.add_client(self.client_id, Client(self.client_secret))
        self.shopify.webhooks.secret = self.client_secret
        self.google = GoogleApp(self.faults, clock, quota=quota, service_accounts_own=False)
        # google-auth reads this computer's clock, whatever clock everything else goes by
        self.google.tokens = Tokens(time.time)
        routes: dict[str, App] = {"/admin": self.shopify, **dict.fromkeys(self.google.routes, self.google)}
        self.grist = GristApp(clock, self.faults)
        self.grist_document = self.grist.create(GRIST_TITLE, PERSON, ACCOUNT)
        self.grist_key = self.grist.keys.key(ACCOUNT)
        routes |= dict.fromkeys(self.grist.routes, self.grist)
        routes |= dict.fromkeys(GristPages.routes, GristPages(self.grist))
        self.sentos = SentosApp(clock)
        routes |= dict.fromkeys(self.sentos.routes, self.sentos)
        self.pages = PageApp(self.google)
        self.server = Server(routes | {"/": self.pages}, self.faults, port)
        self.key_file = self.google.service_account(folder, f"{self.server.url}/token", key=key)
        self.email: str = json.loads(self.key_file.read_text(encoding="utf-8"))["client_email"]
        self.spreadsheet: Spreadsheet = self.google.create(TITLE, self.email)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def environment(self) -> dict[str, str]:
        """The environment variables that point syncdb at this sandbox."""
        return {
            "SHOPIFY_STORE_NAME": str(self.shop.settings["myshopifyDomain"]),
            "SHOPIFY_CLIENT_ID": self.client_id,
            "SHOPIFY_CLIENT_SECRET": self.client_secret,
            "SHOPIFY_BASE_URL": self.server.url,
            "GOOGLE_SERVICE_ACCOUNT_FILE": str(self.key_file),
            "GOOGLE_API_BASE_URL": self.server.url,
            "TARGET_SPREADSHEET": TITLE,
            "GRIST_SERVER": self.server.url,
            "GRIST_API_KEY": self.grist_key,
            "GRIST_DOCUMENT": self.grist_document.id,
            "SENTOS_API_URL": f"{self.server.url}{PLACE}/api",
            "SENTOS_API_KEY": self.sentos.key,
            "SENTOS_API_SECRET": self.sentos.secret,
        }

    def write_settings(self, folder: Path, known: Mapping[str, str] | None = None) -> Path:
        """The same, or others that are `known`, as a `.env` file in a folder, readable by its owner only."""
        settings = folder / ".env"
        settings.write_text(
            "".join(f"{name}={value}\n" for name, value in (known or self.environment()).items()), encoding="utf-8"
        )
        settings.chmod(0o600)
        return settings

    def page_of(self, title: str) -> str:
        """The tab of that title as an HTML page; raises LookupError where there is none."""
        tab = self._tab(title)
        request = Request(create_environ(f"/sheet/{self.spreadsheet.id}?gid={tab.sheet_id}"))
        return self.pages.respond(request).get_data(as_text=True)

    def mark_from_now(self, title: str) -> None:
        """From now on the page of the tab of that title marks what changes; raises LookupError where there is none."""
        self.pages.mark_from_now(self.spreadsheet, self._tab(title))

    def _tab(self, title: str) -> Tab:
        tab = self.spreadsheet.titled(title)
        if tab is None:
            raise LookupError(f"no tab called {title}")
        return tab

    def close(self) -> None:
        self.server.close()
        self.shopify.webhooks.close()
        self.grist.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def wait_for_ctrl_c() -> None:
    """Keep the process, and so the server's thread, until somebody presses Ctrl-C."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
