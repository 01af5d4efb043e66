"""`conflicts`: what both sides changed, side by side, and deciding it."""

from collections.abc import Iterable, Sequence
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
    undo: Annotated[bool, typer.Option("--undo", help="Take decisions back that no run has carried out yet.")] = False,
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
    with answering(as_json, acts=take is not None or value is not None or undo) as output:
        from syncdb.ledger.queries.reader import reading
        from syncdb.services.deciding import open_disputes
        from syncdb.services.ledger_location import find_ledger
        from syncdb.services.pair_sides import sides_in

        path = find_ledger(config, db).ledger
        with reading(path) as reader:
            zone = (reader.shop or {}).get("zone")
            wanted, sides = open_disputes(reader, entity, field), sides_in(reader)
        if undo:
            _take_back(output, path, _named(wanted, _some(which) if not everything else ()), take or value)
        elif take is None and value is None:
            _list(output, _named(wanted, which or ()), sides, zone)
        else:
            # what a person decided one by one is not decided otherwise along with the rest
            undecided = [one for one in wanted if one.decided is None]
            chosen = undecided if everything else _named(wanted, _some(which))
            _refuse_nothing(chosen, take)
            _decide(output, path, [_verdict(one, sides(one.pair), take, value) for one in chosen], chosen, yes)


def _take_back(output: "Output", path: Path, chosen: "Sequence[Dispute]", decides: str | None) -> None:
    from syncdb.clock import SYSTEM
    from syncdb.errors import ConfigurationError
    from syncdb.services.deciding import take_back

    if decides:
        raise ConfigurationError(["Say either --undo or what counts."], next_step=f"See the list: {MANAGER} conflicts")
    decided = [one for one in chosen if one.decided is not None]
    if not decided:
        told = "Nothing of this is decided, so nothing was taken back."
        raise ConfigurationError([told], next_step=f"See the list: {MANAGER} conflicts")
    take_back(path, decided, SYSTEM.now())
    if output.as_json:
        output.data({"undecided": [one.id for one in decided]})
        return
    output.line(f"{len(decided)} conflict{' is' if len(decided) == 1 else 's are'} open again. Both sides are as they were.")


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
    from syncdb.services.deciding import decidable

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
    names = dict.fromkeys(name for one in found if decidable(one) for name in (sides(one.pair).left, sides(one.pair).right))
    if names:
        output.hint(f"Decide: {MANAGER} conflicts ID --take {' or '.join(names)}, or --value VALUE.")


def _facts(one: "Dispute", sides: "Sides", calendar: "Calendar") -> list[tuple[str, str]]:
    from syncdb.services.deciding import decidable, places, why_open
    from syncdb.services.display import differing

    left, right = f"  {sides.left_title}", f"  {sides.right_title}"
    told = [("  Why", why_open(one, sides))]
    if one.field is None:
        there, gone = "there", "gone"
        told += [(left, there if one.left else gone), (right, there if one.right else gone)] if decidable(one) else []
    else:
        base, on_left, on_right = differing((one.base, one.left, one.right))
        told += [("  Agreed", _text(base)), (left, _text(on_left)), (right, _text(on_right))]
    told += [("  Like", ", ".join(one.others)), ("  Where", ", ".join(places(one, sides))), ("  Since", calendar.show(one.since))]
    if one.decided is not None:
        decided = _text(one.value) if one.decided.value == "value" else sides.left if one.decided.value == "left" else sides.right
        told.append(("  Decided", f"{decided}; the next run carries it out"))
    return told


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
    from syncdb.model import Take
    from syncdb.services.deciding import verdict_on

    names = {sides.left: Take.LEFT, sides.right: Take.RIGHT}
    take = take.lower() if take is not None and take not in names and take.lower() in names else take
    if (take is None) == (value is None):
        raise ConfigurationError(["Say either --take or --value."], next_step=f"See the list: {MANAGER} conflicts")
    if take is not None and take not in names:
        raise ConfigurationError([f"--take {take}: the sides of {one.id} are {' and '.join(names)}."])
    return verdict_on(one, sides, Take.VALUE if take is None else names[take], value)


def _decide(output: "Output", path: Path, verdicts: "Sequence[Verdict]", about: "Sequence[Dispute]", yes: bool) -> None:
    from syncdb.cli.prompts import confirmed
    from syncdb.clock import SYSTEM
    from syncdb.model import Take
    from syncdb.services.deciding import decide

    if len(about) > 1:
        confirmed(output, [f"{len(about)} conflicts would be decided at once."], "Decide them?", yes=yes)
    decide(path, about, verdicts, SYSTEM.now())
    if output.as_json:
        output.data({"decided": [one.id for one in about]})
        return
    output.line(f"Decided {len(about)} conflict{'' if len(about) == 1 else 's'}. The next run carries it out.")
    if typed := dict.fromkeys(_text(verdict.value) for verdict in verdicts if verdict.take is Take.VALUE):
        output.line(f"What you typed was understood as {', '.join(typed)}. Not so? {MANAGER} conflicts {about[0].id} --undo")
