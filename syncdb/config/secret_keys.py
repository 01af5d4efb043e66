"""Where the key of the stored secrets is: a systemd credential, a named file, the keyring of the account, or a file of its own.

The first that has one counts. Several keys may be in one place, a line each: the first one encrypts, all of them decrypt.
A key beside what it encrypts protects nothing, so a key file never lies in the folder of the configuration.
"""

import hashlib
import importlib.util
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from syncdb.errors import ConfigurationError
from syncdb.programs import MANAGER

CREDENTIAL = "syncdb-key"  # the name of the systemd credential (LoadCredential=syncdb-key:...)
NAMED = "SYNCDB_KEY_FILE"
_SERVICE, _ENTRY = "syncdb", "secrets"  # what the key is called in a keyring
REMEDY = "docs/secrets.md says where the key may be."


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A place of keys, with those that it holds, the newest first. `kind` is "credential", "file" or "keyring"."""

    kind: str
    where: str
    keys: tuple[bytes, ...] = ()

    @property
    def writable(self) -> bool:
        """Whether a key may be put there by this program."""
        return self.kind != "credential"


def key_id(key: bytes) -> str:
    """What tells a key from others, and nothing about it."""
    return hashlib.sha256(b"syncdb key id:" + key).hexdigest()[:12]


def key_place(config_folder: Path, env: Mapping[str, str]) -> KeyPlace:
    """The place that counts, perhaps without a key yet. Raises ConfigurationError for one that cannot be used."""
    folder = env.get("CREDENTIALS_DIRECTORY", "")
    if folder and (given := Path(folder) / CREDENTIAL).is_file():
        return KeyPlace("credential", str(given), _keys(given, ours=False))
    if named := env.get(NAMED, "").strip():
        return _file(Path(named).expanduser().absolute(), config_folder, ours=False)
    own = own_file(env)
    if own is not None and own.exists():
        return _file(own, config_folder, ours=True)
    if importlib.util.find_spec("keyring") is not None and (stored := _from_keyring()) is not None:
        return KeyPlace("keyring", "the keyring of this account", stored)
    if own is None:
        raise ConfigurationError(
            ["There is no place for the key of the secrets: this account has no home folder."],
            next_step=f"Name a file for it in {NAMED}. {REMEDY}",
        )
    return _file(own, config_folder, ours=True)


def own_file(env: Mapping[str, str]) -> Path | None:
    """The key file of this account, beside no configuration and no ledger; None where the account has no folder."""
    if os.name == "nt":
        base = env.get("LOCALAPPDATA", "")
    else:
        base = env.get("XDG_DATA_HOME", "") or (f"{env['HOME']}/.local/share" if env.get("HOME") else "")
    return Path(base) / "syncdb" / "secrets.key" if base and Path(base).is_absolute() else None


def keep(place: KeyPlace, keys: tuple[bytes, ...]) -> KeyPlace:
    """Put keys, the newest first, in place of those that are there. Raises ConfigurationError."""
    text = b"\n".join(keys).decode() + "\n"
    if place.kind == "credential":
        raise ConfigurationError(
            [f"The key comes from {place.where}, which only systemd may write. Nothing was changed."],
            next_step=f"Put a new key before the old one in that file, start the service again, then rotate. {REMEDY}",
        )
    if place.kind == "keyring":
        _into_keyring(text)
    else:
        _write(Path(place.where), text)
    return KeyPlace(place.kind, place.where, keys)


def _file(path: Path, config_folder: Path, *, ours: bool) -> KeyPlace:
    if path.parent.resolve() == config_folder.resolve():
        raise ConfigurationError(
            [f"The key of the secrets would lie in {config_folder}, beside what it encrypts and in every copy of it."],
            next_step=f"Name another place in {NAMED}. {REMEDY}",
        )
    return KeyPlace("file", str(path), _keys(path, ours=ours) if path.exists() else ())


def _keys(path: Path, *, ours: bool) -> tuple[bytes, ...]:
    """The keys of a file; one that we made ourselves must still be ours alone."""
    try:
        with open(os.open(path, os.O_RDONLY | (getattr(os, "O_NOFOLLOW", 0) if ours else 0)), "rb") as stream:
            found = os.fstat(stream.fileno())
            content = stream.read(10_000)
    except OSError as error:
        raise ConfigurationError(
            [f"The key file {path} cannot be read: {error.strerror or error}."], next_step=f"Give yourself the right. {REMEDY}"
        ) from None
    if ours and os.name == "posix" and (stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid != os.geteuid()):
        raise ConfigurationError(
            [f"Other accounts of this computer may read or change the key file {path}. It was not used."],
            next_step=f"Close it: chmod 600 {path}. If somebody may have read it: {MANAGER} secrets rotate",
        )
    return tuple(line.strip() for line in content.splitlines() if line.strip())


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(fresh, path)
    except OSError as error:
        raise ConfigurationError(
            [f"The key file {path} cannot be written: {error.strerror or error}. Nothing was changed."],
            next_step=f"Name another place in {NAMED}. {REMEDY}",
        ) from None


def _from_keyring() -> tuple[bytes, ...] | None:
    """The keys in the keyring, none where there is no entry; None where there is no keyring that can be used now."""
    import keyring
    from keyring.errors import KeyringError

    try:
        backend = keyring.get_keyring()
        stored = keyring.get_password(_SERVICE, _ENTRY) if backend.priority >= 1 else None
    except (KeyringError, RuntimeError):  # none is running, as under cron
        return None
    if backend.priority < 1:
        return None
    return tuple(line.encode() for line in (stored or "").split())


def _into_keyring(text: str) -> None:
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_SERVICE, _ENTRY, text)
    except (KeyringError, RuntimeError) as error:
        raise ConfigurationError(
            [f"The keyring does not take the key: {error}. Nothing was changed."], next_step=f"Name a file in {NAMED}. {REMEDY}"
        ) from None
