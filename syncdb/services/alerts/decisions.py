"""Of which trouble people are told now: when it begins, more and more rarely while it lasts, and once when it is over. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from syncdb.ledger.web.alerts import Changes, Firing, Kept, Message, Silence, Trouble
from syncdb.values import iso

# after how long people are reminded, counted from when they were told; then no more
REMINDERS = tuple(timedelta(hours=hours) for hours in (1, 4, 24, 48, 72, 96, 120))
MOST_SUBJECT = 120


def decide(found: Sequence[Trouble], kept: Kept, now: datetime, link: str | None, *, whole: bool = True) -> Changes:
    """What is kept and sent from now on, where `found` is all that needs a person.

    Where not everything could be looked at (`whole` is False), nothing is over.
    """
    seen: list[Firing] = []
    messages: list[Message] = []
    for trouble in found:
        before = kept.firing.get(trouble.key)
        one = replace(before, trouble=trouble, last_at=now) if before else Firing(trouble, now, now, None, 0)
        one, message = _told(one, kept.silences, now, link)
        seen.append(one)
        messages += [message] if message else []
    present = {one.key for one in found}
    over = [one for key, one in kept.firing.items() if key not in present] if whole else []
    messages += [_resolved(one, now, link) for one in over if one.told_at and not silenced(one.trouble, kept.silences)]
    return Changes(seen, [one.trouble.key for one in over], messages)


def silenced(trouble: Trouble, silences: Iterable[Silence]) -> Silence | None:
    """The silence that a trouble falls under."""
    names = {"all", trouble.code, f"{trouble.pair}/{trouble.code}", trouble.key}
    return next((one for one in silences if one.what in names), None)


def _told(one: Firing, silences: Iterable[Silence], now: datetime, link: str | None) -> tuple[Firing, Message | None]:
    """The trouble as it is kept, and the message about it that is due, if any."""
    if silenced(one.trouble, silences):
        return one, None
    if one.told_at is None:
        return replace(one, told_at=now), _message("firing", one, now, link)
    due = sum(1 for after in REMINDERS if now - one.told_at >= after)
    if due <= one.reminders:
        return one, None
    return replace(one, reminders=due), _message("reminder", one, now, link)  # one for all that were slept through


def _resolved(one: Firing, now: datetime, link: str | None) -> Message:
    return _message("resolved", one, now, link)


def _message(kind: str, one: Firing, now: datetime, link: str | None) -> Message:
    trouble = one.trouble
    head = {"firing": "", "reminder": "Still: ", "resolved": "Over: "}[kind]
    place = f"[{trouble.shop or 'syncdb'}] "
    subject = f"{place}{head}{trouble.message}".replace("\n", " ")
    lines = [f"{head}{trouble.message}"]
    lines += [f"What to do: {trouble.remedy}"] if trouble.remedy and kind != "resolved" else []
    lines += [f"Since: {iso(one.first_at)}" + (f", over at {iso(now)}" if kind == "resolved" else "")]
    lines += [f"See: {link}"] if link else []
    data = {
        "kind": kind,
        "shop": trouble.shop,
        "pair": trouble.pair,
        "code": trouble.code,
        "message": trouble.message,
        "next_step": trouble.remedy,
        "since": iso(one.first_at),
        "at": iso(now),
        "link": link,
    }
    cut = subject if len(subject) <= MOST_SUBJECT else subject[: MOST_SUBJECT - 3] + "..."
    return Message(kind, trouble.key, cut, "\n".join(lines) + "\n", data)
