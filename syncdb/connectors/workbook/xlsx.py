"""A workbook: finding the tab, making it, and whose it is."""

import io
from collections.abc import Iterator

from lxml import etree

from syncdb.connectors.workbook.cell_xml import text_in
from syncdb.connectors.workbook.package import MAIN, OF_OFFICE, Element, Package, tag
from syncdb.connectors.workbook.xlsx_page import SHIFT_1904, XlsxPage

SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
MARK = "_syncdb.ledger"  # a hidden name in the workbook: which ledger keeps a tab of it
EMPTY = (
    f'<worksheet xmlns="{MAIN}" xmlns:r="{OF_OFFICE}"><sheetViews><sheetView workbookViewId="0"/></sheetViews>'
    '<sheetFormatPr defaultRowHeight="15"/><sheetData/></worksheet>'
).encode()
AFTER_NAMES = ("calcPr", "oleSize", "customWorkbookViews", "pivotCaches", "webPublishing", "fileRecoveryPr", "extLst")


def new_book(title: str) -> Package:
    """A workbook with one empty tab."""
    import xlsxwriter  # type: ignore[import-untyped]

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.add_worksheet(title)
    return Package.of(stream.getvalue(), title)


def page_of(package: Package, title: str) -> XlsxPage | None:
    """The tab of that title, whatever its case; None where there is none."""
    found = next((part for name, part in _tabs(package) if name.casefold() == title.casefold()), None)
    return None if found is None else _page(package, found)


def others(package: Package, title: str) -> Iterator[tuple[str, XlsxPage]]:
    """The tabs of other titles."""
    return ((name, _page(package, part)) for name, part in _tabs(package) if name.casefold() != title.casefold())


def add_tab(package: Package, title: str) -> XlsxPage:
    """A new tab at the end."""
    book = package.tree(package.workbook)
    sheets = book.find(tag("sheets"))
    folder = package.workbook.rpartition("/")[0]
    number = next(count for count in range(1, 10_000) if f"{folder}/worksheets/sheet{count}.xml" not in package.parts)
    part = f"{folder}/worksheets/sheet{number}.xml"
    package.add(part, EMPTY, SHEET_TYPE)
    made = etree.SubElement(sheets, tag("sheet"))
    made.set("name", title)
    made.set("sheetId", str(max((int(one.get("sheetId")) for one in sheets if one.get("sheetId")), default=0) + 1))
    made.set(f"{{{OF_OFFICE}}}id", package.relate(package.workbook, f"{OF_OFFICE}/worksheet", part))
    return _page(package, part)


def marks(package: Package) -> list[str]:
    """The ledgers that keep tabs of the workbook, one of each tab, as `LEDGER:TAB`."""
    return [one.text.strip('"') for one in _marks(package) if one.text]


def mark(package: Package, ledger: str, tab: str) -> None:
    """Note that this ledger keeps a tab, in place of any other."""
    for one in _marks(package):
        if one.text and one.text.strip('"').rpartition(":")[2].casefold() == tab.casefold():
            one.getparent().remove(one)
    book = package.tree(package.workbook)
    names = book.find(tag("definedNames"))
    if names is None:
        names = etree.Element(tag("definedNames"))
        later = [child for child in book if etree.QName(child).localname in AFTER_NAMES]
        book.insert(book.index(later[0]) if later else len(book), names)
    taken = {one.get("name") for one in names}
    made = etree.SubElement(names, tag("definedName"))
    made.set("name", next(name for count in range(1, 10_000) if (name := f"{MARK}.{count}") not in taken))
    made.set("hidden", "1")
    made.text = f'"{ledger}:{tab}"'
    names[:] = sorted(names, key=lambda one: (one.get("name", "").casefold(), one.get("localSheetId", "")))


def _marks(package: Package) -> list[Element]:
    names = package.tree(package.workbook).find(tag("definedNames"))
    return [] if names is None else [one for one in names if one.get("name", "").startswith(MARK)]


def _tabs(package: Package) -> Iterator[tuple[str, str]]:
    parts = {id: part for _, id, part in package.related(package.workbook)}
    for one in package.tree(package.workbook).find(tag("sheets")):
        part = parts.get(one.get(f"{{{OF_OFFICE}}}id"))
        if part in package.parts and "/worksheets/" in part:
            yield one.get("name"), part


def _page(package: Package, part: str) -> XlsxPage:
    settings = package.tree(package.workbook).find(tag("workbookPr"))
    late = settings is not None and settings.get("date1904") in ("1", "true")
    return XlsxPage(package, part, _shared(package), SHIFT_1904 if late else 0)


def _shared(package: Package) -> list[str]:
    kinds = {kind.rpartition("/")[2]: part for kind, _, part in package.related(package.workbook)}
    part = kinds.get("sharedStrings")
    if part not in package.parts:
        return []
    texts = [text_in(one) for one in package.tree(part) if one.tag == tag("si")]
    package.drop_unchanged(part)
    return texts
