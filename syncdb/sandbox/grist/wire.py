"""Answers and refusals in the shapes Grist's REST API gives them (observed on a real server unless noted)."""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Response

Json = dict[str, Any]


def json_response(body: object, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8"), status, content_type="application/json; charset=utf-8")


class Refusal(Exception):
    """A request the API refuses: HTTP status, text, and details where there are any."""

    def __init__(self, status: int, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details

    def response(self) -> Response:
        body: Json = {"error": self.message}
        if self.details:
            body["details"] = self.details
        return json_response(body, self.status)


class EngineError(Exception):
    """What the document's engine throws: the name of a Python exception and its text.

    Most calls turn it into a 400 or 404 of their own (`refused`); POST /tables and /apply let it out as a 500.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"[Sandbox] {kind} {message}")


def invalid_payload(problem: str) -> Refusal:
    return Refusal(400, "Invalid payload", {"userError": f"Error: {problem}"})


def too_many(document: str) -> Refusal:
    """More requests under way than a document takes. There is no Retry-After."""
    return Refusal(429, f"Too many backlogged requests for document {document} - try again later?")


def quota_spent(document: str) -> Refusal:
    """The text of the daily limit; whether the monthly one of the free plan says the same is unproven."""
    return Refusal(429, f"Exceeded daily limit for document {document}")


def in_flux() -> Refusal:
    return Refusal(503, "Document in flux - try again later")


def no_column(name: str) -> EngineError:
    return EngineError("KeyError", f"'{name}'")


def no_table(name: str) -> EngineError:
    return EngineError("KeyError", f"'{name}'")
