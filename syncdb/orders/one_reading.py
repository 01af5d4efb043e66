"""The shop is read once for all the places that its orders go to in one process."""

from collections.abc import Callable
from dataclasses import dataclass

from syncdb.engine.report import Report
from syncdb.errors import SyncdbError


@dataclass(slots=True)
class OneReading:
    """What came of reading the shop, for the runs that follow the first: they do not ask again, and fail as it did."""

    done: bool = False
    partial: bool = False
    failure: SyncdbError | None = None

    def once(self, report: Report, read: Callable[[], None]) -> None:
        """Read unless it was done already. Raises what reading raised, also to those that come later."""
        if self.failure is not None:
            raise self.failure
        if not self.done:
            try:
                read()
            except SyncdbError as failure:
                self.failure = failure
                raise
            self.done, self.partial = True, report.partial
        report.partial = report.partial or self.partial
