"""The columns of a sheet, chosen: its own, or those of a route."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from syncdb.mapping.choice import Rows, default_columns
from syncdb.mapping.offered_columns import MORE, as_setting, offered_columns
from syncdb.mapping.plain_rows import PLAIN, offered_plain, usual_header
from syncdb.pairs.editing import Editing, Offered, OfferedField, Wished
from syncdb.pairs.shopify_sheets.settings import ROUTES, SheetsSettings

COLUMNS = "columns"
METAFIELD = "metafields.NAMESPACE.KEY"


def _offered(settings: SheetsSettings) -> Iterator[Offered]:
    for one in settings.sheets:
        if one.rows in PLAIN:
            yield _plain_offered(one)
            continue
        rows = cast(Rows, one.rows)
        columns = offered_columns(one.columns or default_columns(rows), rows)
        fields = tuple(OfferedField(each.name, each.label, each.meaning, bool(each.header), each.header) for each in columns)
        place = f"{one.target_worksheet} of {one.target_spreadsheet}"
        yield Offered(one.route, "orders", place, ROUTES if one.route else COLUMNS, fields, named=True, more=MORE)


def _plain_offered(one: SheetsSettings) -> Offered:
    columns = offered_plain(one.rows, one.columns)
    fields = tuple(OfferedField(each.name, each.label, each.meaning, bool(header), header) for each, header in columns)
    place, entity = f"{one.target_worksheet} of {one.target_spreadsheet}", PLAIN[one.rows].entity
    return Offered(one.route, entity.name, place, ROUTES, fields, named=True, more=METAFIELD if entity.metafields else "")


def _put(settings: SheetsSettings, now: Any, id: str, wished: Sequence[Wished]) -> Any:
    columns = as_setting([(one.name, _asked(settings, id, one)) for one in wished])
    if not id:
        return columns
    routes = dict(now) if isinstance(now, Mapping) else {}
    return routes | {id: dict(routes.get(id) or {}) | {COLUMNS: columns}}


def _asked(settings: SheetsSettings, id: str, wished: Wished) -> str:
    """The header that was asked for; none where it is the usual one of such rows."""
    rows = next(one.rows for one in settings.sheets if one.route == id)
    return "" if rows in PLAIN and wished.there == usual_header(rows, wished.name) else wished.there


EDITING: Editing[SheetsSettings] = Editing(lambda settings: tuple(_offered(settings)), _put)
