"""The result of a bulk operation brought to disk.

Customers' data may be in it, so the file has no name where the system allows that, and goes with the process, however it ends.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from typing import IO
from urllib.parse import urlsplit

import requests

from syncdb.connectors.shopify.bulk_operation import BulkResultFile
from syncdb.connectors.shopify.bulk_trouble import AddressRanOut, NotInBulk
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.tokens import TIMEOUT
from syncdb.errors import RetryLater
from syncdb.http import Transient

STORAGE = "storage.googleapis.com"  # observed: where results lie
PIECE = 1 << 18  # bytes that are fetched at once
CUTS = 5  # how often a fetch that was cut goes on


def nameless() -> IO[bytes]:
    """A file on disk for a result."""
    return tempfile.TemporaryFile(prefix="syncdb-bulk-")


def fetched(client: ShopifyClient, result: BulkResultFile, file: IO[bytes]) -> Iterator[bytes]:
    """Write a result into a file, giving out each piece of it. Raises NotInBulk where it cannot be had."""
    if result.url is None:
        if result.lines:
            raise NotInBulk("the result has no address", again=True)
        return
    _check_host(result.url, client.base_url or "")
    for cuts_left in reversed(range(CUTS)):
        try:
            for piece in _pieces(client, result.url, file.tell()):
                file.write(piece)
                yield piece
        except requests.RequestException as error:
            if not cuts_left:
                raise NotInBulk(f"the result could not be fetched ({type(error).__name__})", again=True) from None
        else:
            return


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
            yield from answer.iter_content(PIECE)
    except RetryLater as error:
        raise NotInBulk(str(error), again=True) from error
