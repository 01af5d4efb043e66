"""What a disk may hold after the power failed: bytes and names that nobody asked to be safe may be there or not.

Bytes are safe once their file was synced (fsync, fdatasync), names (made, moved, taken away) once their folder was. What is not
safe is lost in pieces of a sector; names are lost from the latest on, as every journalling file system writes them in order.
"""

import random
from dataclasses import dataclass, field
from typing import Literal

Loss = Literal["everything", "bytes", "names", "nothing", "by chance"]  # what of the unsafe is lost
LOSSES: tuple[Loss, ...] = ("everything", "bytes", "names", "nothing", "by chance")
SECTOR = 512


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at an offset of a file; `data` None cuts the file off there, or fills it up to there."""

    offset: int
    data: bytes | None


@dataclass(slots=True)
class File:
    """A file: the bytes that are safe, and what was written since."""

    safe: bytearray
    since: list[Written] = field(default_factory=list)

    def content(self) -> bytes:
        """As programs see it."""
        return _with(self.safe, self.since)

    def sync(self) -> None:
        self.safe, self.since = bytearray(self.content()), []

    def left(self, loss: Loss, rng: random.Random) -> bytes:
        """What is found after the power failed."""
        if loss in ("everything", "bytes"):
            return bytes(self.safe)
        if loss == "by chance":
            return _with(self.safe, [piece for one in self.since for piece in _pieces(one) if rng.random() < 0.5])
        return self.content()


def _with(content: bytearray, writes: list[Written]) -> bytes:
    made = bytearray(content)
    for one in writes:
        if one.data is None:
            del made[one.offset :]
        made.extend(bytes(max(0, one.offset - len(made))))
        if one.data is not None:
            made[one.offset : one.offset + len(one.data)] = one.data
    return bytes(made)


def _pieces(one: Written) -> list[Written]:
    """The sectors of a write: each gets to the disk or not."""
    if one.data is None:
        return [one]
    pieces, start = [], 0
    while start < len(one.data):
        end = start + SECTOR - (one.offset + start) % SECTOR
        pieces.append(Written(one.offset + start, one.data[start:end]))
        start = end
    return pieces


@dataclass(slots=True)
class Folder:
    """One folder of a disk: `names` as programs see them, `safe` as they certainly are, `since` each state of them since then."""

    names: dict[str, File] = field(default_factory=dict)
    safe: dict[str, File] = field(default_factory=dict)
    since: list[dict[str, File]] = field(default_factory=list)

    @classmethod
    def of(cls, content: dict[str, bytes]) -> "Folder":
        """A folder that has been lying there for long."""
        names = {name: File(bytearray(one)) for name, one in content.items()}
        return cls(names, dict(names))

    def make(self, name: str) -> None:
        self.names[name] = File(bytearray())
        self._named()

    def move(self, name: str, to: str) -> None:
        self.names[to] = self.names.pop(name)
        self._named()

    def take_away(self, name: str) -> None:
        del self.names[name]
        self._named()

    def sync(self) -> None:
        self.safe, self.since = dict(self.names), []

    def _named(self) -> None:
        self.since.append(dict(self.names))

    def unsafe(self) -> bool:
        """Whether anything could be lost now."""
        return bool(self.since) or any(one.since for one in self.names.values())

    def after_power_loss(self, loss: Loss, rng: random.Random) -> dict[str, bytes]:
        """The files that are found: name -> content."""
        names = self.names
        if loss in ("everything", "names"):
            names = self.safe
        elif loss == "by chance":
            names = rng.choice([self.safe, *self.since])
        return {name: one.left(loss, rng) for name, one in names.items()}
