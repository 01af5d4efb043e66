"""A workbook as the package of parts that it is: only parts that were changed are written anew, all others stay byte by byte.

So charts, pictures, pivot tables and macros that people put into it are not even looked at.
"""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from syncdb.errors import NeedsPerson

MOST_UNPACKED = 2_000_000_000
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OF_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
Element = Any


def tag(name: str) -> str:
    """The full name of an element of spreadsheets."""
    return f"{{{MAIN}}}{name}"


def parsed(content: bytes) -> Element:
    """The tree of a part. Nothing outside it is looked up, and nothing in it expands."""
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


@dataclass(slots=True)
class Package:
    """The parts by name. A part that was parsed is written from its tree."""

    parts: dict[str, bytes]
    _trees: dict[str, Element] = field(default_factory=dict)

    @classmethod
    def of(cls, content: bytes, name: str) -> "Package":
        """Raises NeedsPerson for what is no workbook, or is closed by a password."""
        if content[:4] == b"\xd0\xcf\x11\xe0":
            raise NeedsPerson(
                f"{name} has a password, or is a workbook of before 2007. Nothing was written.",
                next_step="Save it without a password as an Excel workbook (.xlsx), or name another file.",
            )
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if sum(one.file_size for one in archive.infolist()) > MOST_UNPACKED:
                    raise NeedsPerson(f"{name} is far too large. Nothing was written.", next_step="Name another file.")
                found = cls({one.filename: archive.read(one) for one in archive.infolist()})
            if found.tree(found.workbook).tag != tag("workbook"):
                raise KeyError(found.workbook)
        except (zipfile.BadZipFile, KeyError, StopIteration, etree.XMLSyntaxError, NotImplementedError, EOFError) as why:
            raise NeedsPerson(
                f"{name} is no workbook that can be read ({type(why).__name__}). Nothing was written.",
                next_step="Open it in Excel and save it as an Excel workbook (.xlsx), or put the version before it back "
                "(its name ends with .previous.xlsx).",
            ) from why
        return found

    def tree(self, part: str) -> Element:
        """The tree of a part, to be changed in place."""
        if part not in self._trees:
            self._trees[part] = parsed(self.parts[part])
        return self._trees[part]

    def drop_unchanged(self, part: str) -> None:
        """Keep a part as its bytes though it was looked at."""
        self._trees.pop(part, None)

    @property
    def workbook(self) -> str:
        """The part that lists the tabs. Raises KeyError or StopIteration where there is none."""
        return next(target for kind, _, target in self.related("") if kind == f"{OF_OFFICE}/officeDocument")

    def related(self, part: str) -> Iterator[tuple[str, str, str]]:
        """What a part refers to: the kind, the id, and the part. Nothing outside the package."""
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{name}.rels")
        if listed not in self.parts:
            return
        for one in parsed(self.parts[listed]):
            if one.get("TargetMode") != "External":
                target = one.get("Target", "")
                place = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                yield one.get("Type", ""), one.get("Id", ""), place

    def relate(self, part: str, kind: str, target: str) -> str:
        """Have a part refer to another; the id of that."""
        folder, name = posixpath.split(part)
        listed = self.tree(posixpath.join(folder, "_rels", f"{name}.rels"))
        taken = {one.get("Id") for one in listed}
        number = next(f"rId{count}" for count in range(1, len(taken) + 2) if f"rId{count}" not in taken)
        link = etree.SubElement(listed, f"{{{RELATIONS}}}Relationship")
        link.set("Id", number)
        link.set("Type", kind)
        link.set("Target", posixpath.relpath(target, folder))
        return number

    def add(self, part: str, content: bytes, content_type: str) -> None:
        """A new part."""
        self.parts[part] = content
        types = self.tree("[Content_Types].xml")
        made = etree.SubElement(types, types.tag.replace("Types", "Override"))
        made.set("PartName", f"/{part}")
        made.set("ContentType", content_type)

    def packed(self) -> bytes:
        """The file."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.parts.items():
                tree = self._trees.get(name)
                written = (
                    content if tree is None else etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
                )
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), written, zipfile.ZIP_DEFLATED)
        return stream.getvalue()


def _text_of(tree: Element) -> bytes:
    written: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written
