"""The Sheets v4 calls on one spreadsheet, by method and path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from syncdb.sandbox.google import batch, batch_cells, batch_dimensions, batch_metadata, batch_ranges, batch_tabs, values
from syncdb.sandbox.google.a1 import span, split
from syncdb.sandbox.google.errors import Refusal, bad_field, invalid, not_found
from syncdb.sandbox.google.filters import areas_of, entries_of
from syncdb.sandbox.google.masks import cut, parse
from syncdb.sandbox.google.reading import spreadsheet_json
from syncdb.sandbox.google.spreadsheet import Spreadsheet
from syncdb.sandbox.google.wire import json_response

Json = dict[str, Any]
HANDLERS: dict[str, batch.Handler] = {
    **batch_cells.HANDLERS,
    **batch_dimensions.HANDLERS,
    **batch_tabs.HANDLERS,
    **batch_ranges.HANDLERS,
    **batch_metadata.HANDLERS,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: where to, with what, from whom."""

    book: Spreadsheet
    request: Request
    actor: str
    body: Json

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.args


def respond(book: Spreadsheet, request: Request, rest: str, actor: str) -> Response:
    """`rest` is the path after the spreadsheet's id. Raises Refusal. Writes are applied whole or not at all."""
    call = Call(book, request, actor, _body(request))
    answer = _route(call, request.method, rest)
    fields = request.args.get("fields")
    if fields and not _handles_mask(request.method, rest):
        answer = cut(answer, parse(fields))
    return json_response(answer)


def _body(request: Request) -> Json:
    if not request.get_data():
        return {}
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise bad_field("", "Invalid JSON payload received. Expected an object.")
    return body


def _handles_mask(method: str, rest: str) -> bool:
    return (method, rest) in (("GET", ""), ("POST", ":getByDataFilter"))


def _route(call: Call, method: str, rest: str) -> Json:
    if (method, rest) in _FIXED:
        return _FIXED[method, rest](call)
    if rest.startswith("/values/"):
        return _values_route(call, method, unquote(rest.removeprefix("/values/")))
    if method == "GET" and rest.startswith("/developerMetadata/"):
        number = rest.removeprefix("/developerMetadata/")
        if not number.isdigit():
            raise not_found()
        return call.book.metadata.get(int(number)).wire()
    raise Refusal(501, f"the sandbox does not implement {method} on {rest or 'a spreadsheet'}")


def _values_route(call: Call, method: str, text: str) -> Json:
    if method == "POST" and text.endswith(":append"):
        area = call.book.area(text.removesuffix(":append"))
        _option(call.query)
        return _atomic(call, lambda: values.append(call.book, area, call.body, dict(call.query), call.actor))
    if method == "POST" and text.endswith(":clear"):
        area = call.book.area(text.removesuffix(":clear"))
        return {"spreadsheetId": call.book.id, "clearedRange": values.clear(call.book, area, call.actor)}
    if method == "PUT":
        return _update(call, text)
    if method != "GET":
        raise Refusal(501, f"the sandbox does not implement {method} on values")
    return values.read(call.book, call.book.area(text), values.render_of(dict(call.query)))


def _option(options: Mapping[str, Any]) -> str:
    option = options.get("valueInputOption")
    if option not in ("RAW", "USER_ENTERED"):
        raise invalid("'valueInputOption' is required but not specified")
    return str(option)


def _update(call: Call, text: str) -> Json:
    values.rows_of(call.body)  # a body that does not fit is refused before the range is looked at (observed)
    option, area = _option(call.query), call.book.area(text)

    def write() -> Json:
        updated = values.write(call.book, area, call.body, option, call.actor)
        return updated | _echo(call, updated["updatedRange"], dict(call.query))

    return _atomic(call, write)


def _echo(call: Call, updated: str, options: Json) -> Json:
    if str(options.get("includeValuesInResponse", "")).lower() != "true":
        return {}
    render = values.render_of(options, "response")
    return {"updatedData": values.read(call.book, call.book.area(updated), render)}


def _atomic(call: Call, change: Callable[[], Json]) -> Json:
    kept = call.book.kept()
    try:
        return change()
    except BaseException:
        call.book.come_back(kept)
        raise


def _get(call: Call) -> Json:
    ranges = call.request.args.getlist("ranges")
    fields = call.query.get("fields")
    areas = [call.book.area(text) for text in ranges] if ranges else None
    grid = call.query.get("includeGridData", "false").lower() == "true"
    return spreadsheet_json(call.book, areas, parse(fields) if fields else None, grid, call.actor)


def _get_by_filter(call: Call) -> Json:
    fields = call.query.get("fields")
    filters = call.body.get("dataFilters") or []
    areas = [area for one in filters for area in areas_of(call.book, one)] if filters else None
    return spreadsheet_json(
        call.book, areas, parse(fields) if fields else None, bool(call.body.get("includeGridData")), call.actor
    )


def _batch_update(call: Call) -> Json:
    work = batch.Work(call.book, call.actor)
    kept = call.book.kept()
    replies = batch.run(work, call.body.get("requests") or [], HANDLERS)
    answer: Json = {"spreadsheetId": call.book.id, "replies": replies}
    if not call.body.get("includeSpreadsheetInResponse"):
        return answer
    try:
        ranges = call.body.get("responseRanges") or []
        areas = [call.book.area(text) for text in ranges] if ranges else None
        fields = call.query.get("fields")
        tree = parse(fields).get("updatedSpreadsheet") if fields else None
        grid = bool(call.body.get("responseIncludeGridData"))
        return answer | {"updatedSpreadsheet": spreadsheet_json(call.book, areas, tree or None, grid, call.actor)}
    except Refusal:
        call.book.come_back(kept)
        raise


def _values_batch_get(call: Call) -> Json:
    render = values.render_of(dict(call.query))
    areas = [call.book.area(text) for text in call.request.args.getlist("ranges")]
    return {"spreadsheetId": call.book.id, "valueRanges": [values.read(call.book, area, render) for area in areas]}


def _values_get_by_filter(call: Call) -> Json:
    render = values.render_of(call.body)
    matched = []
    for one in call.body.get("dataFilters") or []:
        for area in areas_of(call.book, one):
            matched.append({"valueRange": values.read(call.book, area, render), "dataFilters": [one]})
    return {"spreadsheetId": call.book.id} | ({"valueRanges": matched} if matched else {})


def _values_batch_update(call: Call) -> Json:
    option = _option(call.body)
    return _atomic(call, lambda: _write_all(call, option))


def _write_all(call: Call, option: str) -> Json:
    responses = []
    for i, one in enumerate(call.body.get("data") or []):
        try:
            area = call.book.area(one.get("range") or "")
            updated = values.write(call.book, area, one, option, call.actor)
        except Refusal as refusal:
            if "Unable to parse range" in refusal.message:
                raise
            raise Refusal(refusal.code, f"Invalid data[{i}]: {refusal.message}", refusal.status) from None
        responses.append(updated | _echo(call, updated["updatedRange"], call.body))
    return _totals(call.book.id, responses)


def _totals(number: str, responses: list[Json]) -> Json:
    total = {name: sum(one["updated" + name] for one in responses) for name in ("Rows", "Columns", "Cells")}
    sheets = len({one["updatedRange"].rpartition("!")[0] for one in responses})
    counts = {f"totalUpdated{name}": count for name, count in total.items()}
    columns = {c for one in responses for c in _columns(one["updatedRange"])}
    counts["totalUpdatedColumns"] = len(columns)
    return {"spreadsheetId": number} | counts | {"totalUpdatedSheets": sheets, "responses": responses}


def _columns(name: str) -> list[tuple[str, int]]:
    title, rest = split(name)
    area = span(0, rest)
    return [(title or "", c) for c in range(area.c0, area.c1 or 0)] if area else []


def _batch_clear(call: Call) -> Json:
    areas = [call.book.area(text) for text in call.body.get("ranges") or []]
    cleared = _atomic(call, lambda: {"clearedRanges": [values.clear(call.book, area, call.actor) for area in areas]})
    return {"spreadsheetId": call.book.id} | cleared


def _search_metadata(call: Call) -> Json:
    found: dict[int, Json] = {}
    for one in call.body.get("dataFilters") or []:
        for entry in entries_of(call.book, one):
            match = found.setdefault(entry.id, {"developerMetadata": entry.wire(), "dataFilters": []})
            match["dataFilters"].append(one)
    return {"matchedDeveloperMetadata": list(found.values())} if found else {}


_FIXED: dict[tuple[str, str], Callable[[Call], Json]] = {
    ("GET", ""): _get,
    ("POST", ":getByDataFilter"): _get_by_filter,
    ("POST", ":batchUpdate"): _batch_update,
    ("GET", "/values:batchGet"): _values_batch_get,
    ("POST", "/values:batchGetByDataFilter"): _values_get_by_filter,
    ("POST", "/values:batchUpdate"): _values_batch_update,
    ("POST", "/values:batchClear"): _batch_clear,
    ("POST", "/developerMetadata:search"): _search_metadata,
}
