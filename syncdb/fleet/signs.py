"""A worker's sign of life, given beside procrastinate's own: that ends for good when it failed once, and while a worker stops.

Whatever such a worker still runs would be taken over by the others.
"""

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import procrastinate
    from procrastinate.worker import Worker


async def served(app: "procrastinate.App", worker: "Worker", beat: float, patience: float) -> None:
    """Run a worker to its end, with a sign of life every `beat` seconds until its last run has ended.

    Raises procrastinate's ConnectorException, after its runs have ended, where none could be given for `patience` seconds.
    """
    beating = asyncio.create_task(_beating(app, worker, beat, patience))
    beating.add_done_callback(lambda _: worker.stop())  # type: ignore[no-untyped-call]
    try:
        await worker.run()  # type: ignore[no-untyped-call]
    finally:
        beating.cancel()
    if beating.done():
        beating.result()


async def _beating(app: "procrastinate.App", worker: "Worker", beat: float, patience: float) -> None:
    from procrastinate.exceptions import ConnectorException

    given = time.monotonic()
    while True:
        await asyncio.sleep(beat)
        if worker.worker_id is None:
            continue
        try:
            await app.job_manager.update_heartbeat(worker.worker_id)
        except ConnectorException:
            if time.monotonic() - given > patience:
                raise
        else:
            given = time.monotonic()
