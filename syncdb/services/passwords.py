"""Passwords as they are kept: scrypt of 64 MiB, one at a time, so that many tries at once cannot fill the memory."""

import base64
import hashlib
import hmac
import secrets
import string
import threading

from syncdb.errors import ConfigurationError

SHORTEST, LONGEST = 12, 200  # characters
FEWEST = 5  # different ones
_N, _R, _P = 2**16, 8, 1  # about 0.2 s of one core
_MEMORY = 128 * _N * _R * 2
_one = threading.Lock()


def refuse_poor(password: str, name: str = "") -> None:
    """Raise ConfigurationError for a password that is too short, too long, or guessed at once."""
    told = ""
    if not SHORTEST <= len(password) <= LONGEST:
        told = f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}."
    elif len(set(password)) < FEWEST:
        told = f"This password has fewer than {FEWEST} different characters: it is guessed at once."
    elif (password + password).find(password, 1) < len(password):  # found again before its end only where it is a repetition
        told = "This password is one word again and again: it is guessed at once."
    elif name and not password.casefold().replace(name.casefold(), "").strip(string.digits + string.punctuation):
        told = "This password is the name with little beside it: it is guessed at once."
    if told:
        raise ConfigurationError([f"{told} Nothing was changed."], next_step="Several words in a row are easy to remember.")


def kept(password: str) -> str:
    """What is kept of a password. Raises ConfigurationError for one that is too short or too long."""
    refuse_poor(password)
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
