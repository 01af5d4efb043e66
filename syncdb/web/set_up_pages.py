"""Pages that set something up at a shop: one looks at what would be done, and gives the token to have it done."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request

from syncdb.clock import SYSTEM
from syncdb.config.settings import RunSettings
from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.pairs.base import MadeOnce
from syncdb.services.event_sources import EventSources
from syncdb.services.subscriptions import subscribers
from syncdb.systems.shopify.subscribing import Found, Subscriber, register, remember
from syncdb.web.admission import Admission


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: what it is about, what it says, and whether the token can be given on it."""

    title: str
    lines: Sequence[str]
    status: HTTPStatus = HTTPStatus.OK
    form: bool = False


@dataclass(slots=True)
class SetUpPages:
    """`heard` is what is configured. One thing is done at a time."""

    heard: EventSources
    admission: Admission
    _one: threading.Lock = field(default_factory=threading.Lock, init=False)

    def add_to(self, app: Flask) -> None:
        methods = ["GET", "POST"]
        app.add_url_rule("/register_webhooks/<name>", "register_webhooks", self.webhooks, methods=methods)
        app.add_url_rule("/setup/metafields/create", "create_metafields", self.metafields, methods=methods)

    def webhooks(self, name: str) -> Response:
        """Have a shop send its webhooks."""
        if name not in self.heard.senders:
            return _page(Shown("Webhooks", [f"No shop is called {name}."], HTTPStatus.NOT_FOUND))
        return self._answer(f"Webhooks of {name}", lambda: _wished(self._shop(name)), lambda: self._register(self._shop(name)))

    def metafields(self) -> Response:
        """Make the definitions of metafields that configured pairs write."""
        return self._answer("Definitions of metafields", self._definitions, self._define)

    def _answer(self, title: str, look: Callable[[], Sequence[str]], act: Callable[[], Sequence[str]]) -> Response:
        """What would be done, or what was. Looking asks nobody anything; only who gives the token has a shop asked."""
        try:
            if request.method != "POST":
                return _page(Shown(title, look(), form=True))
            if refusal := self.admission.refusal(request):
                return _page(Shown(title, [refusal[1]], refusal[0]))
            with self._one:
                return _page(Shown(title, act()))
        except ConfigurationError as error:
            return _page(Shown(title, [*error.problems, error.next_step], HTTPStatus.CONFLICT))
        except SyncdbError as error:
            return _page(Shown(title, [str(error), error.next_step], HTTPStatus.BAD_GATEWAY))

    def _shop(self, name: str) -> Subscriber:
        return subscribers(self.heard, name)[0]

    def _register(self, shop: Subscriber) -> list[str]:
        found = register(shop, SYSTEM)
        remember(self.heard.inbox, found, SYSTEM.now())
        return _done(found)

    def _definitions(self) -> list[str]:
        told = [line for settings, made in self._made_once() for line in made.wanted(settings)]
        return told or ["No pair that is configured needs any."]

    def _define(self) -> list[str]:
        told = [line for settings, made in self._made_once() for line in made.make(settings, SYSTEM)]
        return told or ["Nothing was lacking."]

    def _made_once(self) -> Iterator[tuple[RunSettings, MadeOnce[Any]]]:
        for one in self.heard.pairs:
            if one.implementation.made_once is not None:
                yield one.settings, one.implementation.made_once


def _wished(shop: Subscriber) -> list[str]:
    return [f"{one.event} is to be sent to {one.uri}" for one in shop.wanted]


def _done(found: Found) -> list[str]:
    told = [f"{topic} is sent to {found.address}" for topic in found.active]
    told += [f"{topic} is still missing" for topic in found.missing]
    return told + [f"Shopify refused {why}" for why in found.refused]


def _page(shown: Shown) -> Response:
    return Response(render_template("set_up.html", shown=shown), shown.status, mimetype="text/html")
