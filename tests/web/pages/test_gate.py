"""Who gets in and what gets through: the whole map of addresses, and the attacks that are known."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask

from syncdb.ledger.web import people
from syncdb.web.cookies import FORM, SESSION, cookie_name
from syncdb.web.login import FirstCode, digest
from syncdb.web.outer_gate import HEADERS, LARGEST
from tests.web.pages.browsing import OWN, PASSWORD, Visitor, text_of
from tests.web.pages.conftest import Shown

FILLED = {
    "which": "abc123",
    "order": "1001",
    "number": "1",
    "name": "style.css",
    "mark": "x",
    "kind": "products",
    "system": "shopify",
}


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Every method and address that there is."""
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: FILLED.get(part[1], "1"), rule.rule)
        found += [(method, path) for method in sorted(rule.methods or ())]
    return found


OPEN = {("GET", "/login"), ("HEAD", "/login"), ("POST", "/login")}


def test_the_whole_map_is_shut_for_who_is_not_in(lively: Shown) -> None:
    stranger, shut = Visitor(lively.app), 0
    for method, path in addresses(lively.app):
        answer = stranger.client.open(path, method=method, headers=OWN)
        if path.startswith("/static/") or (method, path) in OPEN or path in ("/healthz", "/readyz", "/metrics"):
            assert method != "POST" or answer.status_code == 403, path
            continue
        shut += 1
        if method in ("GET", "HEAD"):
            assert answer.status_code == 303 and answer.headers["Location"].startswith("/login"), (method, path, answer.status)
        else:
            assert answer.status_code == 403, (method, path, answer.status)
    assert shut > 6
    assert stranger.get("/what-is-there").status_code == 303  # nobody learns which addresses there are


def test_nothing_is_changed_without_the_token_of_the_form(lively: Shown) -> None:
    owner, tried = lively.visitor(), 0
    for method, path in addresses(lively.app):
        if method in ("GET", "HEAD") or path in ("/healthz", "/readyz", "/metrics"):
            continue
        for token in ({}, {"token": ""}, {"token": "0" * 64}, {"token": "Ä"}):
            answer = owner.client.open(path, method=method, data=token, headers=OWN)
            assert answer.status_code == 403, (method, path, token, answer.status)
            tried += 1
    assert tried >= 4 * 6


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {},  # who says nothing is believed nothing
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_its_token(lively: Shown, headers: dict[str, str]) -> None:
    answer = lively.visitor().post("/theme", headers, theme="dark")
    assert answer.status_code == 403 and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("headers", [OWN, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}])
def test_our_own_form_is_taken(lively: Shown, headers: dict[str, str]) -> None:
    assert lively.visitor().post("/theme", headers, theme="dark").status_code == 303


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost:81", "127.0.0.1.nip.io", "", "[::1", "localhost,evil.example",
     "a@localhost", "localhost/..", "0.0.0.0", "localhost:80:80", "localhost:+80", "127.1"],
)  # fmt: skip
def test_another_name_for_this_computer_is_refused_first_of_all(lively: Shown, host: str) -> None:
    owner = lively.visitor()
    for path in ("/", "/login", "/static/x/style.css", "/absent"):
        answer = owner.client.get(path, headers={"Host": host})
        assert answer.status_code == 421 and "syncdb" not in answer.text, (host, path)
    assert owner.client.post("/theme", data={"theme": "dark"}, headers={**OWN, "Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_names_of_ours_are_let_in(lively: Shown, host: str) -> None:
    assert Visitor(lively.app).client.get("/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("none", 200), ("same-origin", 200)])
def test_a_page_is_not_shown_inside_another_sites_request(lively: Shown, site: str, status: int) -> None:
    assert lively.visitor().get("/", **{"Sec-Fetch-Site": site}).status_code == status


@pytest.mark.parametrize(("length", "status"), [(str(LARGEST + 1), 413), ("9" * 30, 413), ("-1", 400), ("1e3", 400), ("", 403)])
def test_the_size_is_looked_at_before_anything_is_read(lively: Shown, length: str, status: int) -> None:
    environ = {"CONTENT_LENGTH": length}
    answer = lively.visitor().client.post("/theme", headers=OWN, environ_overrides=environ)
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    ["/static/x/..%2f..%2fsite.py", "/static/../site.py", "/static/x/%00style.css", "/static/x/C:\\x",
     "/decide/..%2f", "/orders/%3Cscript%3E", "/%2e%2e/%2e%2e/etc/passwd"],
)  # fmt: skip
def test_paths_lead_nowhere_else(lively: Shown, path: str) -> None:
    answer = lively.visitor().client.get(path)
    assert answer.status_code in (303, 308, 400, 404, 405, 409) and "<script>" not in answer.text
    assert not answer.headers.get("Location", "/").startswith(("//", "http", "\\"))


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "//evil.example/%2e%2e"])
def test_a_path_that_looks_like_another_host_leads_to_this_one(lively: Shown, path: str) -> None:
    answer = lively.visitor().client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code in (308, 404) and answer.headers.get("Location", "http://localhost/").startswith(
        "http://localhost/"
    )


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
)
def test_after_logging_in_one_stays_on_this_site(lively: Shown, next_: str) -> None:
    stranger = Visitor(lively.app)
    page = stranger.client.get("/login", query_string={"next": next_}).text
    assert 'name="next" value="/"' in page
    answer = stranger.client.post("/login", data=form(page) | {"name": "Vera", "password": PASSWORD, "next": next_}, headers=OWN)
    assert answer.status_code == 303 and answer.headers["Location"] == "/"


def form(page: str) -> dict[str, Any]:
    token = re.search(r'name="token" value="(\w+)"', page)
    assert token, page
    return {"token": token[1]}


def test_logging_in_gives_a_strict_cookie_and_a_new_secret_each_time(own_door: Shown) -> None:
    secrets = set()
    for _ in range(2):
        stranger = Visitor(own_door.app)
        page = stranger.page("/login")
        answer = stranger.client.post("/login", data=form(page) | {"name": "vera", "password": PASSWORD}, headers=OWN)
        (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{SESSION}-80=")]
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            assert word in cookie
        assert "Secure" not in str(answer.headers.getlist("Set-Cookie"))  # WebKit keeps none over plain http (observed)
        assert "Domain" not in cookie and "Max-Age" not in cookie
        secret = cookie.partition("=")[2].partition(";")[0]
        assert len(secret) >= 43 and secret not in answer.text
        secrets.add(secret)
        assert stranger.get("/").status_code == 200
        assert people.session(own_door.site.door.path, secret) is None  # only its digest is kept
        assert people.session(own_door.site.door.path, digest(secret)) is not None
    assert len(secrets) == 2


def test_a_session_that_somebody_planted_is_not_taken_over(lively: Shown) -> None:
    """The secret is new at each login, whatever cookies the browser had."""
    stranger = Visitor(lively.app, "planted-by-somebody-else")
    page = stranger.page("/login")
    answer = stranger.client.post("/login", data=form(page) | {"name": "Vera", "password": PASSWORD}, headers=OWN)
    assert answer.status_code == 303 and "planted" not in str(answer.headers.getlist("Set-Cookie"))
    assert Visitor(lively.app, "planted-by-somebody-else").get("/").status_code == 303


def test_wrong_passwords_are_told_alike_and_counted(own_door: Shown) -> None:
    told = set()
    for name in ("Vera", "nobody", "Vera", "", "x" * 500):
        stranger = Visitor(own_door.app)
        page = stranger.page("/login")
        answer = stranger.client.post("/login", data=form(page) | {"name": name, "password": "wrong"}, headers=OWN)
        assert answer.status_code == 403
        told.add(text_of(answer.text).partition("Name")[0])
    assert len(told) == 1
    stranger = Visitor(own_door.app)
    given = form(stranger.page("/login")) | {"name": "Vera", "password": PASSWORD}
    answer = stranger.client.post("/login", data=given, headers=OWN)
    assert answer.status_code == 403 and "Too many tries" in answer.text
    own_door.pass_time(61)
    assert stranger.client.post("/login", data=given, headers=OWN).status_code == 303


def test_a_session_ends_when_it_is_not_used_when_it_is_old_and_when_one_leaves(own_door: Shown) -> None:
    idle = own_door.visitor("Vera")
    own_door.pass_time(29 * 60)
    assert idle.get("/").status_code == 200  # used, so it counts from here
    own_door.pass_time(29 * 60)
    assert idle.get("/").status_code == 200
    own_door.pass_time(31 * 60)
    assert idle.get("/").status_code == 303
    open_page = own_door.visitor("Vera")
    for _ in range(3):  # an open page that reads itself again is nobody's use
        own_door.pass_time(14 * 60)
        status = open_page.get("/", **{"X-Syncdb-Live": "1"}).status_code
    assert status == 303
    lasting = Visitor(own_door.app, "another-secret-of-Oscar")
    now = own_door.site.clock.now()
    people.begin_session(own_door.site.door.path, digest(lasting.secret), "Oscar", now.isoformat(), "")
    for _ in range(12 * 3 - 1):
        own_door.pass_time(20 * 60)
        assert lasting.get("/login").status_code == 303
    own_door.pass_time(21 * 60)
    assert lasting.get("/").status_code == 303 and lasting.get("/login").status_code == 200
    leaving = own_door.visitor("Vera")
    answer = leaving.post("/logout")
    assert answer.status_code == 303 and "Clear-Site-Data" in answer.headers
    assert Visitor(own_door.app, leaving.secret).get("/").status_code == 303


def test_who_may_not_do_something_is_told_so_and_it_is_not_offered(lively: Shown) -> None:
    viewer = lively.visitor("Vera")
    assert "Set both" not in viewer.page("/decide") and "Set both" in lively.visitor("Oscar").page("/decide")
    answer = viewer.post("/decide/abc123", take="left")
    assert answer.status_code == 403 and "needs the role operator; yours is viewer" in answer.text
    assert lively.visitor("Oscar").post("/people", name="Eve", role="owner", password=PASSWORD).status_code == 403


def test_read_only_shows_and_changes_nothing(own_door: Shown) -> None:
    own_door.site.read_only = True
    owner = own_door.visitor()
    assert owner.post("/decide/abc123", take="left").status_code == 403 and "Set both" not in owner.page("/decide")
    assert owner.post("/theme", theme="dark").status_code == 303


def attributes(page: str) -> list[str]:
    """The names of all attributes of a page, and its tags that hold code."""
    found: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(name for name, value in attrs)
            found.extend(["style"] if tag == "style" or (tag == "script" and "src" not in dict(attrs)) else [])
            found.extend("on" for _, value in attrs if (value or "").strip().startswith("javascript:"))

    Parser().feed(page)
    return found


def test_the_strict_headers_are_on_every_answer(lively: Shown) -> None:
    owner = lively.visitor()
    answers = [
        owner.client.open(path, method=method, headers=OWN) for method, path in addresses(lively.app) if "logout" not in path
    ]
    answers += [owner.get("/absent"), owner.client.get("/", headers={"Host": "evil.example"}), Visitor(lively.app).get("/")]
    for answer in answers:
        for name, value in HEADERS:
            assert answer.headers.getlist(name) == [value], answer.request.path
        static = answer.request.path.startswith("/static/") and answer.status_code == 200
        assert ("no-store" in answer.headers["Cache-Control"]) is not static
        assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers
        assert [name for name in attributes(answer.text) if name.startswith(("on", "style"))] == [], answer.request.path
    csp = dict(HEADERS)["Content-Security-Policy"]
    assert "unsafe" not in csp and "default-src 'none'" in csp and "http" not in csp


def test_a_cookie_of_a_form_alone_is_no_session(lively: Shown) -> None:
    stranger = Visitor(lively.app)
    stranger.client.set_cookie(cookie_name(FORM, "http://localhost"), "chosen-by-me", domain="localhost")
    assert stranger.get("/").status_code == 303


def test_accounts_are_made_changed_and_removed_by_owners_with_their_password(own_door: Shown) -> None:
    owner = own_door.visitor()
    new = {"name": "Eve", "role": "operator", "new_password": "a long one of hers"}
    wrong = owner.post("/people", **new, password="wrong")
    assert wrong.status_code == 409 and 'value="Eve"' in wrong.text and "<option selected>operator" in wrong.text
    assert "That is not your password" in wrong.text and new["new_password"] not in wrong.text
    assert owner.post("/people", **new | {"new_password": "short"}, password=PASSWORD).status_code == 409
    assert owner.post("/people", **new | {"role": "god"}, password=PASSWORD).status_code == 409
    assert "Eve is operator now." in owner.done("/people", **new, password=PASSWORD)
    eve = own_door.visitor("Eve")
    assert eve.get("/").status_code == 200
    again = owner.post("/people", **new | {"name": "eve ", "role": "owner"}, password=PASSWORD)
    assert again.status_code == 409 and "Eve is there already, as operator. Nothing was changed." in again.text
    assert "Eve is viewer now." in owner.done("/people", **new | {"name": "eve", "role": "viewer"}, known="on", password=PASSWORD)
    eve = own_door.visitor("Eve")
    assert "can no longer log in" in owner.done("/people/remove", name="Eve", password=PASSWORD)
    assert eve.get("/").status_code == 303
    assert owner.post("/people/remove", name="Olga", password=PASSWORD).status_code == 409  # the last owner stays
    assert owner.post("/people", **new | {"name": "Olga"}, password=PASSWORD).status_code == 409  # nobody shuts themselves out
    assert owner.get("/people").status_code == 200


def test_the_first_start_needs_the_code_of_the_terminal(own_door: Shown) -> None:
    door, now = own_door.site.door, own_door.site.clock.now()
    door.code = FirstCode.new(now)
    stranger = Visitor(own_door.app)
    given = form(stranger.page("/login")) | {"name": "Anna", "password": PASSWORD}
    wrong = stranger.client.post("/login", data=given | {"code": "AAAA-BBBB-CCCC"}, headers=OWN)
    assert wrong.status_code == 403 and "not the code" in wrong.text and door.code.code not in wrong.text
    for poor in ("short", "password" * 2, "a1a1b1b1a1a1b1", "anna-2026!!!!"):
        refused = stranger.client.post("/login", data=given | {"code": door.code.code, "password": poor}, headers=OWN)
        assert refused.status_code == 403 and "guessed at once" in refused.text or "12 to 200 characters" in refused.text
        assert f'value="{door.code.code}"' in refused.text and 'value="Anna"' in refused.text and poor not in refused.text
    assert door.code.tries == 1  # a poor password costs no try of the code
    right = door.code.code.lower().replace("-", " ")
    answer = stranger.client.post("/login", data=given | {"code": right}, headers=OWN)
    assert answer.status_code == 303 and stranger.get("/people").status_code == 200
    made = people.account(door.path, "Anna")
    assert made is not None and made.role == "owner" and door.code is None  # good for one owner
    door.code = FirstCode.new(now)
    own_door.pass_time(15 * 60)
    again = Visitor(own_door.app)
    assert "Code" not in text_of(again.page("/login"))
    late = again.client.post("/login", data=form(again.page("/login")) | {**given, "code": door.code.code}, headers=OWN)
    assert late.status_code == 403


def test_a_code_is_good_for_five_tries() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    code = FirstCode.new(now)
    assert [code.fits("AAAA-AAAA-AAAA", now) for _ in range(5)] == [False] * 5 and not code.fits(code.code, now)


def test_a_web_db_that_cannot_be_used_is_told(own_door: Shown) -> None:
    visitor = own_door.visitor()
    own_door.site.door.path.write_bytes(b"no database at all" * 100)
    answer = visitor.get("/")
    assert answer.status_code == 409 and "cannot be used" in answer.text and "Traceback" not in answer.text
