"""Behind a proxy: the pages answer under the public name alone, believe the proxy alone, and nothing that a client claims.

A plain forwarding proxy stands in every run; nginx and Caddy, as docs/web.md configures them, where they are installed.
"""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from waitress.server import create_server

from syncdb.ledger.web.file import reading
from syncdb.web.login import Door
from syncdb.web.site import site_of
from tests.web.pages.browsing import PASSWORD
from tests.web.pages.conftest import Shown

PUBLIC = "https://sync.example.com"
DOCS = Path(__file__).parents[3] / "docs" / "web.md"
PROXIES = ["plain", *(name for name in ("nginx", "caddy") if shutil.which(name))]


@contextmanager
def served(shown: Shown, door: Path) -> Iterator[int]:
    shutil.copy(shown.site.door.path, door)
    site = replace(shown.site, url=PUBLIC, proxy="127.0.0.1", door=Door(door))
    server = create_server(site_of(site), host="127.0.0.1", port=0, threads=2, ident=None, clear_untrusted_proxy_headers=False)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.close()
    thread.join(5)


@contextmanager
def plain(app: int, folder: Path) -> Iterator[int]:
    """Forwards as a proxy does: the host as it was asked for, the client's address in place of what it claims."""

    class Forward(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "x-forwarded-for"}
            behind = HTTPConnection("127.0.0.1", app)
            behind.request(self.command, self.path, body, headers | {"X-Forwarded-For": self.client_address[0]})
            answer = behind.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            behind.close()

        do_GET = do_POST = forward

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def documented(beginning: str) -> str:
    """The block of the docs that begins so."""
    found = re.search(rf"^{re.escape(beginning)} \{{\n.*?^\}}$", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found, beginning
    return found[0]


@contextmanager
def nginx(app: int, folder: Path) -> Iterator[int]:
    port, location = free(), documented("location /").replace("8790", str(app))
    paths = "".join(f"{name}_temp_path {folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    server = f"server {{ listen 127.0.0.1:{port}; {location} }}"
    text = f"daemon off; pid {folder}/pid; events {{}} http {{ access_log off; {paths} {server} }}"
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with running(command, port):
        yield port


@contextmanager
def caddy(app: int, folder: Path) -> Iterator[int]:
    port = free()
    block = documented("sync.example.com").replace("sync.example.com", f"http://:{port}").replace("8790", str(app))
    (folder / "Caddyfile").write_text(f"{{\n    admin off\n}}\n{block}\n", encoding="utf-8")
    with running(["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], port):
        yield port


def free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest, lively: Shown, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    kinds = {"plain": plain, "nginx": nginx, "caddy": caddy}
    with ExitStack() as stack:
        app = stack.enter_context(served(lively, tmp_path / "own.web.db"))
        yield stack.enter_context(kinds[request.param](app, tmp_path)), tmp_path / "own.web.db"


def asked(port: int, method: str, path: str, body: str = "", **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, path, body or None, kind | named)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def test_only_the_public_name_is_answered_and_only_its_own_pages_change_something(proxy: tuple[int, Path]) -> None:
    port, door = proxy
    answer, page = asked(port, "GET", "/login", Host="sync.example.com")
    assert answer.status == 200 and "Log in" in page
    assert answer.headers["Strict-Transport-Security"] and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for host in ("evil.example", "sync.example.com.evil.example", "127.0.0.1"):
        refused, text = asked(port, "GET", "/login", Host=host)
        assert refused.status in (400, 421), (host, refused.status)  # nginx and Caddy refuse some themselves
        assert "Log in" not in text
    token = re.search(r'name="token" value="([^"]+)"', page)
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    assert token and "__Host-" in cookie and "Secure" in str(answer.headers["Set-Cookie"])
    form = f"token={token[1]}&name=Olga&password={'a+wrong+one'}"
    for origin in ("https://evil.example", "http://sync.example.com", "null", "http://localhost"):
        refused, _ = asked(port, "POST", "/login", form, Host="sync.example.com", Origin=origin, Cookie=cookie)
        assert refused.status == 403, origin
    claims = {"X_Forwarded_For": "6.6.6.6", "X_Forwarded_Host": "evil.example", "Forwarded": "for=6.6.6.6;host=evil.example"}
    wrong, text = asked(port, "POST", "/login", form, Host="sync.example.com", Origin=PUBLIC, Cookie=cookie, **claims)
    assert wrong.status == 403 and "evil" not in text
    with reading(door) as connection:
        (counted,) = connection.execute("SELECT address FROM login_try ORDER BY at DESC LIMIT 1").fetchone()
    assert counted == "127.0.0.1"  # the client that the proxy saw, not the one that was claimed
    right = form.replace("a+wrong+one", PASSWORD.replace(" ", "+"))
    entered, _ = asked(port, "POST", "/login", right, Host="sync.example.com", Origin=PUBLIC, Cookie=cookie, **claims)
    assert entered.status == 303 and entered.headers["Location"] == "/"
