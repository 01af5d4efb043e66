"""Jobs that count as under way though nobody is at them, while their worker is alive.

A line can be cut in the very moment in which a worker takes a job, or says that it is done: the database has it, the worker does
not know. procrastinate takes over only from workers that give no sign of life; such a job would hold its shop for ever.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

# A run holds its shop by a session of its own from beginning to end, which calls itself by the shop's name.
FORLORN = """
select job.id from procrastinate_jobs job
where job.status = 'doing' and not exists (
    select 1 from pg_stat_activity session where session.datname = current_database()
      and session.application_name = left('syncdb fleet ' || (job.args ->> 'name'), 63))
"""


@dataclass(slots=True)
class Forlorn:
    """Since when each such job was seen, in seconds of a clock that never jumps."""

    since: dict[int, float] = field(default_factory=dict)

    def look(self, found: Collection[int], now: float, patience: float) -> list[int]:
        """Those that were found at every look for longer than `patience` seconds: between two of its steps a job is so, too."""
        self.since = {job: self.since.get(job, now) for job in found}
        return [job for job, first in self.since.items() if now - first > patience]
