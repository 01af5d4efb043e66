"""Conflicts, side by side, and deciding them. The same as `conflicts`."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError
from syncdb.ledger.queries.conflicts import Dispute
from syncdb.ledger.queries.sides import Sides, SidesOf
from syncdb.model import Take
from syncdb.services.calendar import Calendar
from syncdb.services.deciding import decidable, decide, open_disputes, places, possible, take_back, verdict_on, why_open
from syncdb.services.display import differing, shown
from syncdb.services.pair_sides import sides_in
from syncdb.web.access import Role, Way
from syncdb.web.rendering import asked, back_to, page, site
from syncdb.wording import counted

SHOWN = 25
log = logging.getLogger("syncdb.web")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a decision about one conflict was not kept, with what was chosen and typed, so that nobody types it again."""

    which: str
    told: str
    take: str
    typed: str


def conflicts() -> Response:
    """The open conflicts, also of one kind or field only."""
    return _listed(request.args.get("entity", ""), request.args.get("field", ""))


def _listed(entity: str, field: str, refusal: Refusal | None = None) -> Response:
    with site().looking(asked().now) as look:
        every, sides = open_disputes(look.reader), sides_in(look.reader)
        age, calendar = look.age, look.calendar
    found = _filtered(every, entity, field)
    first = [one for one in found if refusal and one.id == refusal.which]
    cards = [
        _card(one, sides(one.pair), calendar, refusal) for one in (*first, *(one for one in found if one not in first))[:SHOWN]
    ]
    return page(
        "decide.html",
        "Decide",
        command="conflicts" + (f" --entity {entity}" if entity else "") + (f" --field {field}" if field else ""),
        age=age,
        cards=cards,
        count=len(found),
        all_count=len(every),
        undecided=sum(one.decided is None and decidable(one) for one in found),
        entity=entity,
        field=field,
        entities=sorted({one.entity for one in every if one.entity}),
        fields=sorted({one.field for one in every if one.field}),
        takes=_takes(found, sides),
        status=HTTPStatus.CONFLICT if refusal else HTTPStatus.OK,
    )


def take_one(which: str) -> AnyResponse:
    """Decide one conflict: a side, or a value of one's own."""
    chosen, typed = request.form.get("take", ""), request.form.get("value", "")
    with site().looking(asked().now) as look:
        found = [one for one in open_disputes(look.reader) if one.id == which]
        sides = sides_in(look.reader)
    if not found:
        raise ConfigurationError(["That conflict is no longer open. Nothing was decided."], next_step="See what is: /decide")
    one = found[0]
    try:
        take = _take(chosen)
        verdict = verdict_on(one, sides(one.pair), take, typed if take is Take.VALUE else None)
    except ConfigurationError as error:
        return _listed(one.entity, "", Refusal(which, " ".join((*error.problems, error.next_step or "")), chosen, typed))
    if request.form.get("seen", "") != _standing(one):
        now_is = (
            f"decided otherwise: {_sentence(one, sides(one.pair), one.decided, shown(one.value))}"
            if one.decided
            else "took it back."
        )
        told = f"Somebody meanwhile {now_is} Yours was not kept. Set both again if it shall count."
        return _listed(one.entity, "", Refusal(which, told, chosen, typed))
    decide(site().place.ledger, found, [verdict], asked().now)
    log.info("%s decided the conflict %s: %s", asked().name, which, take.value)
    understood = shown(verdict.value) if take is Take.VALUE else ""
    return back_to("/decide", f"Decided: {_sentence(one, sides(one.pair), take, understood)} The next run carries it out.")


def undo(which: str) -> AnyResponse:
    """Make one conflict undecided again."""
    with site().looking(asked().now) as look:
        found = [one for one in open_disputes(look.reader) if one.id == which and one.decided]
    if not found:
        raise ConfigurationError(["No decision waits there any more. Nothing was taken back."], next_step="See what is: /decide")
    take_back(site().place.ledger, found, asked().now)
    log.info("%s took back the decision about the conflict %s", asked().name, which)
    return back_to("/decide", "The decision was taken back. Both sides are as they were.")


def take_all() -> AnyResponse:
    """Decide all that the filter shows and nobody has decided, in favour of one side."""
    take, entity, field = _take(request.form.get("take", "")), request.form.get("entity", ""), request.form.get("field", "")
    pair, meant = request.form.get("pair", ""), request.form.get("count", "")
    with site().looking(asked().now) as look:
        every, sides = open_disputes(look.reader), sides_in(look.reader)
    found = [one for one in _filtered(every, entity, field) if one.decided is None and one.pair == pair]
    found = [one for one in found if take in possible(one, sides(one.pair))]
    if str(len(found)) != meant or not found:
        told = f"There are {len(found)} such conflicts now, not {meant or 'none'}. Nothing was decided."
        raise ConfigurationError([told], next_step="Look again before you decide all of them at once.")
    decide(site().place.ledger, found, [verdict_on(one, sides(one.pair), take) for one in found], asked().now)
    log.info("%s decided %s at once: %s", asked().name, counted(len(found), "conflict"), take.value)
    return back_to(
        "/decide", f"Decided {counted(len(found), 'conflict')}. The next run carries {'it' if len(found) == 1 else 'them'} out."
    )


def _filtered(every: Sequence[Dispute], entity: str, field: str) -> list[Dispute]:
    return [one for one in every if entity in ("", one.entity) and field in ("", one.field)]


def _take(chosen: str) -> Take:
    if chosen not in {one.value for one in Take}:
        raise ConfigurationError(["Nothing was chosen, so nothing was decided."], next_step="Choose a side or give a value.")
    return Take(chosen)


def _takes(found: Sequence[Dispute], sides: SidesOf) -> list[dict[str, Any]]:
    """What can be decided for all at once, with how many that is."""
    made = []
    for pair in dict.fromkeys(one.pair for one in found):
        mine = [one for one in found if one.pair == pair and one.decided is None]
        for take, title in ((Take.LEFT, sides(pair).left_title), (Take.RIGHT, sides(pair).right_title)):
            count = sum(take in possible(one, sides(pair)) for one in mine)
            if count > 1:
                made.append({"pair": pair, "take": take.value, "title": title, "count": count})
    return made


def _standing(one: Dispute) -> str:
    """What is decided so far, as a mark for the form: whoever decides has seen just this."""
    return f"{one.decided.value} {one.decided_at}" if one.decided else ""


def _card(one: Dispute, sides: Sides, calendar: Calendar, refusal: Refusal | None) -> dict[str, Any]:
    can = possible(one, sides)
    mine = refusal if refusal and refusal.which == one.id else Refusal("", "", "", "")
    if one.field is not None:
        base, on_left, on_right = differing((one.base, one.left, one.right))
        one = replace(one, base=base or None, left=on_left or None, right=on_right or None)
    options = [
        {"take": take.value, "title": title, "value": _value(one, side), "can": take in can, "told": _sentence(one, sides, take)}
        for take, title, side in ((Take.LEFT, sides.left_title, one.left), (Take.RIGHT, sides.right_title, one.right))
    ]
    return {
        "id": one.id,
        "entity": one.entity,
        "name": one.name,
        "field": one.field,
        "why": why_open(one, sides),
        "agreed": shown(one.base) if one.field else "",
        "options": options,
        "own": Take.VALUE in can,
        "decidable": bool(can),
        "decided": _sentence(one, sides, one.decided, shown(one.value)) if one.decided else "",
        "decided_at": calendar.show(one.decided_at) if one.decided else "",
        "seen": _standing(one),
        "refused": mine.told,
        "chosen": mine.take,
        "typed": mine.typed,
        "since": calendar.show(one.since),
        "where": ", ".join(places(one, sides)),
    }


def _value(one: Dispute, side: Any) -> str:
    if one.field is None:
        return "there" if side else "gone"
    return shown(side) or "(empty)"


def _sentence(one: Dispute, sides: Sides, take: Take, typed: str = "") -> str:
    """What becomes of both sides, in words."""
    if take is Take.VALUE:
        return f"both will be {typed}."
    kept, other = (sides.left_title, sides.right_title) if take is Take.LEFT else (sides.right_title, sides.left_title)
    mine, theirs = (one.left, one.right) if take is Take.LEFT else (one.right, one.left)
    if one.field is None:
        return f"{kept} counts, where it is {_value(one, mine)}; {other} is made the same."
    return f"both will be {_value(one, mine)}; {other} changes from {_value(one, theirs)}."


WAYS = (
    Way("/decide", conflicts),
    Way("/decide/all", take_all, Role.OPERATOR, ("POST",)),
    Way("/decide/<which>/undo", undo, Role.OPERATOR, ("POST",)),
    Way("/decide/<which>", take_one, Role.OPERATOR, ("POST",)),
)
