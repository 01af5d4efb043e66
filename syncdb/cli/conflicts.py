"""`conflicts`: what both sides changed, side by side, and deciding it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, YesOption, answering
from syncdb.programs import MANAGER

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.ledger.queries.conflicts import Dispute
    from syncdb.ledger.queries.sides import Sides, SidesOf
    from syncdb.model import Verdict
    from syncdb.services.calendar import Calendar
    from syncdb.values import Value

MOST = 50


def conflicts(
    which: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Conflicts by the short id that the list shows.")
    ] = None,
    take: Annotated[
        str | None, typer.Option("--take", metavar="SIDE", help="Whose value counts: a side, as the list names it.")
    ] = None,
    value: Annotated[str | None, typer.Option("--value", metavar="VALUE", help="A value of your own for both sides.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Decide all that are not decided yet, or what --entity and --field name.")
    ] = False,
    entity: Annotated[
        str | None, typer.Option("--entity", metavar="NAME", help="Only of these: products, variants, inventory, orders ...")
    ] = None,
    field: Annotated[str | None, typer.Option("--field", metavar="NAME", help="Only of this field: price, title ...")] = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `conflicts`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=take is not None or value is not None) as output:
        from syncdb.ledger.queries.catalogue import Things
        from syncdb.ledger.queries.conflicts import disputes
        from syncdb.ledger.queries.reader import reading
        from syncdb.services.ledger_location import find_ledger
        from syncdb.services.pair_sides import sides_in

        path = find_ledger(config, db).ledger
        with reading(path) as reader:
            zone = (reader.shop or {}).get("zone")
            wanted = [one for one in disputes(reader) if entity in (None, one.entity) and field in (None, one.field)]
            names = Things(reader).names(one.key for one in wanted if not one.order_id)
            sides = sides_in(reader)
            wanted = [replace(one, name=names.get(one.key, one.name)) for one in wanted]
        if take is None and value is None:
            _list(output, _named(wanted, which or ()), sides, zone)
        else:
            # what a person decided one by one is not decided otherwise along with the rest
            undecided = [one for one in wanted if one.decided is None]
            chosen = undecided if everything else _named(wanted, _some(which))
            _refuse_nothing(chosen, take)
            _decide(output, path, [_verdict(one, sides(one.pair), take, value) for one in chosen], chosen, yes)


def _some(which: Sequence[str] | None) -> Sequence[str]:
    from syncdb.errors import ConfigurationError

    if not which:
        raise ConfigurationError(
            ["Which conflicts? Name them by their ids, or say --all."], next_step=f"See them: {MANAGER} conflicts"
        )
    return which


def _refuse_nothing(chosen: "Sequence[Dispute]", take: str | None) -> None:
    """Nothing to decide is no success: a misspelt side, entity or field would pass for one. Raises ConfigurationError."""
    from syncdb.errors import ConfigurationError

    if not chosen:
        told = f"--take {take}: no" if take else "No"
        raise ConfigurationError(
            [f"{told} open conflict is meant; nothing was decided."], next_step=f"See them: {MANAGER} conflicts"
        )


def _named(wanted: "Sequence[Dispute]", which: Iterable[str]) -> "Sequence[Dispute]":
    """Those of these ids; all if none is named. Raises ConfigurationError for an id that none has."""
    from syncdb.errors import ConfigurationError

    ids = list(which)
    if unknown := [one for one in ids if one not in {dispute.id for dispute in wanted}]:
        raise ConfigurationError([f"There is no open conflict {', '.join(unknown)}."], next_step=f"See them: {MANAGER} conflicts")
    return [one for one in wanted if not ids or one.id in ids]


def _list(output: "Output", found: "Sequence[Dispute]", sides: "SidesOf", zone: str | None) -> None:
    from syncdb.clock import SYSTEM
    from syncdb.services.calendar import Calendar

    if output.as_json:
        output.data({"count": len(found), "conflicts": [_as_data(one, sides(one.pair)) for one in found]})
        return
    if not found:
        output.line("No open conflicts.", "bold")
        return
    output.line(f"{len(found)} open conflict{'' if len(found) == 1 else 's'}. Both sides are as they were.", "bold")
    calendar = Calendar.of(zone, SYSTEM.now())
    for one in found[:MOST]:
        output.line()
        output.line(f"{one.id}  {one.entity}: {one.name}" + (f" - {one.field}" if one.field else ""), "bold")
        output.facts(_facts(one, sides(one.pair), calendar))
    output.line()
    if len(found) > MOST:
        output.hint(f"These are {MOST} of {len(found)}; --entity and --field narrow them down, --json lists all.")
    names = dict.fromkeys(name for one in found if _decidable(one) for name in (sides(one.pair).left, sides(one.pair).right))
    if names:
        output.hint(f"Decide: {MANAGER} conflicts ID --take {' or '.join(names)}, or --value VALUE.")


def _facts(one: "Dispute", sides: "Sides", calendar: "Calendar") -> list[tuple[str, str]]:
    left, right = f"  {sides.left_title}", f"  {sides.right_title}"
    told = [("  Why", _why(one, sides))]
    if one.field is None:
        there, gone = "there", "gone"
        told += [(left, there if one.left else gone), (right, there if one.right else gone)] if _decidable(one) else []
    else:
        told += [("  Agreed", _text(one.base)), (left, _text(one.left)), (right, _text(one.right))]
    where = [] if one.key == one.name else [one.key]
    told += [("  Where", ", ".join((*where, *one.where))), ("  Since", calendar.show(one.since))]
    if one.decided is not None:
        decided = _text(one.value) if one.decided.value == "value" else sides.left if one.decided.value == "left" else sides.right
        told.append(("  Decided", f"{decided}; the next run carries it out"))
    return told


def _why(one: "Dispute", sides: "Sides") -> str:
    from syncdb.model import Why

    return {
        Why.BOTH_CHANGED: "both sides changed it",
        Why.ALIKE: "both sides moved it, and one of the movements may be a write of syncdb whose answer was lost",
        Why.NO_BASE: "the sides differ, and what was last agreed is not known",
        Why.EDITED: f"changed in {sides.place}, which may not change it",
        Why.EDIT_AGAINST_DELETE: "deleted on one side, edited on the other",
        Why.NOTED: "deleted on one side, with notes of people's own on the other",
        Why.GONE: "deleted on one side",
        Why.DOUBLED: "stands in several rows; remove all but one",
        Why.FORMULA: "a formula stands there; it is never overwritten",
        Why.UNREADABLE: "what stands there is not a value of its field; put one there",
        Why.AMBIGUOUS: "several records could be the same thing; make the fields differ that they are matched by",
    }.get(one.why, one.why.value)


def _decidable(one: "Dispute") -> bool:
    from syncdb.model import Why

    return one.why not in (Why.DOUBLED, Why.FORMULA, Why.UNREADABLE, Why.UNKNOWN_KEY, Why.AMBIGUOUS)


def _text(value: "Value") -> str:
    from syncdb.services.display import shown

    text = shown(value).replace("\n", " ")
    return (text if len(text) <= 200 else text[:197] + "...") or "-"


def _as_data(one: "Dispute", sides: "Sides") -> dict[str, Any]:
    from syncdb.values import encode

    return {
        "id": one.id,
        "pair": one.pair,
        "entity": one.entity,
        "key": one.key,
        "name": one.name,
        "field": one.field,
        "why": one.why.value,
        "base": encode(one.base),
        sides.left: encode(one.left),
        sides.right: encode(one.right),
        "since": one.since,
        "decided": one.decided.value if one.decided else None,
    }


def _verdict(one: "Dispute", sides: "Sides", take: str | None, value: str | None) -> "Verdict":
    """The decision, or ConfigurationError where it cannot be made."""
    from syncdb.errors import ConfigurationError
    from syncdb.model import Take, Verdict, Why

    names = {sides.left: Take.LEFT, sides.right: Take.RIGHT}
    if (take is None) == (value is None):
        raise ConfigurationError(["Say either --take or --value."], next_step=f"See the list: {MANAGER} conflicts")
    if take is not None and take not in names:
        raise ConfigurationError([f"--take {take}: the sides of {one.id} are {' and '.join(names)}."])
    chosen = Take.VALUE if take is None else names[take]
    if problem := _impossible(one, sides, chosen):
        raise ConfigurationError([f"{one.id} ({one.name}): {problem}"], next_step="Nothing was decided.")
    shown = (None, None) if one.field is None else (one.left, one.right)
    if one.why is Why.EDITED and chosen is Take.VALUE:
        raise ConfigurationError([f"{one.id}: only {sides.left_title} sets this field; change it there."])
    return Verdict(one.key, one.field, chosen, *shown, _parsed(one, value) if value is not None else None)


def _impossible(one: "Dispute", sides: "Sides", chosen: Any) -> str:
    """Why this cannot be decided like that; empty if it can."""
    from syncdb.model import Take, Why

    if not _decidable(one):
        return f"{_why(one, sides)}. That is done there, not here."
    if one.why is Why.EDITED and chosen is not Take.LEFT:
        remedy = f" Allow it with {sides.allowed_by}; the next run then carries it over." if sides.allowed_by else ""
        return f"{sides.left_title} may not be written for this field.{remedy}"
    if one.field is None and chosen is Take.VALUE:
        return "it is about a whole record: take one side."
    if one.field is None and chosen is Take.RIGHT and one.left:
        return f"syncdb deletes nothing in {sides.left_title}. Delete it there, or take {sides.left} to bring it back."
    if one.field is None and chosen is Take.RIGHT and not one.left and not sides.makes_left:
        return (
            f"it is gone from {sides.left_title}, where syncdb makes none. Make it there, or take {sides.left} to delete its row."
        )
    return ""


def _parsed(one: "Dispute", text: str) -> "Value":
    """A value as a person types it, of the kind that the field holds. Raises ConfigurationError."""
    from syncdb.errors import ConfigurationError
    from syncdb.values import amount_meant

    kinds: Mapping[type, str] = {bool: "yes or no", int: "a whole number", Decimal: "a number such as 19.90"}
    like = next((type(shown) for shown in (one.left, one.right, one.base) if shown is not None), str)
    try:
        if like is bool:
            return {"yes": True, "no": False, "true": True, "false": False}[text.strip().lower()]
        if like is int:
            return int(text)
        if like is Decimal:
            return amount_meant(text, _decimals(one))
    except (KeyError, ValueError):
        raise ConfigurationError([f"--value {text!r}: {one.field} must be {kinds[like]}."]) from None
    if like is not str:
        raise ConfigurationError([f"{one.id}: moments are not set by hand."])
    return text


def _decimals(one: "Dispute") -> int:
    """How many decimals its amounts have, as far as they show any."""
    shown = [value.as_tuple().exponent for value in (one.left, one.right, one.base) if isinstance(value, Decimal)]
    return max((-exponent for exponent in shown if isinstance(exponent, int)), default=2)


def _decide(output: "Output", path: Path, verdicts: "Sequence[Verdict]", about: "Sequence[Dispute]", yes: bool) -> None:
    from syncdb.cli.prompts import confirmed
    from syncdb.clock import SYSTEM
    from syncdb.ledger import Ledger
    from syncdb.values import iso

    if len(about) > 1:
        confirmed(output, [f"{len(about)} conflicts would be decided at once."], "Decide them?", yes=yes)
    now = SYSTEM.now()
    with Ledger.open(path, now) as ledger, ledger.transaction():
        for one, verdict in zip(about, verdicts, strict=True):
            ledger.verdicts(one.pair).decide(verdict, iso(now))
            if one.order_id:
                ledger.orders.wait(one.pair, [one.order_id])
    if output.as_json:
        output.data({"decided": [one.id for one in about]})
        return
    output.line(f"Decided {len(about)} conflict{'' if len(about) == 1 else 's'}. The next run carries it out.")
