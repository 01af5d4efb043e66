"""The result that is read next is fetched while the one before it is put together: by a thread, over a session of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from threading import Thread

from syncdb.connectors.shopify.bulk_file import BulkFile
from syncdb.connectors.shopify.bulk_operation import BulkResultFile
from syncdb.connectors.shopify.client import ShopifyClient

WORTH_IT = 5_000  # orders of a result from which on a thread pays
LOOK = 0.1  # seconds between two looks whether it is there


@dataclass(slots=True)
class ReadAhead:
    """Files of results, of which one may be fetched ahead; to be closed. `named` as `BulkFile` has it."""

    client: ShopifyClient
    named: Callable[[bytes], list[str]]
    _file: BulkFile | None = None
    _fetched: Future[None] = field(default_factory=Future)

    def begin(self, result: BulkResultFile | None) -> None:
        """Fetch this result from now on, if there is one that is worth it and none is being fetched."""
        if result is None or result.roots < WORTH_IT or self._file is not None:
            return
        self._file, self._fetched = BulkFile(result, self.named), Future()
        thread = Thread(target=_fetch, args=(self.client.apart(), self._file, self._fetched), name="bulk result", daemon=True)
        thread.start()

    def file(self, result: BulkResultFile) -> BulkFile:
        """The file of a result; whether it is there yet is said by `fetch`."""
        if self._file is not None and self._file.expected == result:
            return self._file
        self.close()
        return BulkFile(result, self.named)

    def fetch(self, file: BulkFile) -> Iterator[None]:
        """Bring a file to disk or wait until it is there, giving way meanwhile. Raises what `BulkFile.fetch` does."""
        if file is not self._file:
            yield from file.fetch(self.client)
            return
        self._file = None
        while not wait([self._fetched], LOOK).done:
            yield
        self._fetched.result()

    def close(self) -> None:
        """What nobody will read is fetched no further: its file is gone, which ends the thread."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _fetch(client: ShopifyClient, file: BulkFile, fetched: Future[None]) -> None:
    try:
        with closing(client):
            for _ in file.fetch(client):
                pass
    except BaseException as error:  # noqa: BLE001 - it is raised where the file is waited for
        fetched.set_exception(error)
    else:
        fetched.set_result(None)
