"""One event, from its bytes to its answer: verified, kept, acknowledged. Knows no web framework."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from syncdb.errors import LedgerUnusable
from syncdb.ledger.inbox.event import Event
from syncdb.ledger.inbox.file import InboxBusy
from syncdb.ledger.inbox.group_commit import GroupCommit
from syncdb.systems.sender import Heard, Sender, Senseless, Untrusted

LARGEST = 2 * 1024 * 1024  # bytes of a body
log = logging.getLogger("syncdb.web")


@dataclass(frozen=True, slots=True)
class Receiver:
    """`now` tells milliseconds since 1970 UTC."""

    senders: Mapping[str, Sender]
    inbox: GroupCommit
    now: Callable[[], int]

    def receive(self, name: str, headers: Mapping[str, str], body: bytes) -> HTTPStatus:
        """What to answer to an event for the sender of that name. `headers` by their names in small letters.

        Any answer but success has the sender try again; what was acknowledged is on the disk.
        """
        sender = self.senders.get(name)
        if sender is None:
            return HTTPStatus.NOT_FOUND
        now = self.now()
        try:
            heard = sender.hear(headers, body)
        except (Untrusted, Senseless) as why:
            self.inbox.turned_away(name, why.reason, now)
            return HTTPStatus.UNAUTHORIZED if isinstance(why, Untrusted) else HTTPStatus.BAD_REQUEST
        return self._keep(name, heard, now)

    def _keep(self, name: str, heard: Heard, now: int) -> HTTPStatus:
        if heard.thing is None:  # a topic that nobody here asked for: acknowledged, or it would be sent again and again
            self.inbox.turned_away(name, "topic", now)
            return HTTPStatus.OK
        try:
            self.inbox.take(Event(name, heard.event_id, heard.topic, heard.thing, heard.triggered_at, now))
        except (InboxBusy, LedgerUnusable) as trouble:
            log.error("an event of %s was not kept, its sender will try again: %s", name, trouble)
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK

    def too_large(self, name: str) -> HTTPStatus:
        """What to answer to a body beyond `LARGEST`, which is not read."""
        if name in self.senders:
            self.inbox.turned_away(name, "size", self.now())
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
