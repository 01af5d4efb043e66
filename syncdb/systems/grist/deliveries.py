"""Webhooks of a Grist document: they name neither table nor delivery and are not signed (observed), but have a header of our own.

Their rows are not looked at: the document is asked what changed.
"""

import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from syncdb.ledger.inbox.event import Thing
from syncdb.systems.sender import Heard, Untrusted

DOCUMENT = Thing("document", "changed")
TOPIC = "document/changed"


@dataclass(frozen=True, slots=True)
class DocumentSender:
    """A document. `token` is what its webhooks give as Authorization, as it is or after "Bearer"."""

    name: str
    token: str = field(repr=False)

    @property
    def lacks(self) -> str:
        return ""

    def hear(self, headers: Mapping[str, str], body: bytes) -> Heard:
        given = headers.get("authorization", "").strip().removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
            raise Untrusted("signature" if given else "no signature")
        return Heard(str(uuid.uuid4()), TOPIC, DOCUMENT, None)  # each delivery is another: none has an id
