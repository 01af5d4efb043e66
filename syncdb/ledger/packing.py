"""Snapshots of orders, packed: compressed by zstandard with a dictionary that was trained on orders and lies in the ledger.

An order's text is some 5 KB, most of which every order says. With what they have in common in the dictionary, a tenth is left.
What is packed stands in a column of its own, and no other SQLite program can read it: so it is a choice, and plain text is usual.

Python 3.14 has zstandard itself; earlier ones take the package `backports.zstd`, which is the same code.
"""

import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import syncdb.ledger.state_keys as state_keys
from syncdb.errors import ConfigurationError, LedgerUnusable

SIZE = 64 * 1024  # bytes of a dictionary at most; a larger one brings next to nothing
LEVEL = 9  # a fifth smaller than by the usual one (3), for four times its CPU; from here on it gains next to nothing
PACKAGE = 'pip install "syncdb[compress]" (or pip install backports.zstd)'
_PLAIN, _EITHER = "snapshot", "plain(snapshot, packed)"


@dataclass(slots=True)
class Packing:
    """How the snapshots of an open ledger are stored. `wanted`: new ones are packed, once there is a dictionary.

    `text` is what stands for a snapshot's text in a query.
    """

    connection: sqlite3.Connection
    wanted: bool = False
    _dictionaries: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> "Packing":
        """What a ledger says of itself. Raises LedgerUnusable where it is packed and this computer cannot unpack it."""
        made = cls(connection)
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'snapshot_dictionary'").fetchone():
            named = (state_keys.ORDERS_COMPRESSED, "true")
            made.wanted = connection.execute("SELECT 1 FROM meta WHERE name = ? AND value = ?", named).fetchone() is not None
            made._take(connection.execute("SELECT dictionary_id, content FROM snapshot_dictionary").fetchall())
        return made

    @property
    def ready(self) -> bool:
        """Whether there is a dictionary."""
        return bool(self._dictionaries)

    @property
    def text(self) -> str:
        return _EITHER if self._dictionaries else _PLAIN

    def want(self, wanted: bool) -> None:
        """Have snapshots packed from now on, or not. The caller brings the transaction. Raises ConfigurationError."""
        if wanted == self.wanted:
            return
        if wanted:
            _refuse_without_package()
        self.wanted = wanted
        put = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"
        marks = ((state_keys.ORDERS_COMPRESSED, "true" if wanted else "false"), (state_keys.REPACKED_TO, '""'))
        self.connection.executemany(put, marks)

    def learn(self, samples: Sequence[bytes]) -> None:
        """Train a dictionary on these texts, which must tell nothing of a person. The caller brings the transaction."""
        content = _zstd().train_dict(list(samples), SIZE)
        self.connection.execute(
            "INSERT OR REPLACE INTO snapshot_dictionary (dictionary_id, content) VALUES (?, ?)",
            (content.dict_id, content.dict_content),
        )
        self._take([(content.dict_id, content.dict_content)])

    def forget(self) -> None:
        """Nothing is packed any more: the ledger is as if nothing ever was. The caller brings the transaction."""
        self.connection.execute("DELETE FROM snapshot_dictionary")
        self._dictionaries.clear()

    def stored(self, text: bytes) -> tuple[bytes, bytes | None]:
        """A snapshot's text as it is stored: itself, or empty beside what is packed."""
        if not (self.wanted and self._dictionaries):
            return text, None
        newest = next(reversed(self._dictionaries.values()))
        return b"", _zstd().compress(text, LEVEL, zstd_dict=newest.as_digested_dict)

    def plain(self, snapshot: str, packed: bytes | None) -> str:
        """The text of what is stored; empty, which is no JSON, where it is damaged."""
        if packed is None:
            return snapshot
        zstd = _zstd()
        try:
            named = zstd.get_frame_info(packed).dictionary_id
            return str(zstd.decompress(packed, zstd_dict=self._dictionaries[named]), "utf-8")
        except (zstd.ZstdError, KeyError, UnicodeDecodeError):
            return ""

    def _take(self, rows: Sequence[tuple[int, bytes]]) -> None:
        if not rows:
            return
        try:
            zstd = _zstd()
        except ImportError:
            raise LedgerUnusable(
                "The orders in this ledger are compressed, and this computer cannot read that. It was left as it is.",
                next_step=f"Install what is lacking: {PACKAGE}.",
            ) from None
        self._dictionaries |= {number: zstd.ZstdDict(content) for number, content in rows}
        if not self.connection.execute("SELECT 1 FROM pragma_function_list WHERE name = 'plain'").fetchone():
            self.connection.create_function("plain", 2, self.plain, deterministic=True)


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _refuse_without_package() -> None:
    try:
        _zstd()
    except ImportError:
        raise ConfigurationError(
            ["compress_snapshots needs a package that is not installed."], next_step=f"Install it: {PACKAGE}."
        ) from None
