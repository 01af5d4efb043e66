"""Which jobs ended without a word: only those that show no life, have no process, and do not hold the ledger."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncdb.ledger.web.jobs import Job
from syncdb.services.orphans import orphans
from syncdb.values import iso

NOW = datetime(2026, 11, 29, 7, 0, tzinfo=UTC)


def job(number: int, silent: float, pid: int | None = 10) -> Job:
    """A job that last gave a sign of life so many seconds ago."""
    at = iso(NOW - timedelta(seconds=silent))
    return Job(number, "p", "sync", "", "web", "", at, at, at, None, None, "", pid, (), None, "", ())


@pytest.mark.parametrize(
    ("silent", "process", "held"), list(itertools.product([5, 61], [True, False, None], [True, False, None]))
)
def test_all_signs_must_be_missing(silent: float, process: bool | None, held: bool | None) -> None:
    found = orphans([job(1, silent)], lambda pid: process, held, NOW)
    assert bool(found) == (silent > 60 and not process and held is False)


def test_one_that_lives_accounts_for_the_hold() -> None:
    old, other = job(1, 300, pid=11), job(2, 1, pid=12)
    assert orphans([old, other], lambda pid: pid == 12, True, NOW) == [old]


def test_one_that_never_had_a_process_is_lost_after_a_while() -> None:
    never = replace(job(1, 300, pid=None), started_at=None, beat_at=None)
    assert orphans([never], lambda pid: True, False, NOW) == [never]


def test_a_number_that_another_program_got_keeps_no_job_alive_for_ever() -> None:
    assert orphans([job(1, 23 * 3600)], lambda pid: True, False, NOW) == []
    assert len(orphans([job(1, 25 * 3600)], lambda pid: True, False, NOW)) == 1
