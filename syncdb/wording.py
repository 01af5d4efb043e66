"""How numbers and lists are said in messages."""

from collections.abc import Collection
from itertools import islice
from os.path import commonprefix


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its thing: `1 order`, `12,345 orders`; `many` where that is not made with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def stopped(why: str) -> str:
    """That something stopped and why, which may begin with that word itself."""
    return why if why.startswith("Stopped ") else f"Stopped: {why}"


def apart(before: str, after: str, most: int = 60) -> tuple[str, str]:
    """Two texts, cut so that what differs is seen."""
    start = len(commonprefix([before, after]))
    begin = 0 if max(len(before), len(after)) <= most else max(0, start - most // 3)
    return _cut(before, begin, most), _cut(after, begin, most)


def _cut(text: str, begin: int, most: int) -> str:
    part = ("..." if begin else "") + text[begin:]
    return part if len(part) <= most else f"{part[: most - 3]}..."


def some_of(names: Collection[str], most: int) -> str:
    """The first of some names, and how many more there are: `#1001, #1002 and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(islice(names, most)) + more
