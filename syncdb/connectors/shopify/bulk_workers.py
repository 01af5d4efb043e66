"""Large results are put together by another process of this computer, while this one fetches and stores.

Putting an order together is most of the work (measured), and Python does one thing at a time in a process. It is only a faster
way: what another process does not bring is done here.
"""

import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

import syncdb.connectors.shopify.bulk_worker as bulk_worker
from syncdb.connectors.shopify.bulk_join import Joined, JoinJob, joined
from syncdb.connectors.shopify.bulk_wire import Message, answer_received, job_sent, receive, send

log = logging.getLogger("syncdb.bulk")
WORTH_IT = 5_000  # orders of a result, from which on starting processes pays
MOST = 1  # this process stores what one brings (measured); a second costs its start and memory
PIPE = 1 << 20  # bytes on their way, where the system lets that be said: fewer turns between the processes
PARTING = 5.0  # seconds for a process to end when it is told to
_AT_ONCE = 1 << 17  # bytes that another process gathers before it hands them over
_PROGRAM = f"""import sys
sys.path.insert(0, sys.argv[1])
from syncdb.loading import loaded
loaded("{bulk_worker.__name__}").serve(sys.stdin.buffer, open(sys.stdout.fileno(), "wb", {_AT_ONCE}, closefd=False))
"""
ROOT = Path(__file__).parents[3]
_ALONE: dict[str, int] = {"process_group": 0}  # not hit by Ctrl-C: what becomes of the reading is decided here
if sys.platform == "win32":
    _ALONE = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}


@dataclass(slots=True)
class Workers:
    """Puts orders together; to be closed. Processes are started when they are first needed, `count` of them if that is given."""

    count: int | None = None
    worth_it: int = WORTH_IT
    _free: "SimpleQueue[_Process]" = field(default_factory=SimpleQueue)
    _started: list["_Process"] = field(default_factory=list)

    def close(self) -> None:
        """End the processes."""
        while self._started:
            self._started.pop().end()
        self._free = SimpleQueue()

    def ready(self, orders: int) -> bool:
        """Whether there are processes to help with so many orders. They start now if that is worth it."""
        if orders < self.worth_it:
            return False
        if not self._started:
            for _ in range(_useful() if self.count is None else self.count):
                self._start()
        return bool(self._started)

    def joined(self, jobs: Iterator[JoinJob], orders: int) -> Iterator[Joined]:
        """What becomes of each job, in their order. `orders` is about how many there are. Raises NotInBulk."""
        with bulk_worker.few_collections():
            yield from self._shared_out(jobs) if self.ready(orders) else map(joined, jobs)

    def _shared_out(self, jobs: Iterator[JoinJob]) -> Iterator[Joined]:
        """The threads do nothing but send and receive: what they make would be scattered over memories of their own."""
        with ThreadPoolExecutor(len(self._started)) as threads:
            under_way = deque[tuple[JoinJob, Future[tuple[bytes, bytes]]]]()
            for job in jobs:
                under_way.append((job, threads.submit(self._carried_out, job_sent(job))))
                if len(under_way) > len(self._started):
                    yield _answer(*under_way.popleft())
            while under_way:
                yield _answer(*under_way.popleft())

    def _start(self) -> None:
        try:
            process = _Process.start()
        except OSError as error:
            log.warning("no process could be started to help to read orders (%r)", error)
        else:
            self._started.append(process)
            self._free.put(process)

    def _carried_out(self, job: Message) -> tuple[bytes, bytes]:
        """What the next process that is free makes of a job. Each thread waits for one. Raises OSError where it has ended."""
        process = self._free.get()
        try:
            return process.do(job)
        finally:
            self._free.put(process)


@dataclass(frozen=True, slots=True)
class _Process:
    """Another process of this program. It ends when its input does, so also when this one is killed."""

    popen: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls) -> "_Process":
        popen = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pipesize=PIPE,
            stderr=subprocess.DEVNULL,  # what fails there fails again here
            **_ALONE,  # type: ignore[call-overload]
        )
        return cls(popen)

    def do(self, job: Message) -> tuple[bytes, bytes]:
        assert self.popen.stdin is not None and self.popen.stdout is not None
        send(self.popen.stdin, job)
        try:
            return receive(self.popen.stdout)
        except EOFError:
            raise BrokenPipeError("its answer is not whole") from None

    def end(self) -> None:
        assert self.popen.stdin is not None and self.popen.stdout is not None
        self.popen.stdout.close()
        self.popen.kill()
        self.popen.wait(PARTING)
        try:
            self.popen.stdin.close()
        except OSError:
            log.debug("the process had ended before")


def _answer(job: JoinJob, brought: Future[tuple[bytes, bytes]]) -> Joined:
    """What a process made of a job; made here, if that one has ended. Raises NotInBulk."""
    try:
        answer = brought.result()
    except OSError as error:
        log.warning("a process that helps to read orders ended (%r): its part is done here", error)
        return joined(job)
    return answer_received(*answer)


def _useful() -> int:
    """How many processes help: none where this one has the only processor."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return MOST if processors > 1 else 0
