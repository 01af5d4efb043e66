"""Secrets kept encrypted beside the configuration: `secrets.json`, whose key is elsewhere.

A secret whose key is gone is never half read: it counts as not set, and entering it again is all there is to do.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from syncdb.config.files import UnreadableFile, parse_json, read_text
from syncdb.config.place import SECRETS
from syncdb.config.secret_keys import KeyPlace, keep, key_id, key_place
from syncdb.config.writing import replace_file
from syncdb.errors import ConfigurationError

if TYPE_CHECKING:  # loaded where there is a secret to open
    from cryptography.fernet import MultiFernet

SHOWN = 4  # of a secret's letters, the last ones; of a short one none
_ABOUT = "Secrets of syncdb, encrypted. Their key is elsewhere; docs/secrets.md explains."


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored secret without its value. `last4` is None where its key is gone (`usable` is False) or it is too short."""

    name: str
    last4: str | None
    set_at: datetime | None
    usable: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What the store holds: values by setting name, and the names of those whose key is gone. `problem` says why, if so."""

    values: Mapping[str, str]
    lost: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SecretStore:
    """The store beside a configuration file. `env` is where its key may be named."""

    file: Path
    env: Mapping[str, str]

    @classmethod
    def of(cls, config_file: Path, env: Mapping[str, str]) -> "SecretStore":
        """The store that belongs to a configuration."""
        return cls(config_file.with_name(SECRETS), env)

    def opened(self) -> Opened:
        """All that can be read. Raises UnreadableFile where the file itself is no store."""
        if not (stored := self._stored()):
            return Opened({})
        try:
            place = self._place()
        except ConfigurationError as error:
            return Opened({}, tuple(stored), str(error))
        values = {name: plain for name, token in stored.items() if (plain := _plain(place.keys, token)) is not None}
        lost = tuple(name for name in stored if name not in values)
        return Opened(values, lost, f"none of the keys in {place.where} fits" if lost else "")

    def listed(self) -> list[Kept]:
        """What is stored, by name, without any value. Raises UnreadableFile."""
        values = self.opened().values
        return [
            Kept(name, last4(values.get(name)), _set_at(token), name in values) for name, token in sorted(self._stored().items())
        ]

    def put(self, name: str, value: str, now: datetime) -> None:
        """Store a secret in place of what was there. The first one makes a key. Raises ConfigurationError and UnreadableFile."""
        from cryptography.fernet import Fernet

        with self._alone():
            stored, place = self._stored(), self._place()
            if not place.keys:
                place = keep(place, (Fernet.generate_key(),))
            token = _multi(place.keys).encrypt_at_time(value.encode(), int(now.timestamp())).decode()
            self._write({**stored, name: token})

    def remove(self, name: str) -> bool:
        """Forget a secret; whether there was one. Raises UnreadableFile."""
        with self._alone():
            stored = dict(self._stored())
            if stored.pop(name, None) is None:
                return False
            self._write(stored)
        return True

    def rotate(self) -> tuple[int, KeyPlace]:
        """Encrypt everything with a new key and forget the old ones; how many, and where the key is. Ages stay.

        A cut in between leaves the old key beside the new one, and everything readable. Raises ConfigurationError, with nothing
        changed, where something could not be read: it would be lost with the old keys.
        """
        from cryptography.fernet import Fernet

        with self._alone():
            stored, place = self._stored(), self._place()
            if lost := self.opened().lost:
                raise ConfigurationError(
                    [f"{', '.join(lost)} cannot be read, because the key is gone. Nothing was changed."],
                    next_step="Enter these again (secrets set), or remove them (secrets remove), then rotate.",
                )
            if place.writable:
                place = keep(place, (Fernet.generate_key(), *place.keys))
            fresh = {name: _multi(place.keys).rotate(token.encode()).decode() for name, token in stored.items()}
            self._write(fresh)
            return len(fresh), keep(place, place.keys[:1]) if place.writable else place

    def _place(self) -> KeyPlace:
        return key_place(self.file.parent, self.env)

    def _stored(self) -> dict[str, str]:
        """The encrypted values by setting name."""
        try:
            data: Any = parse_json(read_text(self.file), [])
        except FileNotFoundError:
            return {}
        secrets = data.get("secrets") if isinstance(data, dict) else None
        if not isinstance(secrets, dict) or not all(
            isinstance(one, dict) and isinstance(one.get("value"), str) for one in secrets.values()
        ):
            raise UnreadableFile("is not what syncdb wrote; set it aside and enter the secrets again")
        return {name: one["value"] for name, one in secrets.items()}

    def _write(self, stored: Mapping[str, str]) -> None:
        keys = self._place().keys
        data = {name: {"key": _fitting(keys, token), "value": token} for name, token in sorted(stored.items())}
        try:
            replace_file(self.file, json.dumps({"about": _ABOUT, "secrets": data}, indent=1) + "\n")
        except OSError as error:
            raise ConfigurationError(
                [f"{self.file} cannot be written: {error.strerror or error}. Nothing was changed."],
                next_step="Check the rights of the folder.",
            ) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the file meanwhile."""
        guard = FileLock(f"{self.file}.lock", timeout=10, mode=0o600)
        try:
            guard.acquire()
        except (Timeout, OSError):
            raise ConfigurationError(
                [f"{self.file} cannot be changed now. Nothing was changed."],
                next_step=f"See who else changes it, and whether you may write in {self.file.parent}.",
            ) from None
        try:
            yield
        finally:
            guard.release()


def last4(value: str | None) -> str | None:
    """The end of a secret, by which a person knows it; of a short one nothing is shown."""
    return value[-SHOWN:] if value is not None and len(value) >= 4 * SHOWN else None


def _multi(keys: Sequence[bytes]) -> "MultiFernet":
    """What encrypts with the first key and decrypts with all. Raises ConfigurationError where one is none."""
    from cryptography.fernet import Fernet, MultiFernet

    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ConfigurationError(
            ["The key of the secrets is no key (44 letters, digits, - and _). Nothing was changed."],
            next_step="docs/secrets.md says how one is made.",
        ) from None


def _plain(keys: Sequence[bytes], token: str) -> str | None:
    """What a stored value says; None where no key fits."""
    from cryptography.fernet import InvalidToken

    try:
        return _multi(keys).decrypt(token.encode()).decode() if keys else None
    except (InvalidToken, UnicodeError, ConfigurationError):
        return None


def _fitting(keys: Sequence[bytes], token: str) -> str:
    """The id of the key that opens a stored value; empty where none does."""
    return next((key_id(key) for key in keys if _plain([key], token) is not None), "")


def _set_at(token: str) -> datetime | None:
    """When a value was stored, which stands readable in what Fernet makes; None where that is damaged."""
    try:
        return datetime.fromtimestamp(int.from_bytes(base64.urlsafe_b64decode(token)[1:9], "big"), UTC)
    except (ValueError, OverflowError, OSError):
        return None
