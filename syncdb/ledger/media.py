"""Media by their content: which bytes each medium of a shop holds, and which bytes a shop would not take.

A digest (SHA-256 of the original bytes, as hex text) is known of a medium only as it was: with the size and the moment of the
last change that its shop told then. A medium that was sent somewhere is known by the digest of what was sent.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from syncdb.values import iso, moment


@dataclass(frozen=True, slots=True)
class MediaDigests:
    """What is known of the media of one shop, by its name in the configuration. Each call is kept at once."""

    connection: sqlite3.Connection
    source: str
    now: datetime

    def digest(self, ref: str, size: int | None, changed_at: datetime | None) -> str | None:
        """The digest of a medium as it is now; None where it is not known, or was another size or older when it was."""
        query = "SELECT digest FROM media_digest WHERE source = ? AND ref = ? AND size IS ? AND changed_at IS ?"
        row = self.connection.execute(query, (self.source, ref, size, _told(changed_at))).fetchone()
        return None if row is None else str(row[0])

    def last(self, ref: str) -> tuple[int | None, datetime | None, str] | None:
        """Size, moment of the last change and digest of a medium as it was last known; None where it never was."""
        query = "SELECT size, changed_at, digest FROM media_digest WHERE source = ? AND ref = ?"
        row = self.connection.execute(query, (self.source, ref)).fetchone()
        return None if row is None else (row[0], None if row[1] is None else moment(row[1]), str(row[2]))

    def keep(self, ref: str, size: int | None, changed_at: datetime | None, digest: str) -> None:
        """Know the digest of a medium as it is now, in place of what was known of it."""
        self.connection.execute(
            "INSERT OR REPLACE INTO media_digest (source, ref, size, changed_at, digest) VALUES (?, ?, ?, ?, ?)",
            (self.source, ref, size, _told(changed_at), digest),
        )

    def forget(self, ref: str) -> None:
        """The medium is gone."""
        self.connection.execute("DELETE FROM media_digest WHERE source = ? AND ref = ?", (self.source, ref))

    def refusal(self, digest: str) -> str | None:
        """Why the shop would not take these bytes; None where it was not seen to refuse them."""
        query = "SELECT why FROM media_refusal WHERE source = ? AND digest = ?"
        row = self.connection.execute(query, (self.source, digest)).fetchone()
        return None if row is None else str(row[0])

    def refuse(self, digest: str, why: str) -> None:
        """The shop would not take these bytes: they are not sent again until somebody asks for it."""
        self.connection.execute(
            "INSERT OR REPLACE INTO media_refusal (source, digest, why, at) VALUES (?, ?, ?, ?)",
            (self.source, digest, why, iso(self.now)),
        )

    def try_again(self) -> int:
        """Forget what the shop would not take; how many there were."""
        return self.connection.execute("DELETE FROM media_refusal WHERE source = ?", (self.source,)).rowcount


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
