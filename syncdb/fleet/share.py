"""What a run may send while it cannot ask how much others send. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from syncdb.fleet.layout import Bucket
from syncdb.http import Limit


@dataclass(frozen=True, slots=True)
class Asked:
    """One more request under a limit of a bucket."""

    bucket: Bucket
    limit: Limit

    @property
    def key(self) -> tuple[str, str]:
        return self.bucket.name, self.limit.kind


@dataclass(slots=True)
class Share:
    """Its part of each limit, from `since` on, in seconds of a clock that never jumps.

    Before that others may have sent as much as a limit takes, so nothing is sent until that counts no more.
    """

    since: float
    _sent: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def pause(self, asked: Sequence[Asked], now: float) -> float:
        """0 where the request fits, which then counts as sent; else how many seconds to wait."""
        pause = max(self._wait(one, now) for one in asked)
        if pause <= 0:
            for one in asked:
                self._sent.setdefault(one.key, []).append(now)
        return max(0.0, pause)

    def sent(self) -> Iterator[tuple[str, str, float]]:
        """Each request that was sent meanwhile: bucket, kind, when."""
        for (bucket, kind), times in self._sent.items():
            yield from ((bucket, kind, at) for at in times)

    def _wait(self, asked: Asked, now: float) -> float:
        most, seconds = _part(asked.limit, asked.bucket.runs)
        times = [at for at in self._sent.get(asked.key, ()) if now - at < seconds]
        quiet = self.since + asked.limit.seconds - now
        return max(quiet, times[-most] + seconds - now if len(times) >= most else 0.0)


def _part(limit: Limit, runs: int) -> tuple[int, float]:
    """The share of one of so many runs: a part of the requests, or one in a longer time where there are fewer than runs."""
    most = limit.most // runs
    return (most, limit.seconds) if most else (1, limit.seconds * runs / limit.most)
