"""A worker's own sign of life, looked at by itself: procrastinate gives none any more after it failed once, and goes on working.

Every run that such a worker begins would be taken over by the others.
"""

import asyncio
from typing import TYPE_CHECKING

from syncdb.errors import RetryLater

if TYPE_CHECKING:
    import procrastinate
    from procrastinate.worker import Worker

HEARD = """
select count(*) as heard from procrastinate_workers
where id = %(worker)s and last_heartbeat > now() - make_interval(secs => %(seconds)s)
"""


async def served(app: "procrastinate.App", worker: "Worker", seconds: float) -> None:
    """Run a worker to its end. Raises RetryLater, after its runs have ended, where it gave no sign of life for so long."""
    looking = asyncio.create_task(_looked(app, worker, seconds))
    looking.add_done_callback(lambda _: worker.stop())  # type: ignore[no-untyped-call]
    try:
        await worker.run()  # type: ignore[no-untyped-call]
    finally:
        looking.cancel()
    if looking.done():
        looking.result()


async def _looked(app: "procrastinate.App", worker: "Worker", seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds / 2)
        if worker.worker_id is None:
            continue
        found = await app.connector.execute_query_one_async(HEARD, worker=worker.worker_id, seconds=seconds)
        if not found["heard"]:
            raise RetryLater("This worker's sign of life does not arrive; it begins anew.", next_step="It does so by itself.")
