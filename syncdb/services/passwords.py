"""Passwords as they are kept: scrypt of 64 MiB, one at a time, so that many tries at once cannot fill the memory."""

import base64
import hashlib
import hmac
import secrets
import threading

from syncdb.errors import ConfigurationError

SHORTEST, LONGEST = 12, 200  # characters
_N, _R, _P = 2**16, 8, 1  # about 0.2 s of one core
_MEMORY = 128 * _N * _R * 2
_one = threading.Lock()


def kept(password: str) -> str:
    """What is kept of a password. Raises ConfigurationError for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigurationError(
            [f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}. Nothing was changed."],
            next_step="Several words in a row are easy to remember.",
        )
    salt = secrets.token_bytes(16)
    return f"scrypt${_text(salt)}${_text(_hash(password, salt))}"


def fits(password: str, stored: str | None) -> bool:
    """Whether it is the password of which this was kept. Without one it takes as long, so that nobody learns who has one."""
    if stored is None or len(password) > LONGEST:
        _hash("nobody", b"0123456789abcdef")
        return False
    _, salt, wanted = stored.split("$")
    return hmac.compare_digest(_hash(password, base64.b64decode(salt)), base64.b64decode(wanted))


def _hash(password: str, salt: bytes) -> bytes:
    with _one:
        return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
