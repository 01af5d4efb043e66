"""Refusals in the shapes Google's APIs answer with (observed in recordings of real traffic unless noted)."""

from __future__ import annotations

from typing import Any

from werkzeug import Response

from syncdb.sandbox.google.wire import json_response

PROTECTED = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)
STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class Refusal(Exception):
    """A request the API refuses: HTTP status, message, google.rpc status name and optional details."""

    def __init__(self, code: int, message: str, status: str | None = None, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUS[code]
        self.details = details

    def response(self) -> Response:
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return json_response({"error": error}, self.code)


def invalid(message: str) -> Refusal:
    return Refusal(400, message)


def not_found() -> Refusal:
    return Refusal(404, "Requested entity was not found.")


def permission_denied() -> Refusal:
    return Refusal(403, "The caller does not have permission")


def bad_field(field: str, description: str) -> Refusal:
    """A body that does not fit its protocol buffer, e.g. a string where a list belongs."""
    violation = {"field": field, "description": description}
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return Refusal(400, description, details=details)


def unauthenticated() -> Refusal:
    """Documented text of an expired or missing OAuth token."""
    return Refusal(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
        "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    )


def too_many(kind: str, most: int = 60, *, per_user: bool = True) -> Refusal:
    """Quota of an account, or of the project, in the shape reported for real projects."""
    name = "Write" if kind == "write" else "Read"
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {
                "service": "sheets.googleapis.com",
                "quota_limit": f"{name}RequestsPerMinutePer{'User' if per_user else 'Project'}",
                "quota_metric": f"sheets.googleapis.com/{name.lower()}_requests",
                "quota_limit_value": str(most),
            },
        }
    ]
    whose = " per user" if per_user else ""
    text = (
        f"Quota exceeded for quota metric '{name} requests' and limit '{name} requests per minute{whose}' "
        "of service 'sheets.googleapis.com' for consumer 'project_number:0'."
    )
    return Refusal(429, text, details=details)


def drive_refusal(code: int, reason: str, message: str, domain: str = "global") -> Response:
    """Drive's older shape, with a list of errors."""
    errors = [{"message": message, "domain": domain, "reason": reason}]
    return json_response({"error": {"code": code, "message": message, "errors": errors}}, code)
