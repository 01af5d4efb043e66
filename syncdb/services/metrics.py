"""How things stand as gauges in Prometheus' text format: numbers and names of pairs, nothing of a customer or an order. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncdb.services.attention import Attention
from syncdb.services.status import Status
from syncdb.values import moment

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure, with its values by pair; without a pair under the empty name."""

    name: str
    about: str
    values: tuple[tuple[str, float], ...]


def as_text(gauges: Sequence[Gauge]) -> str:
    """What a scraper reads; a figure that has no value now is left out."""
    lines: list[str] = []
    for one in gauges:
        if one.values:
            lines += [f"# HELP syncdb_{one.name} {one.about}", f"# TYPE syncdb_{one.name} gauge"]
            lines += [f"syncdb_{one.name}{_label(pair)} {value:.0f}" for pair, value in one.values]
    return "\n".join(lines) + "\n"


def gauges(state: Status, found: Sequence[Attention], live_jobs: int) -> Iterator[Gauge]:
    """The figures of a status, with how many jobs are under way."""
    yield _one("ready", "1 if nothing needs a person, else 0", float(not found))
    yield _one("attention", "Things that need a person", len(found))
    ended = [(one.name, one.last_ended) for one in state.series if one.last_ended is not None]
    when = tuple((name, moment(run["ended_at"]).timestamp()) for name, run in ended)
    yield Gauge("last_run_ended_timestamp_seconds", "When the last run that ended did so", when)
    codes = tuple((name, float(run["exit_code"])) for name, run in ended)
    yield Gauge("last_run_exit_code", "With which exit code it ended", codes)
    covered = (("", moment(state.mark["at"]).timestamp()),) if state.mark else ()
    yield Gauge("orders_complete_until_timestamp_seconds", "Up to when orders are complete", covered)
    yield _one("orders", "Orders in the ledger", state.counts.orders)
    yield _one("open_errors", "Open errors", sum(len(group.errors) for group in state.errors))
    yield _one("unfinished_writes", "Writes without a known outcome", len(state.writes))
    yield _one("undecided_conflicts", "Conflicts that wait for a person", state.counts.undecided)
    missing = sum(gap.count for gap in state.open_gaps)
    yield _one("missing_order_numbers", "Order numbers that are missing without an explanation", missing)
    yield _one("ledger_bytes", "Size of the ledger", state.size)
    waiting = sum(count for _, count in state.inbox.waiting)
    yield _one("events_waiting", "Things named by webhooks that no run has looked at yet", waiting)
    yield _one("events_refused", "Webhooks turned away so far", sum(one.times for one in state.inbox.refused))
    yield _one("jobs_live", "Runs under way that report themselves", live_jobs)


def _one(name: str, about: str, value: float) -> Gauge:
    return Gauge(name, about, (("", float(value)),))


def _label(pair: str) -> str:
    escaped = pair.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{pair="{escaped}"}}' if pair else ""
