"""What Grist refused, in words for the person who can mend it.

Statuses and texts were observed on a grist-core server (1.7); they are matched loosely, because other releases may word them
otherwise.
"""

from collections.abc import Mapping

from syncdb.errors import NeedsPerson, Refused, RemoteError
from syncdb.http import redact


class Declined(Refused):
    """Grist answered a request with a refusal: nothing of it was applied."""

    def __init__(self, status: int, body: object) -> None:
        parts: Mapping[str, object] = body if isinstance(body, Mapping) else {}
        details = parts.get("details")
        more = details.get("userError") if isinstance(details, Mapping) else None
        self.status = status
        self.text = sayable(str(parts.get("error") or f"HTTP status {status}") + (f" ({more})" if more else ""))
        super().__init__(f"Grist refused the request: {self.text}", next_step="Run it again with -v and look at the log.")

    def mentions(self, *pieces: str) -> bool:
        return any(piece.lower() in self.text.lower() for piece in pieces)

    @property
    def schema_moved(self) -> bool:
        """Whether a table or column that the request named is not there any more, or now holds a formula."""
        named = self.mentions("Invalid column", "KeyError", "formula column", "Table not found", "unknown key")
        return self.status in (400, 404) and named

    @property
    def no_such_call(self) -> bool:
        """Whether this server is older than the call."""
        return self.status in (404, 405) and self.mentions("not found: /api")


def sayable(text: str) -> str:
    """What a server says, for a message: without secrets and without halves of characters, which no file can hold."""
    return redact(text).encode("utf-8", "replace").decode("utf-8")


def is_full(text: str) -> bool:
    """Whether a refusal says that the document holds more rows than its plan allows (text from the sources, unproven)."""
    return "delete-only mode" in text.lower()


def is_quota(text: str) -> bool:
    """Whether a 429 speaks of a quota of days or months, so that waiting a minute will not help (unproven)."""
    return "exceeded" in text.lower() and "limit" in text.lower()


def explained(answer: Declined, what: str) -> RemoteError | NeedsPerson:
    """The failure to raise for a refused request about `what` ("The Grist document ...")."""
    if answer.status == 401:
        return Refused(
            f"Grist does not accept the API key: {answer.text}. Nothing was changed.",
            next_step="Make a new key (Grist > Profile settings > API > Create) and put it into GRIST_API_KEY.",
        )
    if answer.status == 403:
        return _forbidden(answer, what)
    if answer.status == 404:
        return Refused(
            f"{what} was not found ({answer.text}). Nothing was changed.",
            next_step="Check the server's address and the document id (Grist > Document settings > API), and that it is "
            "shared with the owner of the API key.",
        )
    if is_full(answer.text):
        return full(what)
    return answer


def _forbidden(answer: Declined, what: str) -> Refused:
    if answer.mentions("view access"):
        lacking = "is not shared with the owner of the API key"
    elif answer.mentions("write access"):
        lacking = "may be read but not changed by the owner of the API key"
    elif answer.mentions("owner access"):
        lacking = "needs an owner for this, and the API key's owner is none"
    else:
        lacking = "hides a part of itself from the owner of the API key by access rules"
    return Refused(
        f"{what} {lacking} (Grist says: {answer.text}). Nothing was changed.",
        next_step="In Grist: Share > Manage users > add the key's owner (for a service account its login) as Editor, without "
        "access rules that hide rows or columns from it. A new share takes some seconds to count.",
    )


def full(what: str) -> NeedsPerson:
    return NeedsPerson(
        f"{what} holds more rows than its plan allows, so Grist only takes deletions. Nothing more was written.",
        next_step="Delete rows that are not needed, or move the document to a larger plan or a server of your own.",
    )
