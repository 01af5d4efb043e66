"""The address of a database: which way leads there, and whether what travels is encrypted. Nothing is contacted."""

import ipaddress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

POOLER_PORT = 6543  # where Supabase pools by transaction
_POOLERS = ".pooler.supabase.com"
ENCRYPTED = ("require", "verify-ca", "verify-full")
_SUPABASE = ". Supabase shows it under Connect, at the top of the project (the session pooler's works everywhere)"
MUST = "must be an address such as postgresql://USER:PASSWORD@HOST:5432/postgres"


class Way(Enum):
    """How a connection reaches the server, which decides what may be asked of it."""

    DIRECT = "direct"
    SESSION_POOLER = "session pooler"
    TRANSACTION_POOLER = "transaction pooler"  # no LISTEN, no prepared statements, no settings beyond a transaction


@dataclass(frozen=True, slots=True)
class ErpAddress:
    """Where the database is and who logs in. `url` holds the password; `shown` is for messages."""

    url: str = field(repr=False)
    host: str
    port: int
    database: str
    user: str
    way: Way
    password: str = field(repr=False, default="")

    @property
    def shown(self) -> str:
        return f"{self.host}:{self.port}/{self.database}"

    @property
    def on_this_machine(self) -> bool:
        return _local(self.host)

    @property
    def home(self) -> str:
        """The host by which the database is known whichever way leads there: of Supabase's poolers the project's own."""
        project = self.user.rpartition(".")[2] if self.host.endswith(_POOLERS) and "." in self.user else ""
        return f"db.{project}.supabase.co" if project else self.host

    @property
    def on_supabase(self) -> bool:
        return self.host.endswith((".supabase.co", ".supabase.com"))


def erp_address(raw: Any) -> ErpAddress:
    """Understand an address. TLS is added where the server is elsewhere. Raises ValueError with half a sentence, without it.

    `pooler=transaction` or `pooler=session` behind the ? says what stands in between where port and host do not tell.
    """
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError(MUST)
    text = raw.strip()
    if any(part in text for part in ("[YOUR-PASSWORD]", "[PASSWORD]", "[YOUR_PASSWORD]")):
        raise ValueError("still holds the words [YOUR-PASSWORD] where the database's password belongs")
    try:
        parts = urlsplit(text)
        port = parts.port or 5432
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ValueError(f"{MUST}; characters such as @ : / # in the password are written as %40 %3A %2F %23") from None
    if parts.scheme in ("https", "http"):
        raise ValueError(f"{MUST}, not that of a web page{_SUPABASE if '.supabase.' in parts.netloc else ''}")
    if parts.scheme not in ("postgresql", "postgres") or parts.fragment:
        raise ValueError(f"{MUST}; a # in the password is written as %23" if "#" in text else MUST)
    host = options.get("host") or parts.hostname or "localhost"
    pooler = options.pop("pooler", "")
    if pooler not in ("", "transaction", "session"):
        raise ValueError("has pooler= with another word than transaction or session")
    if not _local(host):
        options["sslmode"] = _encrypted(options.get("sslmode", ENCRYPTED[0]))
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user:
        raise ValueError(f"{MUST}; the user is missing")
    database = unquote(parts.path.lstrip("/")) or user
    return ErpAddress(_url(parts.netloc, database, options), host, port, database, user, _way(host, port, pooler), password)


def _encrypted(mode: str) -> str:
    if mode not in ENCRYPTED:
        raise ValueError("must not say sslmode=" + mode[:12] + ": the server is elsewhere, and passwords would travel readable")
    return mode


def _url(netloc: str, database: str, options: dict[str, str]) -> str:
    query = f"?{urlencode(options)}" if options else ""
    return f"postgresql://{netloc}/{quote(database, safe='')}{query}"


def _way(host: str, port: int, pooler: str) -> Way:
    if pooler == "transaction" or (not pooler and port == POOLER_PORT):
        return Way.TRANSACTION_POOLER
    if pooler == "session" or host.endswith(_POOLERS):
        return Way.SESSION_POOLER
    return Way.DIRECT


def _local(host: str) -> bool:
    """Whether a host is this machine: a socket's folder, localhost, a loopback address."""
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
