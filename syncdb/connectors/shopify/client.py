"""One GraphQL request to a shop: sent, paced, tried again within the deadline, and its answer or refusal told apart.

What a refusal means (documented unless marked): 401 and 403 token or permission, 402 and 423 a frozen or locked shop, 404 no such
shop, 409 busy with the same record (reported), 429 and 430 too fast, 5xx theirs. THROTTLED comes with HTTP 200 (reported). HTML
with 200 comes from something in between.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.shopify.throttle import Throttle
from syncdb.connectors.shopify.tokens import TIMEOUT, TokenSource
from syncdb.decoding import understood
from syncdb.errors import ConfigurationError, OutcomeUnknown, Refused
from syncdb.http import Retrier, Transient, no_connection, redact
from syncdb.values import parse_json

LARGEST_ANSWER = 64 * 1024 * 1024
SHOP_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

REFUSALS = {
    401: ("does not accept the access token", "Put a valid access token (or client id and secret) into the configuration."),
    402: ("is frozen for an unpaid bill", "The shop owner has to settle the bill in the Shopify admin; then run it again."),
    403: ("forbids this app to read it", "Check in the Shopify admin that the app is installed and may read orders."),
    404: ("was not found at this address or does not offer this API version", "Check the shop's name and shopify_api_version."),
    423: ("is locked", "Ask Shopify support to unlock it; then run it again."),
}


class Lost(Transient):
    """No answer, or none of Shopify's own: what was asked may have been done all the same."""


class TooCostly(Exception):
    """The query asks for more points than one query may: ask for less at once. Nothing was run."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query brought: `data` (None if all of it was lost), errors beside it, search warnings, API version, points.

    `dated` is the server's clock as its answer left, to the second (HTTP's Date), where it said so.
    """

    data: Mapping[str, Any] | None
    errors: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]
    version: str
    cost: float
    dated: datetime | None = None


def shop_domain(name: str) -> str:
    """The shop's permanent domain from "name", "name.myshopify.com" or a URL. Raises ConfigurationError for anything else."""
    text = name.strip().lower()
    host = urlsplit(text).hostname or "" if "://" in text else text.partition("/")[0]
    if admin := re.match(r"https?://admin\.shopify\.com/store/([^/?#]+)", text):
        host = admin[1]
    domain = host if "." in host else f"{host}.myshopify.com"
    if not SHOP_NAME.fullmatch(domain):
        raise ConfigurationError(
            [f"{name!r} is not a Shopify shop name."],
            next_step="Use the permanent name, such as my-shop or my-shop.myshopify.com (Shopify admin: Settings, Domains).",
        )
    return domain


def base_address(domain: str, base_url: str | None) -> str:
    """Where requests go: the shop itself, or `base_url`. Raises ConfigurationError where a token would travel in clear."""
    if not base_url:
        return f"https://{domain}"
    parts = urlsplit(base_url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return base_url.rstrip("/")
    raise ConfigurationError([f"SHOPIFY_BASE_URL {base_url!r} must begin with https:// (http:// only on this computer)."])


@dataclass(slots=True)
class ShopifyClient:
    """Asks one shop. `strain` of `ask` is called whenever a try was too heavy for the server, so that the next asks for less.

    `first_dated` is when the first answer was given by the server's own clock (None before, or where no answer said).
    """

    shop: str
    tokens: TokenSource = field(repr=False)
    api_version: str
    base_url: str | None = None
    clock: Clock = SYSTEM
    retrier: Retrier = field(default_factory=Retrier)
    session: requests.Session = field(default_factory=requests.Session, repr=False)
    throttle: Throttle = field(init=False)
    requests_sent: int = field(default=0, init=False)
    first_dated: datetime | None = field(default=None, init=False)
    _expected: dict[tuple[str, int], float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.shop = shop_domain(self.shop)
        self.base_url = base_address(self.shop, self.base_url)
        self.throttle = Throttle(self.clock)
        self.retrier = self.retrier.apart(f"shop {self.base_url}")

    def ask(
        self,
        document: str,
        variables: Callable[[], Mapping[str, Any]],
        what: str,
        strain: Callable[[], None] = lambda: None,
        within: float | None = None,
        parse: Callable[[bytes], Any] = parse_json,
    ) -> Answer:
        """The answer to a query that only reads. `variables` is called anew for each try, `what` names it in messages, `parse`
        raises ValueError for what is no JSON.

        Raises RetryLater beyond the deadline (or `within` so many seconds), Refused where trying again cannot help, TooCostly
        where less must be asked at once.
        """
        retrier = self.retrier if within is None else replace(self.retrier, deadline=within)
        return retrier.call(lambda: self._try(document, variables(), strain, parse), f"{what} ({self.shop})")

    def send(self, document: str, variables: Mapping[str, Any], what: str) -> Answer:
        """The answer to a mutation, which is sent once; again only where it certainly did not run (throttled, not connected).

        Raises OutcomeUnknown where it may have run, TooCostly, Refused and RetryLater where it did not.
        """

        def once() -> Answer:
            try:
                return self._try(document, variables, lambda: None)
            except Lost as lost:
                raise OutcomeUnknown(f"{what}: {lost}.", next_step="The next run finds out what became of it.") from lost

        return self.retrier.call(once, f"{what} ({self.shop})")

    def apart(self) -> "ShopifyClient":
        """The same for another thread: with a session of its own, which goes when it is closed."""
        session = requests.Session()
        return ShopifyClient(self.shop, self.tokens, self.api_version, self.base_url, self.clock, self.retrier, session)

    def close(self) -> None:
        self.session.close()

    def _try(
        self,
        document: str,
        variables: Mapping[str, Any],
        strain: Callable[[], None],
        parse: Callable[[bytes], Any] = parse_json,
    ) -> Answer:
        weight = (document, int(variables.get("first") or len(variables.get("ids") or ())))
        self.throttle.wait(self._expected.get(weight, 1.0))
        response = self._send({"query": document, "variables": variables}, strain)
        body = _parsed(response, strain, parse)
        with understood("Shopify"):
            return self._read(body, response, weight)

    def _read(self, body: Mapping[str, Any], response: "_Response", weight: tuple[str, int]) -> Answer:
        cost = (body.get("extensions") or {}).get("cost") or {}
        self.throttle.note(cost)
        points = float(cost.get("requestedQueryCost") or 0)
        if points:
            self._expected[weight] = points
        errors = _listed(body.get("errors"))
        self._sift(errors, points)
        return Answer(body.get("data"), errors, _warnings(body), response.version, points, response.dated)

    def _sift(self, errors: tuple[Mapping[str, Any], ...], points: float) -> None:
        codes = {code_of(error) for error in errors}
        if "THROTTLED" in codes:
            raise Transient("Shopify is throttling this app", wait=max(1.0, self.throttle.lacking(points)))
        if "MAX_COST_EXCEEDED" in codes:
            raise TooCostly(message_of(errors))
        if "SHOP_INACTIVE" in codes:
            raise Refused(f"The shop {self.shop} is not active: {message_of(errors)}", next_step="Reopen it, then run it again.")

    def _send(self, payload: Mapping[str, Any], strain: Callable[[], None]) -> "_Response":
        token = self.tokens.current()
        response = self._post(payload, token, strain)
        if response.status == 401 and self.tokens.renew(token):
            response = self._post(payload, self.tokens.current(), strain)
        if response.status == 200:
            self.first_dated = self.first_dated or response.dated
            return response
        if response.status in (409, 429, 430):
            said = "it is busy with the same record" if response.status == 409 else "too many requests"
            raise Transient(f"Shopify answered HTTP {response.status}: {said}", wait=max(1.0, response.retry_after))
        if response.status >= 500 or response.status == 408:
            strain()
            raise Lost(f"Shopify answered HTTP {response.status}", wait=response.retry_after)
        raise self._refusal(response)

    def _post(self, payload: Mapping[str, Any], token: str, strain: Callable[[], None]) -> "_Response":
        self.requests_sent += 1
        try:
            with closing(
                self.session.post(
                    f"{self.base_url}/admin/api/{self.api_version}/graphql.json",
                    data=json.dumps(payload).encode(),
                    headers={"X-Shopify-Access-Token": token, "Content-Type": "application/json", "Accept": "application/json"},
                    timeout=TIMEOUT,
                    allow_redirects=False,
                    stream=True,
                )
            ) as answer:
                return _Response.read(answer)
        except requests.RequestException as error:
            # The exception's own text may hold the address and more of the request: its type says enough.
            if nobody := no_connection(error, f"the shop {self.shop}"):
                raise nobody from None
            said = f"no complete answer from Shopify ({type(error).__name__})"
            if isinstance(error, requests.exceptions.SSLError):
                raise Transient(said) from None
            strain()
            raise Lost(said) from None

    def _refusal(self, response: "_Response") -> Refused:
        if 300 <= response.status < 400:
            return Refused(
                f"The shop {self.shop} sends requests on to another address, which is not followed.",
                next_step="Put the shop's permanent name (…myshopify.com) into the configuration.",
            )
        said, next_step = REFUSALS.get(response.status, ("refused the request", "See what Shopify says and the log."))
        return Refused(f"The shop {self.shop} {said} (HTTP {response.status}{response.says()}).", next_step=next_step)


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    body: bytes
    version: str
    retry_after: float
    dated: datetime | None

    @classmethod
    def read(cls, answer: requests.Response) -> "_Response":
        body = bytearray()
        for chunk in answer.iter_content(1 << 16):
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise requests.exceptions.ContentDecodingError("the answer is too large")
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if re.fullmatch(r"\d+(\.\d+)?", wait) else 0.0
        version, dated = answer.headers.get("X-Shopify-API-Version", ""), _dated(answer.headers.get("Date", ""))
        return cls(answer.status_code, bytes(body), version, seconds, dated)

    def says(self) -> str:
        """What the body says, if it says it in JSON: for a message."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return ""
        said = found.get("errors") if isinstance(found, dict) else None
        text = said if isinstance(said, str) else message_of(_listed(said))
        return f": {redact(text)[:300]}" if text else ""


def _dated(text: str) -> datetime | None:
    """The time in a `Date` header (RFC 9110, 6.6.1), None where there is none that makes sense."""
    try:
        found = parsedate_to_datetime(text)
        dated = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return dated if dated.year > 2000 else None


def _parsed(response: _Response, strain: Callable[[], None], parse: Callable[[bytes], Any]) -> dict[str, Any]:
    try:
        body = parse(response.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not ("data" in body or "errors" in body):
        strain()
        raise Lost("Shopify's answer is not JSON: something in between answered, or it was cut short")
    return body


def _listed(errors: Any) -> tuple[Mapping[str, Any], ...]:
    if isinstance(errors, str):
        return ({"message": errors},)
    if isinstance(errors, Mapping):
        return ({"message": json.dumps(errors)},)
    return tuple(error if isinstance(error, Mapping) else {"message": str(error)} for error in errors or ())


def code_of(error: Mapping[str, Any]) -> str:
    """An error's code, "" where it has none."""
    return str((error.get("extensions") or {}).get("code") or "")


_REQUEST = re.compile(r"\s*Request ID: \S+ \(include this in support requests\)\.?")


def message_of(errors: tuple[Mapping[str, Any], ...]) -> str:
    """What errors say, for a person; each thing once, without the number that each answer bears for Shopify's support."""
    said = dict.fromkeys(_REQUEST.sub("", str(error.get("message", ""))).strip() for error in errors)
    return redact("; ".join(said))[:500]


def _warnings(body: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    for search in (body.get("extensions") or {}).get("search") or ():
        for warning in search.get("warnings") or ():
            found.append(f"{warning.get('field', '')}: {warning.get('message', '')} ({warning.get('code', '')})")
    return tuple(found)
