"""What all writes have in common: who may, and how a refusal is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncdb.sandbox.shopify.execute import Execution
from syncdb.sandbox.shopify.money import Node

MAX_INPUT = 250  # documented: entries of an input array
OWN_LIMITS = {"productSet.input.variants": 2048}  # observed; metafields beyond 25 are refused by metafieldsSet itself


def may_write(run: Execution, scope: str, name: str) -> None:
    """Raise FieldFailed unless the app holds a write scope."""
    run.context.require(scope, name)


def refusal(field: Sequence[str | int] | None, message: str, code: str | None = None, **more: Any) -> Node:
    """An entry of userErrors; positions in its path are text (observed)."""
    path = None if field is None else [str(part) for part in field]
    return {"field": path, "message": message, "code": code, **more}


def too_long(where: Sequence[str | int], label: str, value: Any, code: str | None = None) -> list[Node]:
    """The refusal of a text beyond 255 characters, if it is (observed)."""
    if value is None or len(value) <= 255:
        return []
    return [refusal(where, f"{label} is too long (maximum is 255 characters)", code)]


def oversized(name: str, value: Any, trail: tuple[str, ...] = ()) -> Node | None:
    """The error about an input array with more entries than the API takes; such a document is not run (observed)."""
    if isinstance(value, dict):
        return next((found for key, one in value.items() if (found := oversized(name, one, (*trail, key)))), None)
    if not isinstance(value, list):
        return None
    limit = OWN_LIMITS.get(".".join((name, *trail)), MAX_INPUT)
    if len(value) > limit:
        text = f"The input array size of {len(value)} is greater than the maximum allowed of {limit}."
        return {"message": text, "path": [name, *trail], "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}
    return next((found for one in value if (found := oversized(name, one, trail))), None)
