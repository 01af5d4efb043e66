"""How cells look: the few looks that columns of ours need, found among those of the workbook or added at the end."""

from copy import deepcopy

from lxml import etree

from syncdb.connectors.workbook.package import Element, Package, tag
from syncdb.values import Kind

# number formats that every workbook has (ECMA-376, part 1, 18.8.30)
BUILT_IN = {Kind.MOMENT: 22, Kind.DATE: 14, Kind.MONEY: 4, Kind.TEXT: 49, Kind.IDENTIFIER: 49}
STYLES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"


def style_for(package: Package, kind: Kind) -> int:
    """The number of the look for a field of this kind; 0 is the usual one."""
    wanted = BUILT_IN.get(kind)
    return 0 if wanted is None else _found_or_made(package, wanted, "0")


def header_style(package: Package) -> int:
    """The number of the look of a header: bold."""
    styles = _styles(package)
    if styles is None:
        return 0
    fonts = styles.find(tag("fonts"))
    bold = deepcopy(fonts[0])
    if bold.find(tag("b")) is None:
        bold.insert(0, etree.Element(tag("b")))
    same = [number for number, font in enumerate(fonts) if etree.tostring(font) == etree.tostring(bold)]
    if not same:
        fonts.append(bold)
        fonts.set("count", str(len(fonts)))
    return _found_or_made(package, 0, str(same[0] if same else len(fonts) - 1))


def _styles(package: Package) -> Element | None:
    part = next((target for kind, _, target in package.related(package.workbook) if kind == STYLES), None)
    return None if part is None else package.tree(part)


def _found_or_made(package: Package, number_format: int, font: str) -> int:
    styles = _styles(package)
    if styles is None:
        return 0
    looks = styles.find(tag("cellXfs"))
    wanted = {"numFmtId": str(number_format), "fontId": font, "fillId": "0", "borderId": "0", "xfId": "0"}
    plain = wanted | {"applyNumberFormat": "1"} | ({"applyFont": "1"} if font != "0" else {})
    for number, look in enumerate(looks):
        if dict(look.attrib) == plain and len(look) == 0:
            return number
    made = etree.SubElement(looks, tag("xf"))
    for name, value in plain.items():
        made.set(name, value)
    looks.set("count", str(len(looks)))
    return len(looks) - 1
