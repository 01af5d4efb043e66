"""One of two systems, or the ledger, was put back to an older copy: that must undo nothing on the other side.

A side that has states tells by itself (`Feed.put_back`); of any side the values may tell (`returning`). A run stops then. On the
consent `OLDER_COPY` nothing counts as agreed about the fields that both sides may change, nor about those of which the owner's
first word is asked about: every difference is asked.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from syncdb.engine.guards import MOST_SHOWN, Limits, Surprise
from syncdb.engine.returning import returning, taken_over
from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger, state_keys
from syncdb.model import OnDrift, Owner, Plan, Policy, Side
from syncdb.programs import MANAGER

OLDER_COPY = "older-copy"  # the name of the consent
Policies = Mapping[str, Policy]  # by the pair's name in the ledger


def shared(policy: Policy) -> list[str]:
    """The fields that both sides may change."""
    return [name for name, rule in policy.rules.items() if rule.owner is Owner.BOTH]


def _asked_anew(policy: Policy) -> list[str]:
    """The fields whose older value must not go over what the other side got since, unasked."""
    return [*shared(policy), *(name for name, rule in policy.rules.items() if rule.asks_first)]


def brought_up(policy: Policy) -> Policy:
    """The rules of a run that brings an older copy up to date: what one side owns is its, also where edits are only reported."""
    rules = {name: replace(rule, on_drift=OnDrift.RESTORE) for name, rule in policy.rules.items()}
    return replace(policy, rules=rules)


def begin_anew(ledger: Ledger, runs: str, policies: Policies) -> None:
    """The consent was given: forget what was agreed about what is asked anew, and from where changes were told.

    `runs` is what the ledger calls the runs.
    """
    with ledger.transaction():
        _unlearn(ledger, policies)
        for side in Side:
            ledger.runs.put(state_keys.cursor(runs, side.value), None)
            ledger.runs.put(state_keys.seen(runs, side.value), None)


def forget_old_base(ledger: Ledger, policies: Policies) -> None:
    """After an older ledger was put back: it does not know what was agreed since, so that a difference is nobody's known edit."""
    old = {pair: policy for pair, policy in policies.items() if ledger.runs.get(state_keys.old_base(pair))}
    if old:
        with ledger.transaction():
            _unlearn(ledger, old)
            for pair in old:
                ledger.runs.put(state_keys.old_base(pair), False)


def _unlearn(ledger: Ledger, policies: Policies) -> None:
    for pair, policy in policies.items():
        ledger.records(pair).unlearn(_asked_anew(policy))


def older_copy(ledger: Ledger, runs: str, side: Side, put_back: Callable[[str], str]) -> str:
    """What `put_back` (as a Feed's) says of the newest states in which a side was seen, settled or not; empty if all is well."""
    names = (state_keys.cursor(runs, side.value), state_keys.seen(runs, side.value))
    known = dict.fromkeys(ledger.runs.get(name) for name in names)
    return next((why for state in known if state and (why := put_back(state))), "")


def keep_seen(ledger: Ledger, runs: str, seen: Mapping[Side, str]) -> None:
    """These are states that the sides were in."""
    names = {state_keys.seen(runs, side.value): state for side, state in seen.items()}
    if any(ledger.runs.get(name) != state for name, state in names.items()):
        with ledger.transaction():
            for name, state in names.items():
                ledger.runs.put(name, state)


def stopped(told: Iterable[str], part: bool) -> NeedsPerson:
    """Why nothing is brought over. `part`: the run looks at some fields only."""
    return NeedsPerson(
        f"{' '.join(told)} What changed since then would look like edits and be undone on the other side. Nothing was written.",
        next_step=f"{'Without --fields: if' if part else 'If'} the older copy is to stay, run once with --accept {OLDER_COPY}: "
        "nothing then counts as agreed about what both sides may change, and every difference is a conflict to decide "
        f"({MANAGER} conflicts). Otherwise put back the newer state first.",
    )


def values_return(ledger: Ledger, pair: str, policy: Policy, plan: Plan, to: Side, title: str, limits: Limits) -> Surprise | None:
    """Why it looks as if an older copy took the other side's place: most of what the plan brings `to` this side, and most of
    what changed since then, returns to what it was at one earlier time. `title` is what messages call the other side.
    """
    changes = taken_over(plan, to)
    if len(changes) <= limits.few_live:
        return None
    past = ledger.past(pair)
    found = returning(changes, past.steps({one.key for one in changes}))
    if found is None or len(found.changes) <= limits.few_live or 2 * len(found.changes) < len(changes):
        return None
    theirs = [name for name, rule in policy.rules.items() if rule.owner.value != to.value]
    if 2 * len(found.changes) < past.changed_since(found.run_id, theirs):
        return None
    told = f"{len(found.changes)} of {len(changes)} values that changed in {title} are again what they were before {found.until}"
    return Surprise(f"{told}, as if an older copy had taken its place", found.changes[:MOST_SHOWN])
