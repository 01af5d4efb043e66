"""What Google refused, in words for the person who can mend it.

Status codes and reasons come from Google's error model and from recorded and publicly reported answers; texts are only looked at
where there is nothing else, because Google words some of them in the user's language.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from syncdb.errors import NeedsPerson, Refused, RemoteError
from syncdb.http import redact

MOST_CELLS = 10_000_000  # in all tabs of a spreadsheet together, blank ones included (as reported in API errors)


class RequestDeclined(Refused):
    """Google answered a request with 4xx: nothing of it was applied. The parts of the answer are at hand to explain it."""

    def __init__(self, status: int, body: object) -> None:
        error = body.get("error") if isinstance(body, Mapping) else None
        parts: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
        self.status = status
        self.code = str(parts.get("status", ""))
        self.text = redact(str(parts.get("message") or f"HTTP status {status}"))
        self.details: Sequence[Any] = parts.get("details") or ()
        super().__init__(f"Google refused the request: {self.text}")

    @property
    def reasons(self) -> set[str]:
        return {str(one["reason"]) for one in self.details if isinstance(one, Mapping) and "reason" in one}

    def mentions(self, *pieces: str) -> bool:
        return any(piece.lower() in self.text.lower() for piece in pieces)


def explained(answer: RequestDeclined, what: str, email: str) -> RemoteError | NeedsPerson:
    """The failure to raise for a refused request about `what`, told to the owner of the account `email`."""
    if "SERVICE_DISABLED" in answer.reasons or answer.mentions("has not been used in project", "it is disabled"):
        return Refused(
            f"The Google Cloud project of {email} has not switched on an API that is needed. Google says: {answer.text}",
            next_step="Google Cloud console > APIs & Services > Enable the Google Sheets API and the Google Drive API, "
            "wait a minute and run it again.",
        )
    if answer.status == 401:
        return Refused(
            f"Google does not accept the access of {email}: {answer.text}",
            next_step="Make a new key for the service account and name the new file in google_service_account_file.",
        )
    if answer.mentions("storage quota", "storageQuota"):
        return Refused(f"Google Drive storage is full: {answer.text}", next_step="Free some space in Google Drive.")
    if answer.status in (403, 404):
        return no_access(what, email, answer.status)
    if answer.code == "FAILED_PRECONDITION" or answer.mentions("not supported for this document"):
        return not_a_sheet(what)
    return NeedsPerson(
        f"Google does not accept what was asked of {what}: {answer.text} Nothing was changed.",
        next_step="Run it again with -v and look at the log; if it stays, report it with this text.",
    )


def no_access(what: str, email: str, status: int) -> Refused:
    found = "does not exist or is not shared with" if status == 404 else "may not be read or changed by"
    return Refused(
        f"{what} {found} the service account {email}. Nothing was changed.",
        next_step=f"Open it in the browser > Share > add {email} as Editor.",
    )


def title_left(title: str, refused: RemoteError) -> Refused:
    """The spreadsheet that a title stood for is gone; another of that title may be meant now, which only a person knows."""
    return Refused(
        f'The spreadsheet that "{title}" stood for so far cannot be opened any more. {refused}',
        next_step="Bring it back from the trash, or share it again. If another one has taken its place, --force looks the title "
        "up anew and writes all orders to what it finds; or put that one's address into target_spreadsheet.",
    )


def not_a_sheet(what: str) -> Refused:
    return Refused(
        f"{what} is not a Google Sheets spreadsheet but an uploaded file (such as .xlsx). Nothing was changed.",
        next_step="Open it in Google Drive > File > Save as Google Sheets, and name the new spreadsheet in target_spreadsheet.",
    )


def sign_in(why: str, email: str) -> Refused:
    """The token endpoint refused: the account's key no longer counts or this computer's clock is off."""
    if "invalid_grant" in why:
        return Refused(
            f"Google does not let {email} sign in: {redact(why)}",
            next_step="Check that this computer's clock is right, and that the account and its key were not deleted; "
            "else make a new key (Google Cloud console > IAM & Admin > Service accounts > Keys).",
        )
    return Refused(f"Google does not let {email} sign in: {redact(why)}", next_step="Make a new key for the service account.")


def no_room(used: int, more: int) -> NeedsPerson:
    """The spreadsheet would go over its limit. `used` and `more` count cells."""
    return NeedsPerson(
        f"The spreadsheet is full: it has {used:,} of at most {MOST_CELLS:,} cells, blank ones included, and the new rows and "
        f"columns need {more:,} more. Nothing was written.",
        next_step="Delete blank rows, columns and tabs. To go on in a second spreadsheet, keep a tab for each year, quarter or "
        "month (tabs_by) and name it for the periods to come in period_spreadsheets (docs/google-sheets.md, Several tabs).",
    )


def locked(where: str, email: str) -> Refused:
    return Refused(
        f"{where} is protected and {email} is not among those who may edit it. Nothing was written.",
        next_step=f"Data > Protect sheets and ranges > choose it > Set permissions > add {email}.",
    )
