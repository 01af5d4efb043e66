"""What reaches over the rows of a tab, filters and tables: it goes on reaching to the last row when rows are added."""

import re

from syncdb.connectors.workbook.package import Element, Package, tag

TABLE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/table"
_AREA = re.compile(r"(\$?[A-Z]+\$?)([0-9]+):(\$?[A-Z]+\$?)([0-9]+)")


def extend(package: Package, part: str, header_row: int, before: int, after: int) -> None:
    """Filters and tables from a header row to the last of `before` rows reach to the last of `after` rows."""
    filters = package.tree(part).find(tag("autoFilter"))
    if filters is not None:
        _reach(filters, header_row, before, after)
    for table in _tables(package, part):
        if _reach(table, header_row, before, after):
            for own in table.findall(tag("autoFilter")):
                _reach(own, header_row, before, after)


def retitle_in_tables(package: Package, part: str, before: str, after: str) -> None:
    """A header within a table stands in the table's own description, too."""
    for table in _tables(package, part):
        for column in table.iter(tag("tableColumn")):
            if column.get("name") == before:
                column.set("name", after)


def _tables(package: Package, part: str) -> list[Element]:
    return [package.tree(target) for kind, _, target in package.related(part) if kind == TABLE]


def _reach(element: Element, header_row: int, before: int, after: int) -> bool:
    found = _AREA.fullmatch(element.get("ref", ""))
    if found is None or int(found[2]) != header_row + 1 or int(found[4]) != before or element.get("totalsRowCount", "0") != "0":
        return False
    element.set("ref", f"{found[1]}{found[2]}:{found[3]}{after}")
    return True
