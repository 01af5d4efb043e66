"""The checks of bodies sent, with the words in which the API tells what is wrong (observed)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from syncdb.sandbox.grist.wire import Json, invalid_payload

CODES = frozenset("LlODdSCRrEPUV")  # what the first item of a list in a cell may be
_WORDS: dict[type, str] = {int: "a number", dict: "an object", str: "a string", list: "an array"}
Shape = dict[str, type]

ADDING: Shape = {"fields?": dict}
CHANGING: Shape = {"id": int, "fields": dict}
PUTTING: Shape = {"require": dict, "fields?": dict}
NAMED: Shape = {"id": str, "fields": dict}
MAYBE_NAMED: Shape = {"id?": str, "fields?": dict}
TABLE: Shape = {"id?": str, "columns": list}
FREE: Shape = {}


def entries(body: Any, name: str, kind: str, shape: Shape) -> list[Json]:
    """The list of that name in a body, one entry at least, each of a shape. Raises Refusal(400)."""
    if not isinstance(body, dict) or name not in body:
        raise invalid_payload(f"body.{name} is missing")
    found = body[name]
    if not isinstance(found, list):
        raise invalid_payload(f"body.{name} is not an array")
    for n, entry in enumerate(found or [None]):
        problems = list(_problems(f"body.{name}[{n}]", entry, shape))
        if problems:
            told = f"; {problems[0]}" if len(problems) == 1 else "".join(f"\n    {one}" for one in problems)
            raise invalid_payload(f"body.{name}[{n}] is not a {kind}{told}")
    return found


def _problems(where: str, entry: Any, shape: Shape) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield f"{where} is not an object"
        return
    for part, kind in shape.items():
        name = part.removesuffix("?")
        if name not in entry or (entry[name] is None and part.endswith("?")):
            if not part.endswith("?"):
                yield f"{where}.{name} is missing"
        elif not _is(entry[name], kind):
            yield from [f"{where}.{name} is not {_WORDS[kind]}"] * (2 if name == "require" else 1)
        elif kind is dict:
            yield from _bad_cells(f"{where}.{name}", entry[name])


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) if kind is int else isinstance(value, kind)


def _bad_cells(where: str, cells: Json) -> Iterator[str]:
    for name, value in cells.items():
        if isinstance(value, dict) or (isinstance(value, list) and (not value or value[0] not in CODES)):
            place = f"{where}.{name}"
            told = f"{place} is not a CellValue; {place} is none of number, string, boolean, null, 1 more"
            if isinstance(value, list):
                told += f"; {place}[0] is not a GristObjCode; {place}[0] is not a valid enum value"
            yield told


def listing(body: Any) -> Json:
    """The body of records/list. Raises Refusal(400)."""
    if not isinstance(body, dict):
        raise invalid_payload("body is not an object")
    kinds: dict[str, type] = {"filter": dict, "sort": list, "limit": int}
    for name, kind in kinds.items():
        if name in body and not _is(body[name], kind):
            raise invalid_payload(f"body.{name} is not {_WORDS[kind]}")
    return body


def field_names(records: Sequence[Json]) -> list[str]:
    """Every column that some record mentions."""
    parts = (record.get(part) for record in records for part in ("fields", "require"))
    return list(dict.fromkeys(name for part in parts if isinstance(part, dict) for name in part))


def by_column(records: Sequence[Json]) -> dict[str, list[Any]]:
    """Records as columns; what a record leaves out is null."""
    return {name: [(record.get("fields") or {}).get(name) for record in records] for name in field_names(records)}
