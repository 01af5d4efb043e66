"""Recorded answers of real development stores, where they are at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "shopify"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded question and its answer."""

    query: str
    variables: dict[str, Any]
    body: dict[str, Any]


def exchanges() -> list[Exchange]:
    """Every recorded GraphQL exchange with its text; skips the test where there are none."""
    folder = SHARED / "recordings"
    if not folder.exists():
        pytest.skip("no recordings of real stores at hand")
    seen: dict[str, Exchange] = {}
    for path in sorted(folder.glob("20*/*.json")):
        for one in _within(json.loads(path.read_text(encoding="utf-8"))):
            seen[json.dumps([one.query, one.variables, one.body])] = one
    return list(seen.values())


def _within(value: Any) -> Iterator[Exchange]:
    if isinstance(value, list):
        for one in value:
            yield from _within(one)
    if isinstance(value, dict):
        query, response = value.get("query"), value.get("response")
        if isinstance(query, str) and "{" in query and isinstance(response, dict):
            body = response.get("body", response) if not response.keys() & {"data", "errors"} else response
            if isinstance(body, dict):
                yield Exchange(query, value.get("variables") or {}, body)
        for one in value.values():
            yield from _within(one)


def errors() -> list[dict[str, Any]]:
    """Every recorded error entry."""
    folder = SHARED / "recordings"
    if not folder.exists():
        pytest.skip("no recordings of real stores at hand")
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("20*/*.json")):
        _errors(json.loads(path.read_text(encoding="utf-8")), found)
    return found


def _errors(value: Any, found: list[dict[str, Any]]) -> None:
    for one in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        _errors(one, found)
    if isinstance(value, dict) and isinstance(value.get("errors"), list):
        found += [one for one in value["errors"] if isinstance(one, dict) and "message" in one]
