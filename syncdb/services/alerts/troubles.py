"""Which troubles people are told of: what `status` says, less what mostly passes by itself. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syncdb.errors import Exit
from syncdb.ledger.web.alerts import Failing, Trouble
from syncdb.ledger.web.jobs import Job
from syncdb.programs import MANAGER
from syncdb.services.attention import Attention, failed_run_of
from syncdb.services.run_series import Series
from syncdb.services.status import Status
from syncdb.values import moment

IN_A_ROW = 3  # runs that ended with what the next one often makes good
AT_ONCE = (Exit.DEFECT, Exit.CONFIGURATION, Exit.GUARD)
PASSING = (Exit.PARTIAL, Exit.REMOTE)
REFUSED_AN_HOUR = 5  # webhooks
SILENT = timedelta(hours=1)
LITTLE_ROOM = 200_000_000  # bytes
OURS = ("run_failed", "open_errors", "no_run", "webhooks_refused")  # of the status, which are judged here


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look finds. `jobs` are the latest, the newest first; `free` are bytes of the ledger's disk.

    `refused` are the titles of pairs whose last run a system refused for a lasting reason; `turned_away` counts webhooks of the
    last hour by source; `failing` are ways on which messages do not arrive.
    """

    state: Status
    attention: Sequence[Attention]
    jobs: Sequence[Job] = ()
    free: int | None = None
    refused: frozenset[str] = frozenset()
    turned_away: Mapping[str, int] = field(default_factory=dict)
    failing: Sequence[Failing] = ()


def troubles(seen: Seen, firing: Iterable[str]) -> list[Trouble]:
    """All that need a person now, each key once. `firing` are the keys of those that people know of already."""
    shop = str((seen.state.shop or {}).get("domain") or "")
    found: dict[str, Trouble] = {}
    for one in (
        *_runs(seen, shop, frozenset(firing)),
        *_refused_beginnings(seen, shop),
        *(Trouble(shop, "", one.code, one.message, one.next_step) for one in seen.attention if one.code not in OURS),
        *_errors(seen, shop),
        *_webhooks(seen, shop),
        *_room(seen, shop),
        *(_not_arriving(one, shop) for one in seen.failing),
    ):
        found.setdefault(one.key, one)
    return list(found.values())


def _runs(seen: Seen, shop: str, firing: frozenset[str]) -> Iterator[Trouble]:
    """Runs that failed: for a person at once, what may pass after some in a row, and until one has gone well."""
    for series in seen.state.series:
        told = failed_run_of(series, seen.state)
        if told is None:
            continue
        one = Trouble(shop, series.name, "run_failed", told.message, told.next_step)
        code = (series.last_ended or {}).get("exit_code")
        refused = series.name.removesuffix(", orders") in seen.refused
        lasting = code in AT_ONCE or (code in PASSING and (refused or _in_a_row(series) >= IN_A_ROW))
        if lasting or (code in PASSING and one.key in firing):
            yield one


def _in_a_row(series: Series) -> int:
    """How many rounds up to the latest one ended with what mostly passes."""
    count = 0
    for one in series.rounds:
        codes = {run["exit_code"] for run in one} - {None}
        if not codes:
            continue
        if not codes.intersection(PASSING) or codes - {Exit.DONE, *PASSING}:
            break
        count += 1
    return count


def _refused_beginnings(seen: Seen, shop: str) -> Iterator[Trouble]:
    """Runs that could not even begin, which the ledger knows nothing of."""
    latest: dict[str, Job] = {}
    for job in seen.jobs:
        if job.mode != "test" and job.exit_code not in (None, Exit.BUSY, Exit.INTERRUPTED):
            latest.setdefault(job.pair, job)
    for pair, job in latest.items():
        if job.exit_code in (Exit.CONFIGURATION, Exit.DEFECT):
            message, _, remedy = job.said.partition("\nWhat to do: ")
            yield Trouble(
                shop, pair, "run_refused", message or f"A run ended with {job.exit_code}.", remedy or f"Try it: {job.command}"
            )


def _errors(seen: Seen, shop: str) -> Iterator[Trouble]:
    """Records that run after run did not bring over: what fails once often passes."""
    stay = [error for group in seen.state.errors for error in group.errors if error["times"] >= IN_A_ROW]
    if stay:
        text = f"{len(stay)} {'record was' if len(stay) == 1 else 'records were'} held back by {IN_A_ROW} runs or more."
        yield Trouble(shop, "", "open_errors", text, f"{MANAGER} errors")


def _webhooks(seen: Seen, shop: str) -> Iterator[Trouble]:
    for source, count in seen.turned_away.items():
        if count > REFUSED_AN_HOUR:
            text = f"{count} webhooks for {source} were turned away within an hour."
            yield Trouble(shop, source, "webhooks_refused", text, "docs/webhooks.md, Changing the secret.")
    for source, last in _last_heard(seen.state).items():
        missed = sum(
            int(run["counts"].get("orders_new", 0)) for run in seen.state.last_runs if moment(run["started_at"]) > last + SILENT
        )
        if missed:
            text = f"{source} sent no webhook for orders since {last:%Y-%m-%d %H:%M} UTC, though {missed} new orders came."
            yield Trouble(shop, source, "webhooks_silent", text, f"Runs find them by asking. Look: {MANAGER} webhooks status")


def _last_heard(state: Status) -> dict[str, datetime]:
    """When each source last sent a webhook about an order, of those that ever did."""
    found: dict[str, datetime] = {}
    for one in state.inbox.heard:
        if one.topic.startswith("orders/"):
            at = datetime.fromtimestamp(one.last_at / 1000, state.now.tzinfo)
            found[one.source] = max(at, found.get(one.source, at))
    return found


def _room(seen: Seen, shop: str) -> Iterator[Trouble]:
    """A disk with little room: less than the ledger would need to be copied once."""
    if seen.free is not None and seen.free < max(LITTLE_ROOM, seen.state.size):
        text = f"The disk of the ledger has {seen.free // 1_000_000:,} MB left."
        yield Trouble(shop, "", "disk", text, "Free some space before runs stop for want of it.")


def _not_arriving(one: Failing, shop: str) -> Trouble:
    text = f"Messages by {one.channel} do not arrive since {one.since:%Y-%m-%d %H:%M} UTC: {one.error}"
    return Trouble(shop, one.channel, "alerts_failing", text, f"Correct its settings and try: {MANAGER} alerts test")
