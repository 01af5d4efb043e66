"""The ways to people, each against a server that speaks its protocol: what arrives, and what is told where it does not."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from syncdb.connectors.alerts.mail import Mail
from syncdb.connectors.alerts.others import Others
from syncdb.connectors.alerts.outgoing import NotDelivered, Outgoing
from syncdb.connectors.alerts.webhook import SIGNATURE, Ping, Webhook
from tests.services.alerts.receivers import PostOffice, certificate, listener, post_office

SECRET = "a-secret-of-24-characters"
TEXT = "An order with an ü and a line\n.\nthat is only a point."
MESSAGE = Outgoing("7-20261129T070000Z", "[shop] Zwei Dinge\r\nBcc: evil@example.com", TEXT, {"kind": "firing", "code": "gaps"})


def mail(office: PostOffice, **more: object) -> Mail:
    options = {"to": ("a@example.com", "b@example.com"), "sender": "syncdb@example.com", "host": "127.0.0.1"} | more
    return Mail(port=office.port, **{"security": "none", **options})  # type: ignore[arg-type]


def why(send: Callable[[Outgoing], None]) -> str:
    with pytest.raises(NotDelivered) as told:
        send(MESSAGE)
    return str(told.value)


def test_a_mail_arrives_as_it_was_meant_and_no_header_can_be_smuggled_in() -> None:
    with post_office() as office:
        mail(office).send(MESSAGE)
        ((to, letter),) = office.letters
    assert to == ["a@example.com", "b@example.com"] and letter["To"] == "a@example.com, b@example.com"
    assert letter["Subject"] == "[shop] Zwei Dinge Bcc: evil@example.com" and letter["Bcc"] is None
    assert letter["From"] == "syncdb <syncdb@example.com>" and letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().replace("\r\n", "\n").strip() == TEXT


def test_a_login_goes_over_tls_only(tmp_path: Path) -> None:
    shown, believed = certificate(tmp_path)
    with post_office(login=("user", "pass wörd"), context=shown) as office:
        secure = {"security": "starttls", "user": "user", "trusted": believed}
        mail(office, password="pass wörd", **secure).send(MESSAGE)
        assert office.secured == [True]
        told = why(mail(office, password="wrong-password", **secure).send)
        assert "535" in told and "wrong-password" not in told
        unknown = why(mail(office, password="pass wörd", **(secure | {"trusted": ssl.create_default_context()})).send)
        assert "certificate" in unknown.lower()
    with post_office(login=("user", "pass")) as office:
        told = why(mail(office, password="pass", **secure).send)
        assert "did not take it" in told and len(office.letters) == 0


def test_what_a_mail_server_refuses_is_told() -> None:
    with post_office(refuse="451 4.3.0 try again later") as office:
        assert "451" in why(mail(office).send)
    with post_office(refused_addresses=frozenset({"b@example.com"})) as office:
        assert "refused 1 of 2 addresses" in why(mail(office).send) and len(office.letters) == 1
    assert "cannot be reached" in why(mail(office).send)


def test_a_webhook_is_signed_so_that_its_receiver_can_tell() -> None:
    with listener() as heard:
        Webhook(f"{heard.url}/in?token=abc", SECRET, now=lambda: 1_764_399_600.5).send(MESSAGE)
        Webhook(f"{heard.url}/in").send(MESSAGE)
        (path, headers, body), (_, unsigned, _) = heard.came
    assert path == "/in?token=abc" and SIGNATURE.lower() not in unsigned
    data = json.loads(body)
    assert (data["id"], data["code"], data["text"]) == (MESSAGE.id, "gaps", TEXT)
    at, _, digest = headers[SIGNATURE.lower()].partition(",v1=")
    assert at == "t=1764399600"  # as docs/alerts.md tells a receiver to check it
    assert digest == hmac.new(SECRET.encode(), at[2:].encode() + b"." + body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("status", [301, 307, 404, 500])
def test_an_answer_that_is_no_success_is_told_without_the_address(status: int) -> None:
    with listener(status) as heard:
        told = why(Webhook(f"{heard.url}/in?token=abc", SECRET).send)
        assert str(status) in told and "abc" not in told and len(heard.came) == 1, "nothing is sent elsewhere"
    told = why(Webhook(f"{heard.url}/in?token=abc", SECRET).send)
    assert "cannot be reached" in told and "abc" not in told


def test_a_check_is_called_at_the_start_and_with_the_code() -> None:
    with listener() as heard:
        check = Ping(f"{heard.url}/ping/secret-id?rid=1")
        check.started()
        check.ended(4)
        assert [path for path, _, _ in heard.came] == ["/ping/secret-id/start?rid=1", "/ping/secret-id/4?rid=1"]
    assert SECRET not in repr(Webhook(heard.url, SECRET)) and "secret-id" not in repr(check)


def test_apprise_is_used_where_it_is_installed_and_told_where_not() -> None:
    with listener() as heard:
        others = Others((f"json://127.0.0.1:{heard.port}/in",))
        try:
            import apprise  # noqa: F401
        except ModuleNotFoundError:
            assert "pip install" in why(others.send)
            return
        others.send(MESSAGE)
        assert json.loads(heard.came[0][2])["message"].startswith("An order")
        assert "none that Apprise understands" in why(Others(("nonsense://",)).send)
    assert "did not take it" in why(others.send)
