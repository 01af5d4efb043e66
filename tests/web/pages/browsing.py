"""A person at the pages, without a browser: follows links, fills in forms as they were shown."""

import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

from syncdb.ledger.web import people
from syncdb.values import iso
from syncdb.web.asked import Site
from syncdb.web.cookies import SESSION, cookie_name
from syncdb.web.login import digest, token_of

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
PASSWORD = "correct horse battery"


@dataclass
class Visitor:
    """`secret` is that of the session; empty for somebody who is not logged in."""

    app: Flask
    secret: str = ""
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self.app)
        if self.secret:
            self.client.set_cookie(cookie_name(SESSION, "http://localhost"), self.secret, domain="localhost")

    def get(self, path: str, **headers: Any) -> TestResponse:
        return self.client.get(path, headers=headers)

    def page(self, path: str) -> str:
        """A page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status} {answer.text[:600]}"
        return answer.text

    def post(self, path: str, headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        """Send a form with its token, from a page of ours."""
        token = token_of(self.secret) if self.secret else ""
        return self.client.post(path, data={"token": token} | form, headers=OWN if headers is None else headers)

    def done(self, path: str, **form: Any) -> str:
        """An action that must be done; the page that it leads to."""
        answer = self.post(path, **form)
        assert answer.status_code == 303, f"{path}: {answer.status} {text_of(answer.text)}"
        return self.page(answer.headers["Location"])


def text_of(page: str) -> str:
    """What a person reads of a page."""
    main = page.partition("<main")[2] or page
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def logged_in(site: Site, app: Flask, name: str) -> Visitor:
    """Somebody with an account, without the form (that is tested by itself)."""
    secret = secrets.token_urlsafe(32)
    now = site.clock.now()
    people.begin_session(site.door.path, digest(secret), name, iso(now), "")
    return Visitor(app, secret)
