"""What a process does that puts orders together: jobs come on its input, what became of them goes to its output."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from syncdb.connectors.shopify.bulk_join import Joined, joined
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.connectors.shopify.bulk_wire import answer_sent, job_received, receive, send


@contextmanager
def few_collections() -> Iterator[None]:
    """Parsed orders hold no cycles, but their many objects set off the search for some: a quarter of all time (measured)."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Do job after job. A defect ends the process: whoever sent the job does it, too, and meets the same defect."""
    with few_collections():
        while True:
            answer: Joined | NotInBulk
            try:
                answer = joined(job_received(*receive(source)))
            except NotInBulk as error:
                answer = error
            except EOFError:
                return
            send(target, answer_sent(answer))
