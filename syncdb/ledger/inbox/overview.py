"""What the inbox tells those who only ask: what was heard, what waits, what was turned away."""

from dataclasses import dataclass
from pathlib import Path

from syncdb.ledger.inbox.file import open_for_reading, told

_HAS_ASKED = "SELECT 1 FROM sqlite_master WHERE name = 'asked'"  # an inbox that nobody has written to since has none
_ASKED = "SELECT source, topic, person, received_at FROM asked WHERE done_at IS NULL ORDER BY received_at"


@dataclass(frozen=True, slots=True)
class HeardTopic:
    """Events of one topic of one source; `last_at` in milliseconds since 1970 UTC."""

    source: str
    topic: str
    times: int
    repeated: int
    last_at: int


@dataclass(frozen=True, slots=True)
class RefusedEvents:
    """What was turned away of one source for one reason."""

    source: str
    reason: str
    times: int
    last_at: int


@dataclass(frozen=True, slots=True)
class KeptSubscriptions:
    """What was found of a source's subscriptions when they were last looked at (`data` is JSON)."""

    source: str
    checked_at: int
    data: str


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """What a source asked about somebody's data, and nobody has seen to yet. `person` is the id of a customer, or orders."""

    source: str
    topic: str
    person: str
    received_at: int


@dataclass(frozen=True, slots=True)
class InboxOverview:
    """`waiting` counts things by reader."""

    heard: tuple[HeardTopic, ...] = ()
    refused: tuple[RefusedEvents, ...] = ()
    subscriptions: tuple[KeptSubscriptions, ...] = ()
    waiting: tuple[tuple[str, int], ...] = ()
    asked: tuple[AskedAbout, ...] = ()


def overview(path: Path) -> InboxOverview:
    """How things stand; nothing where there is no inbox. Raises InboxBusy and LedgerUnusable."""
    if not path.exists():
        return InboxOverview()
    connection = open_for_reading(path)
    try:
        with told(path):
            rows = connection.execute
            return InboxOverview(
                tuple(HeardTopic(*row) for row in rows("SELECT * FROM heard ORDER BY source, topic")),
                tuple(RefusedEvents(*row) for row in rows("SELECT * FROM refused ORDER BY source, reason")),
                tuple(KeptSubscriptions(*row) for row in rows("SELECT * FROM subscriptions ORDER BY source")),
                tuple(rows("SELECT reader, count(*) FROM waiting GROUP BY reader").fetchall()),
                tuple(AskedAbout(*row) for row in rows(_ASKED)) if rows(_HAS_ASKED).fetchone() else (),
            )
    finally:
        connection.close()
