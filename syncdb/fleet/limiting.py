"""Requests of many runs under the limits that they share: each is counted in the fleet's database before it is sent.

A run that cannot ask there waits until what others may just have sent counts no more, and goes on with its share: what is left
to each if every run that may be under way did the same.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from syncdb.clock import Clock
from syncdb.errors import SyncdbError
from syncdb.fleet import schema
from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import ALIVE, Row
from syncdb.fleet.database import VARIABLE as URL
from syncdb.fleet.layout import Bucket
from syncdb.fleet.share import Asked, Share
from syncdb.http import Limit
from syncdb.systems.sharing import VARIABLE

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger("syncdb.fleet")
BUCKETS = "SYNCDB_FLEET_BUCKETS"
PATIENCE = 10.0  # seconds in which the database must have answered
AGAIN = 10.0  # seconds after which one that was away is asked again
WORTH_TELLING = 5.0  # seconds
T = TypeVar("T")


def environment(url: str, buckets: Sequence[Bucket]) -> dict[str, str]:
    """What a run must find in its environment to count its requests under these buckets; nothing where they count none."""
    counting = [asdict(bucket) for bucket in buckets if bucket.system]
    return {VARIABLE: f"{__name__}:opened", URL: url, BUCKETS: json.dumps(counting)} if counting else {}


def opened(system: str, env: Mapping[str, str], clock: Clock) -> "FleetLimits | None":
    """What counts a run's requests to a system; None where no bucket does."""
    buckets = [Bucket(**one) for one in json.loads(env[BUCKETS]) if one["system"] == system]
    return FleetLimits(env[URL], buckets, clock) if buckets else None


@dataclass(slots=True)
class FleetLimits:
    """Counts requests in the fleet's database. See syncdb.http.SharedLimits."""

    url: str
    buckets: Sequence[Bucket]
    clock: Clock
    _session: "psycopg.Connection[Row] | None" = None
    _share: Share | None = None
    _again: float = 0.0

    def wait(self, limits: Sequence[Limit]) -> None:
        """Wait until one more request fits under these limits in every bucket, and count it."""
        asked = [Asked(bucket, _of(bucket, limit)) for bucket in self.buckets for limit in limits]
        while (pause := self._pause(asked)) > 0:
            if pause > WORTH_TELLING:
                log.info("waiting %.0f s for requests that are shared with other shops", pause)
            self.clock.sleep(pause)

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _pause(self, asked: Sequence[Asked]) -> float:
        """0 where the request was counted, else after how many seconds to ask again."""
        import psycopg

        now = self.clock.monotonic()
        if self._share is None or now >= self._again:
            try:
                pause = _within(PATIENCE, lambda: self._taken(asked, now))
            except (psycopg.Error, SyncdbError, TimeoutError) as away:
                self._session, self._again = None, now + AGAIN
                self._share = self._share or Share(now)
                log.warning("the fleet's database does not answer: %s", str(away).partition("\n")[0])
            else:
                self._share = None
                return pause
        return min(self._share.pause(asked, now), AGAIN)

    def _taken(self, asked: Sequence[Asked], now: float) -> float:
        import psycopg
        from psycopg.rows import dict_row

        if self._session is None or self._session.closed:
            self._session = psycopg.connect(
                self.url,
                autocommit=True,
                row_factory=dict_row,
                application_name="syncdb requests",
                **ALIVE,  # type: ignore[arg-type]
            )
        book = FleetBook(self._session)
        for bucket, kind, at in self._share.sent() if self._share else ():
            book.rows(schema.SENT, bucket=bucket, kind=kind, ago=now - at)
        found = book.rows(
            schema.TAKE,
            buckets=[one.bucket.name for one in asked],
            kinds=[one.limit.kind for one in asked],
            most=[one.limit.most for one in asked],
            spans=[one.limit.seconds for one in asked],
        )
        return float(found[0]["pause"])


def _of(bucket: Bucket, limit: Limit) -> Limit:
    """A bucket may say how many reads and writes a minute it takes; what else a system limits stays as it is."""
    if bucket.requests is None or limit.kind not in ("read", "write"):
        return limit
    return Limit(limit.kind, bucket.requests, limit.seconds)


def _within(seconds: float, doing: Callable[[], T]) -> T:
    """What it gives. Raises TimeoutError where that takes longer: a line can hang without a word, and TCP does not notice."""
    answer: Future[T] = Future()

    def answered() -> None:
        try:
            answer.set_result(doing())
        except Exception as why:  # noqa: BLE001 - raised by `result`
            answer.set_exception(why)

    threading.Thread(target=answered, name="fleet requests", daemon=True).start()
    return answer.result(seconds)
