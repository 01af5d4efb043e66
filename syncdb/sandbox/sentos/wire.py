"""Answers in the shapes that clients of Sentos expect, and the refusals among them. All of it reconstructed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from werkzeug import Response

from syncdb.sandbox.sentos.habits import Habits

Json = dict[str, Any]


class Refusal(Exception):
    """A request that is refused: HTTP status, message, and what was wrong with which field."""

    def __init__(self, status: int, message: str, errors: Json | None = None, wait: int | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.errors, self.wait = status, message, errors, wait

    def response(self) -> Response:
        answer = json_response({"message": self.message, "errors": self.errors or []}, self.status)
        if self.wait is not None:
            answer.headers["Retry-After"] = str(self.wait)
        return answer


def json_response(body: object, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8"), status, content_type="application/json; charset=utf-8")


def money(amount: Decimal, habits: Habits) -> str | float:
    """An amount as this Sentos writes it: "1.299,90", "1299.90", 1299.9, or without its decimals where it has none ("1.299")."""
    if habits.money == "number":
        return float(amount)
    if habits.money == "dot":
        return f"{amount:.2f}"
    whole = habits.money == "thousands" and amount == amount.to_integral_value()
    text = f"{amount:,.0f}" if whole else f"{amount:,.2f}"
    return text.translate(str.maketrans(",.", ".,"))


def none(habits: Habits) -> list[Any] | Json | None:
    """How it says that there were no errors."""
    return None if habits.no_errors == "null" else {} if habits.no_errors == "object" else []
