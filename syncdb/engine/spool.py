"""Operations of a plan that is too large for memory, kept in a temporary file that nobody else can open."""

import pickle
import tempfile
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import IO

from syncdb.model import Operation

IN_MEMORY = 5_000  # operations; some 25 MB of rows


class Spool(Collection[Operation]):
    """Grows by `append`, can be iterated again and again, is gone with the object.

    The file has no name on POSIX and is readable by its owner only; what is unpickled is only ever what this object wrote.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._kept: list[Operation] = []
        self._spilled = 0
        self._file: IO[bytes] | None = None

    def append(self, operation: Operation) -> None:
        if len(self._kept) < self._in_memory:
            self._kept.append(operation)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="syncdb-plan-")  # noqa: SIM115 - it lives as long as the plan
        self._file.seek(0, 2)
        pickle.dump(operation, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self._spilled += 1

    def __len__(self) -> int:
        return len(self._kept) + self._spilled

    def __iter__(self) -> Iterator[Operation]:
        yield from self._kept
        place = 0
        for _ in range(self._spilled):
            assert self._file is not None
            self._file.seek(place)
            operation: Operation = pickle.load(self._file)
            place = self._file.tell()
            yield operation

    def __contains__(self, operation: object) -> bool:
        return any(one == operation for one in self)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


class Chained(Collection[Operation]):
    """The operations of several plans as those of one."""

    def __init__(self, parts: Sequence[Collection[Operation]]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Operation]:
        return chain.from_iterable(self._parts)

    def __contains__(self, operation: object) -> bool:
        return any(operation in part for part in self._parts)
