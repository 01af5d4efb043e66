"""Bulk operations side by side, one for each span of a window, and their results in the order of time.

Orders that are edited meanwhile leave their span for the last one, which is open to the future; if that one was evaluated before,
they are in no result. They are not lost: they changed after the run began, and a run's watermark never passes its beginning, so
the next run reads them. Nor are they lost to a run that is cut short: how far it got is told by times of change that its results
show, in their order. A time after such an edit is shown only by a span that was evaluated after it, and that span is the last and
shows the order itself; what searches show late is covered by the overlap that is kept from every such mark.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from syncdb.connectors.shopify.bulk_operation import BulkResultFile, Operations
from syncdb.connectors.shopify.bulk_spans import ChangeSpan, split
from syncdb.connectors.shopify.bulk_trouble import NoPlace, NotInBulk

AT_ONCE = 4  # of the five that an app may have in a shop since 2026-01 (observed): one is left to its other uses
AHEAD = 8  # spans that are submitted and not yet read: the older a result, the more of its orders were edited since
TRIES = 2  # operations for a span
FIRST_WAIT, GROWTH, LONGEST_WAIT = 0.25, 1.4, 10.0  # seconds between two looks
STALLED = 900.0  # seconds without a new object in any operation after which all that run are given up
BUSY_WAITS = (2.0, 5.0, 15.0, 30.0)  # seconds, while operations of others take all places


@dataclass(slots=True, eq=False)
class Task:
    """A span and its operation. `failure` says why no operation will bring it."""

    span: ChangeSpan
    tries: int = TRIES
    gid: str | None = None
    result: BulkResultFile | None = None
    failure: NotInBulk | OSError | None = None

    @property
    def ended(self) -> bool:
        return self.result is not None or self.failure is not None

    @property
    def running(self) -> bool:
        return self.gid is not None and not self.ended

    @property
    def waiting(self) -> bool:
        return self.gid is None and not self.ended


@dataclass(slots=True)
class BulkOperations:
    """The tasks of a window, oldest changes first; to be closed. Whoever reads takes the first away when it has been read."""

    operations: Operations
    query: Callable[[ChangeSpan], str]
    tasks: list[Task]
    _full: bool = False
    _seen: Sequence[tuple[str | None, str]] = ()
    _moved: float = 0.0

    @property
    def next_result(self) -> BulkResultFile | None:
        """The result behind the first, if that has ended well as far as is known."""
        return self.tasks[1].result if len(self.tasks) > 1 else None

    def begin(self) -> None:
        """Submit what may run at once, without waiting for it."""
        self._submit_ahead()

    def waited(self) -> Iterator[None]:
        """Until the first task has ended, well or not; gives way between two looks."""
        clock = self.operations.client.clock
        wait, busy = FIRST_WAIT, iter(BUSY_WAITS)
        while not self.tasks[0].ended:
            refused = self._submit_ahead()
            if self._running():
                self._look()
                if self.tasks[0].ended or (self.tasks[0].waiting and self._free()):
                    continue
                pause = wait
                wait = min(LONGEST_WAIT, wait * GROWTH)
            elif refused is None:
                continue
            elif (longer := next(busy, None)) is None:
                self.tasks[0].failure = refused
                return
            else:
                pause = longer
            yield
            clock.sleep(pause)
        self._submit_ahead()  # Shopify shall go on working while this one is read

    def failed(self, task: Task, why: NotInBulk | OSError) -> None:
        """A task's operation did not bring it: that span alone is submitted once more if that may help, in halves if it was too
        large; or its `failure` stays.
        """
        task.tries, task.gid, task.result = task.tries - 1, None, None
        if not isinstance(why, NotInBulk) or not why.again or not task.tries:
            task.failure = why
        elif why.halve and task.span.middle is not None:
            at = self.tasks.index(task)
            self.tasks[at : at + 1] = [Task(part, task.tries) for part in self._halves(task.span)]

    def give_up(self) -> Task:
        """No more operations: what has not been read yet becomes one task, which has failed as the first has."""
        self.close()
        first, last = self.tasks[0], self.tasks[-1]
        self.tasks[:] = [Task(first.span.joined(last.span), failure=first.failure)]
        return self.tasks[0]

    def close(self) -> None:
        """Cancel what runs and nobody will fetch, so that it holds no place. It is a courtesy: that it fails changes nothing."""
        if running := self._running():
            with suppress(NotInBulk):
                self.operations.cancel(_gids(running))

    def _running(self) -> list[Task]:
        return [task for task in self.tasks if task.running]

    def _free(self) -> bool:
        """Whether a place may be free. Refused while operations of ours run, a span waits for one of them to end: older versions
        have one place.
        """
        running = len(self._running())
        return running < AT_ONCE and not (running and self._full)

    def _submit_ahead(self) -> NoPlace | None:
        """Take the free places, oldest span first; the refusal where there is none."""
        for task in self.tasks[:AHEAD]:
            if task.waiting and self._free():
                try:
                    task.gid = self.operations.submit(self.query(task.span))
                except NoPlace as why:
                    self._full = True
                    return why
                except NotInBulk as why:
                    task.failure = why
                self._moved = self.operations.client.clock.monotonic()
        return None

    def _look(self) -> None:
        running, clock = self._running(), self.operations.client.clock
        try:
            states = self.operations.look(_gids(running))
        except NotInBulk as why:
            self._abandon(running[:1], why)
            return
        seen = [(task.gid, state.headway) for task, state in zip(running, states, strict=True)]
        for task, state in zip(running, states, strict=True):
            task.result = state.result
            if state.failure is not None:
                self.failed(task, state.failure)
            self._full = self._full and task.running
        if seen != self._seen:
            self._seen, self._moved = seen, clock.monotonic()
        elif clock.monotonic() - self._moved > STALLED:
            self._abandon(running, NotInBulk("the operation makes no headway"))

    def _abandon(self, tasks: Sequence[Task], why: NotInBulk) -> None:
        with suppress(NotInBulk):
            self.operations.cancel(_gids(tasks))
        for task in tasks:
            task.failure = why

    def _halves(self, span: ChangeSpan) -> list[ChangeSpan]:
        assert span.middle is not None
        try:
            return split(span, [span.middle], lambda part: self.operations.count(part.search))
        except NotInBulk:
            return [span]


def _gids(tasks: Sequence[Task]) -> list[str]:
    return [str(task.gid) for task in tasks]
