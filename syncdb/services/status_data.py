"""How things stand, as data for scripts."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from syncdb.orders.number_gaps import Reason
from syncdb.services.attention import Attention
from syncdb.services.gap_data import with_reason
from syncdb.services.run_schedule import cut_off
from syncdb.services.status import Status, calls_used, counting
from syncdb.systems.shopify.versions import days_left, end_of_support
from syncdb.values import iso


def as_data(state: Status, found: Sequence[Attention]) -> dict[str, Any]:
    """The status for scripts; the names are documented in docs/manager.md."""
    run = state.last_run
    end = end_of_support(state.version) if state.version else None
    return {
        "fine": not found,
        "attention": [asdict(one) for one in found],
        "ledger": {
            "path": str(state.place.ledger),
            "bytes": state.size,
            "checked_at": state.checked_at,
            "schema": list(state.schema),
        },
        "shop": {key: state.shop.get(key) for key in ("domain", "name", "zone", "currency")} if state.shop else None,
        "last_run": run,
        "run_under_way": bool(run and run["ended_at"] is None and not cut_off(run, state.now, state.held)),
        "last_run_of_each_pair": list(state.pairs),
        "next_run_expected_at": iso(state.rhythm.next_at) if state.rhythm else None,
        "usual_interval_seconds": int(state.rhythm.interval.total_seconds()) if state.rhythm else None,
        "orders": asdict(state.counts),
        "kept_in_step": dict(state.kept),
        **{f"{one.name}_calls": _calls_as_data(state, one.name) for one in counting()},
        "watermark": {"at": state.mark["at"], "covered_since": state.mark["covered_since"]} if state.mark else None,
        "open_errors": sum(len(group.errors) for group in state.errors),
        "unfinished_writes": list(state.writes),
        "gaps": [with_reason(gap) for gap in state.gaps if gap.reason is not Reason.NOT_READ],
        "api_version": {
            "version": state.version,
            "ends_at": iso(end) if end else None,
            "days_left": days_left(state.version, state.now) if state.version else None,
        },
        "webhooks": {
            "heard": sum(one.times for one in state.inbox.heard),
            "waiting": dict(state.inbox.waiting),
            "turned_away": sum(one.times for one in state.inbox.refused),
        },
        "login": {"kind": state.place.login, "file": str(state.place.login_file) if state.place.login_file else None},
    }


def _calls_as_data(state: Status, system: str) -> dict[str, Any] | None:
    if system not in state.calls:
        return None
    return {
        "month": f"{state.now:%Y-%m}",
        "used": calls_used(state, system),
        "limit": state.place.most_calls.get(system),
    }
