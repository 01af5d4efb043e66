"""The columns of a sheet, chosen: its own, or those of a route."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from syncdb.mapping.choice import Rows, default_columns
from syncdb.mapping.offered_columns import MORE, as_setting, offered_columns
from syncdb.pairs.editing import Editing, Offered, OfferedField, Wished
from syncdb.pairs.shopify_sheets.settings import ROUTES, SheetsSettings

COLUMNS = "columns"


def _offered(settings: SheetsSettings) -> Iterator[Offered]:
    for one in settings.sheets:
        rows = cast(Rows, one.rows)
        columns = offered_columns(one.columns or default_columns(rows), rows)
        fields = tuple(OfferedField(each.name, each.label, each.meaning, bool(each.header), each.header) for each in columns)
        place = f"{one.target_worksheet} of {one.target_spreadsheet}"
        yield Offered(one.route, "orders", place, ROUTES if one.route else COLUMNS, fields, named=True, more=MORE)


def _put(settings: SheetsSettings, now: Any, id: str, wished: Sequence[Wished]) -> Any:
    columns = as_setting([(one.name, one.there) for one in wished])
    if not id:
        return columns
    routes = dict(now) if isinstance(now, Mapping) else {}
    return routes | {id: dict(routes.get(id) or {}) | {COLUMNS: columns}}


EDITING: Editing[SheetsSettings] = Editing(lambda settings: tuple(_offered(settings)), _put)
