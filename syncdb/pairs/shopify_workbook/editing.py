"""The columns of a workbook, chosen."""

from collections.abc import Sequence
from typing import Any, cast

from syncdb.mapping.choice import Rows, default_columns
from syncdb.mapping.offered_columns import MORE, as_setting, offered_columns
from syncdb.pairs.editing import Editing, Offered, OfferedField, Wished
from syncdb.pairs.shopify_workbook.settings import WorkbookSettings

SETTING = "workbook_columns"


def _offered(settings: WorkbookSettings) -> tuple[Offered, ...]:
    rows = cast(Rows, settings.rows)
    columns = offered_columns(settings.columns or default_columns(rows), rows)
    fields = tuple(OfferedField(each.name, each.label, each.meaning, bool(each.header), each.header) for each in columns)
    return (
        Offered("", "orders", f"{settings.workbook_tab} of {settings.workbook.name}", SETTING, fields, named=True, more=MORE),
    )


def _put(settings: WorkbookSettings, now: Any, id: str, wished: Sequence[Wished]) -> Any:
    return as_setting([(one.name, one.there) for one in wished])


EDITING: Editing[WorkbookSettings] = Editing(_offered, _put)
