"""Who receives messages in tests: a mail server and a web server of this computer, which speak the real protocols."""

import base64
import datetime
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class PostOffice:
    """A mail server (RFC 5321, STARTTLS, AUTH PLAIN). `refuse` answers MAIL with that line; `login` is the one let in."""

    port: int = 0
    login: tuple[str, str] | None = None
    refuse: str = ""
    refused_addresses: frozenset[str] = frozenset()
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    context: ssl.SSLContext | None = None


class _Session(socketserver.StreamRequestHandler):
    office: PostOffice

    def handle(self) -> None:
        self.secure, self.known, self.to = False, False, list[str]()
        self.say("220 post.example.com ESMTP")
        while line := self.rfile.readline():
            word = line.decode("ascii", "replace").strip()
            if not self.answer(word.partition(" ")[0].upper(), word):
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def answer(self, verb: str, line: str) -> bool:
        office = self.office
        if verb == "EHLO":
            more = ["STARTTLS"] if office.context and not self.secure else []
            more += ["AUTH PLAIN"] if office.login and self.secure else []
            for one in ["post.example.com", *more]:
                self.say(f"250-{one}")
            self.say("250 8BITMIME")
        elif verb == "STARTTLS" and office.context:
            self.say("220 go ahead")
            try:
                self.request = office.context.wrap_socket(self.request, server_side=True)
            except (ssl.SSLError, OSError):  # who came does not believe the certificate
                return False
            self.rfile, self.wfile, self.secure = self.request.makefile("rb"), self.request.makefile("wb", 0), True
        elif verb == "AUTH":
            _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
            self.known = (user, password) == office.login
            self.say("235 welcome" if self.known else "535 5.7.8 wrong user or password")
        elif verb == "MAIL":
            self.to = []
            self.say(office.refuse or ("250 ok" if self.known or not office.login else "530 5.7.0 log in first"))
        elif verb == "RCPT":
            address = line.partition("<")[2].partition(">")[0]
            if address in office.refused_addresses:
                self.say("550 5.1.1 nobody of that name")
            else:
                self.to.append(address)
                self.say("250 ok")
        elif verb == "DATA":
            self.say("354 go on")
            content = b"".join(iter(self.rfile.readline, b".\r\n"))
            office.letters.append((self.to, message_from_bytes(content.replace(b"\r\n..", b"\r\n."), policy=policy.default)))  # type: ignore[arg-type]
            office.secured.append(self.secure)
            self.say("250 taken")
        elif verb == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok" if verb in ("RSET", "NOOP") else "502 no such command")
        return True


@contextmanager
def post_office(**options: Any) -> Iterator[PostOffice]:
    """A mail server on a port of its own."""
    office = PostOffice(**options)
    handler = type("Session", (_Session,), {"office": office})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        office.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield office
        server.shutdown()
        thread.join()


@dataclass
class Listener:
    """A web server that takes messages. `statuses` are given in turn, the last one for good."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [200])
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def listener(*statuses: int) -> Iterator[Listener]:
    """A web server on a port of its own."""
    one = Listener(statuses=list(statuses) or [200])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            one.came.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status = one.statuses.pop(0) if len(one.statuses) > 1 else one.statuses[0]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{one.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        one.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield one
        server.shutdown()
        thread.join()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server of this computer: what it shows, and who believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(file)
    return shown, ssl.create_default_context(cafile=str(file))
