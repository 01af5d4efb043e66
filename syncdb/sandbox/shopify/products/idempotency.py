"""Idempotency keys: what was done under a key is not done again for a day (documented)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLString, value_from_ast

from syncdb.sandbox.shopify.execute import Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.writing import refusal

KEPT = 86_400  # seconds
BUSY = "This request is currently in progress, please try again."
OTHER = "The same idempotency key cannot be used with different operation parameters."
FAILED = "The previous attempt with this idempotency key failed. Use a new key."


@dataclass(slots=True)
class KeyDesk:
    """Remembers payloads by key. `clock` gives epoch seconds.

    Keys in `busy` answer as if their first request were still running. `failed_keys_are_spent` says whether a refused
    attempt uses its key up (IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED) or is answered again as it was.
    """

    clock: Callable[[], float]
    busy: set[str] = field(default_factory=set)
    failed_keys_are_spent: bool = True
    _kept: dict[str, tuple[float, str, Node]] = field(default_factory=dict)

    def once(self, key: str | None, name: str, args: dict[str, Any], act: Callable[[], Node]) -> Node:
        """The payload of an act, or of the act done under this key before."""
        if key is None:
            return act()
        now, meant = self.clock(), json.dumps([name, args], sort_keys=True)
        ends, known, payload = self._kept.get(key, (0.0, "", {}))
        if key in self.busy:
            return self._refused(BUSY, "IDEMPOTENCY_CONCURRENT_REQUEST")
        if now >= ends:
            payload = act()
            self._kept[key] = (now + KEPT, meant, payload)
            return payload
        if known != meant:
            return self._refused(OTHER, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
        if payload["userErrors"] and self.failed_keys_are_spent:
            return self._refused(FAILED, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")
        return payload

    def _refused(self, message: str, code: str) -> Node:
        return {"inventoryAdjustmentGroup": None, "userErrors": [refusal(None, message, code)]}


def key_of(step: Step, variables: Mapping[str, Any]) -> str | None:
    """The key a field was given by @idempotent, if any."""
    for directive in step.node.directives or ():
        if directive.name.value == "idempotent" and directive.arguments:
            key: str = value_from_ast(directive.arguments[0].value, GraphQLString, dict(variables))
            return key
    return None
