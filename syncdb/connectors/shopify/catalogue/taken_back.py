"""Taking back a write that went over what somebody put there in that moment: as an attempt of its own, kept in the journal.

What stood there before is put back, so that both sides are as people left them, and the rules decide. What moved again since is
left as it is.
"""

from collections.abc import Iterable
from typing import Any

from syncdb.connectors.shopify.catalogue.work import PendingWrite
from syncdb.model import Action, Attempt, Operation, Side
from syncdb.values import decode_fields, encode_fields

TAKE_BACK = "take_back"
REASON = "put back"


def went_over(works: Iterable[PendingWrite]) -> tuple[Operation, ...]:
    """What puts back what these works went over."""
    return tuple(
        Operation(Side.LEFT, Action.UPDATE, work.key, None, dict(work.kept), dict(work.outcome.overwritten), REASON)
        for work in works
        if work.outcome is not None and work.outcome.overwritten
    )


def attempt_of(operations: Iterable[Operation], token: int, prepared_at: str) -> Attempt:
    """The attempt that carries them out."""
    taken = [[one.key, encode_fields(one.expected), encode_fields(one.changes)] for one in operations]
    return Attempt(token, (), {"prepared_at": prepared_at, TAKE_BACK: taken})


def operations_of(attempt: Attempt) -> tuple[Operation, ...]:
    """The operations of such an attempt, none where it is another."""
    taken: Any = attempt.evidence.get(TAKE_BACK, ())
    return tuple(
        Operation(Side.LEFT, Action.UPDATE, key, None, decode_fields(expected), decode_fields(changes), REASON)
        for key, expected, changes in taken
    )
