"""Trying what a run needs of a workbook: that it can be read, that nobody has it open, and that it can be written."""

import os
from pathlib import Path

from syncdb.connectors.workbook.place import Place
from syncdb.errors import Exit, SyncdbError
from syncdb.systems.check import Check, failed, passed, refused, skipped


def check_file(path: Path) -> list[Check]:
    """The folder's rights, the file, and whether it is open. Nothing is written."""
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        told = f"{path.parent} is not there" if not path.parent.is_dir() else f"{path.parent} cannot be written"
        return [failed("workbook", "folder", told, "Make the folder, or allow this account to write there.", Exit.GUARD)]
    place = Place(path)
    try:
        seen = place.read()
        place.refuse_open()
    except SyncdbError as error:
        return [refused("workbook", "file", error)]
    if seen.content is None:
        return [skipped("workbook", "file", f"{path} is not there yet; the first run makes it")]
    return [passed("workbook", "file", f"{path} can be read and written, and nobody has it open")]
