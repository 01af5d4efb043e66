"""Mail by SMTP, over TLS from the first byte or from STARTTLS on. A login never goes over an open line."""

import base64
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from syncdb.connectors.alerts.outgoing import PATIENCE, NotDelivered, Outgoing

PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class Mail:
    """`security` is "starttls", "tls" or "none"; `trusted` whose certificates are believed (None: those of this computer)."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int | None
    security: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    trusted: ssl.SSLContext | None = None

    @property
    def name(self) -> str:
        return "mail"

    def send(self, message: Outgoing) -> None:
        try:
            with self._connected() as server:
                if self.user is not None:
                    _log_in(server, self.user, self.password or "")
                refused = server.send_message(self._letter(message))
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"the mail server {self.host} refused: {error.smtp_code} {_text(error.smtp_error)}") from None
        except (smtplib.SMTPException, ssl.SSLError) as error:
            raise NotDelivered(f"the mail server {self.host} did not take it: {_reason(error)}") from None
        except ValueError as error:
            raise NotDelivered(f"no mail can be made of it: {_reason(error)}") from None
        except OSError as error:
            raise NotDelivered(f"the mail server {self.host} cannot be reached: {error.strerror or _reason(error)}") from None
        if refused:
            raise NotDelivered(f"the mail server {self.host} refused {len(refused)} of {len(self.to)} addresses")

    def _connected(self) -> smtplib.SMTP:
        port = self.port or PORTS[self.security]
        context = self.trusted or ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, port, timeout=PATIENCE, context=context)
        server = smtplib.SMTP(self.host, port, timeout=PATIENCE)
        if self.security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _letter(self, message: Outgoing) -> EmailMessage:
        letter = EmailMessage()
        letter["Subject"] = " ".join(message.subject.encode("utf-8", "replace").decode().split())
        letter["From"] = Address("syncdb", addr_spec=self.sender)
        letter["To"] = ", ".join(self.to)
        letter["Date"] = format_datetime(datetime.now(UTC))
        letter["Message-ID"] = make_msgid(message.id, self.sender.rpartition("@")[2])
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.body.encode("utf-8", "replace").decode())
        return letter


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    """As smtplib does, which sends ASCII only; any other password is sent in UTF-8 (RFC 4616)."""
    if (user + password).isascii():
        server.login(user, password)
        return
    server.ehlo_or_helo_if_needed()
    code, answer = server.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode())
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, answer)


def _text(answer: bytes | str) -> str:
    return (answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)[:200]


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
