"""The way to a shop: its client with the login that is configured."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import requests

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.shopify.client import ShopifyClient, base_address, shop_domain
from syncdb.connectors.shopify.tokens import ClientCredentials, StaticToken, TokenSource
from syncdb.http import Retrier
from syncdb.systems.patience import patient_retrier


class ShopAccess(Protocol):
    """The settings that reach a shop."""

    @property
    def shopify_store_name(self) -> str: ...
    @property
    def shopify_access_token(self) -> str | None: ...
    @property
    def shopify_client_id(self) -> str | None: ...
    @property
    def shopify_client_secret(self) -> str | None: ...
    @property
    def shopify_api_version(self) -> str: ...
    @property
    def shopify_base_url(self) -> str | None: ...
    @property
    def deadline_seconds(self) -> int: ...


@contextmanager
def connected_shop(settings: ShopAccess, clock: Clock, retrier: Retrier) -> Iterator[ShopifyClient]:
    """The client of a run, with a session of its own."""
    with requests.Session() as session:
        yield shopify_client(settings, session, clock, retrier)


def shopify_client(settings: ShopAccess, session: requests.Session, clock: Clock, retrier: Retrier) -> ShopifyClient:
    """A client over a session that is closed by whoever opened it."""
    return ShopifyClient(
        settings.shopify_store_name,
        token_source(settings, session, clock, retrier),
        settings.shopify_api_version,
        settings.shopify_base_url,
        clock,
        retrier,
        session,
    )


def token_source(settings: ShopAccess, session: requests.Session, clock: Clock, retrier: Retrier) -> TokenSource:
    """The access token of the settings, or the client credentials that one is asked for with."""
    if settings.shopify_access_token:
        return StaticToken(settings.shopify_access_token)
    address = base_address(shop_domain(settings.shopify_store_name), settings.shopify_base_url)
    return ClientCredentials(
        address, str(settings.shopify_client_id), str(settings.shopify_client_secret), session, clock, retrier
    )


@contextmanager
def shop_of(settings: ShopAccess, clock: Clock = SYSTEM) -> Iterator[ShopifyClient]:
    """A client for commands that only look: a person waits for the answer."""
    retrier = patient_retrier(settings, clock)
    with requests.Session() as session:
        client = shopify_client(settings, session, clock, retrier)
        try:
            yield client
        finally:
            client.close()
