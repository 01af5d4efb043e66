"""The OAuth token endpoint for service accounts, and throw-away accounts to use it with."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from werkzeug import Request, Response

from syncdb.sandbox.google.wire import json_response

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"  # whatever token_uri says (observed in google-auth)
LIFETIME = 3599
LEEWAY = 300  # seconds a client's clock may be off


@dataclass(frozen=True, slots=True)
class Grant:
    """Who holds a token, for what, until when (seconds of the app's clock)."""

    email: str
    scopes: frozenset[str]
    until: float


class BadGrant(Exception):
    """Refused by the token endpoint: its error code and description."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}
        self.status = status


class Tokens:
    """Registered service accounts and the tokens given out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._keys: dict[str, rsa.RSAPublicKey] = {}
        self._grants: dict[str, Grant] = {}

    def service_account(
        self, directory: Path, token_uri: str, name: str = "syncdb", key: rsa.RSAPrivateKey | None = None
    ) -> Path:
        """Make and register an account; the path of its JSON key file, as the Google console gives it out.

        `key`: its private key, where not a new one is to be made, as Google does.
        """
        key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        email = f"{name}-{secrets.token_hex(3)}@sandbox.iam.gserviceaccount.com"
        self._keys[email] = key.public_key()
        path = directory / f"{email.partition('@')[0]}.json"
        path.write_text(json.dumps(_key_file(key, email, token_uri), indent=2), encoding="utf-8")
        path.chmod(0o600)
        return path

    def register(self, path: Path) -> str:
        """Take in an existing key file, so that a sandbox can be started again; its account's address."""
        info = json.loads(path.read_text(encoding="utf-8"))
        key = serialization.load_pem_private_key(info["private_key"].encode("ascii"), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._keys[info["client_email"]] = key.public_key()
        return str(info["client_email"])

    def expire_all(self) -> None:
        self._grants.clear()

    def respond(self, request: Request) -> Response:
        try:
            return json_response(self._issue(request))
        except BadGrant as refused:
            return json_response(refused.body, refused.status)

    def holder(self, request: Request) -> Grant | None:
        """The valid grant a request comes with; None where there is none or it has run out."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._grants.get(token) if kind.lower() == "bearer" else None
        return grant if grant is not None and grant.until > self._clock() else None

    def _issue(self, request: Request) -> dict[str, Any]:
        if request.form.get("grant_type") != GRANT:
            raise BadGrant("unsupported_grant_type", f"Invalid grant_type: {request.form.get('grant_type', '')}")
        claims = self._claims(request.form.get("assertion", ""))
        self._check_times(claims)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            raise BadGrant("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        token = "ya29.sandbox-" + secrets.token_urlsafe(32)
        self._grants[token] = Grant(str(claims["iss"]), scopes, self._clock() + LIFETIME)
        return {"access_token": token, "expires_in": LIFETIME, "token_type": "Bearer"}

    def _claims(self, assertion: str) -> dict[str, Any]:
        parts = assertion.split(".")
        try:
            header, claims = (json.loads(_decoded(part)) for part in parts[:2])
            signature = _decoded(parts[2])
        except (ValueError, IndexError, binascii.Error):
            raise BadGrant("invalid_grant", "Invalid JWT: Failed to parse the assertion.") from None
        key = self._keys.get(str(claims.get("iss")))
        if key is None:
            raise BadGrant("invalid_grant", "Invalid grant: account not found")
        if header.get("alg") != "RS256" or not _signed(key, signature, ".".join(parts[:2])):
            raise BadGrant("invalid_grant", "Invalid JWT Signature.")
        if claims.get("aud") != AUDIENCE:
            raise BadGrant("invalid_grant", f"Invalid JWT: Audience must be {AUDIENCE}")
        return dict(claims)

    def _check_times(self, claims: dict[str, Any]) -> None:
        issued, expires, now = claims.get("iat", 0), claims.get("exp", 0), self._clock()
        if not issued - LEEWAY <= now <= expires + LEEWAY or expires - issued > 3600 + LEEWAY:
            raise BadGrant(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signed(key: rsa.RSAPublicKey, signature: bytes, text: str) -> bool:
    try:
        key.verify(signature, text.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _key_file(key: rsa.RSAPrivateKey, email: str, token_uri: str) -> dict[str, str]:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "type": "service_account",
        "project_id": "sandbox",
        "private_key_id": secrets.token_hex(20),
        "private_key": pem.decode("ascii"),
        "client_email": email,
        "client_id": str(secrets.randbelow(10**21)),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email.replace('@', '%40')}",
        "universe_domain": "googleapis.com",
    }
