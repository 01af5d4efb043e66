"""`fleet move`: what a person is told on the old home, and on the new one."""

from pathlib import Path
from typing import TYPE_CHECKING

from syncdb.cli.output import Output
from syncdb.errors import ConfigurationError
from syncdb.wording import counted

if TYPE_CHECKING:
    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.layout import FleetPlan
    from syncdb.fleet.moving import Left


def move(
    output: Output,
    book: "FleetBook",
    plan: "FleetPlan",
    names: list[str],
    to: str | None,
    via: Path | None,
    home: str | None,
    *,
    arrive: bool,
) -> None:
    """Both ends of a move: on the old home with `to`, on the new one with `arrive` and its name as `home`."""
    from syncdb.clock import SYSTEM
    from syncdb.fleet.arriving import arrive as put_in_place
    from syncdb.fleet.moving import leave

    where = home if arrive else to
    if len(names) != 1 or via is None or where is None:
        raise ConfigurationError(
            ["fleet move needs one shop, a folder that both computers reach, and the home. Nothing was changed."],
            next_step="On the old home: fleet move SHOP --to HOME --via PATH; on the new one: fleet move SHOP "
            "--arrive --home HOME --via PATH",
        )
    name, via = names[0], via.absolute()
    plan.shop(name)
    if arrive:
        kept = put_in_place(book, plan, name, where, via, SYSTEM.now())
        told = [f"{name} lives at {where} now. Its first run looks at every order and row."]
        told += [f"Another {one.name.partition('.')[0]} lay here; it is kept as {one}." for one in kept]
    else:
        told = _left(leave(book, plan, name, where, via), name, where, via)
        if where not in book.homes():
            told.append(f"No worker of {where} was seen in the last day, and no other shop lives there.")
    if output.as_json:
        output.data({"exit_code": 0, "shops": [name], "done": " ".join(told)})
    else:
        for one in told:
            output.line(one)


def _left(left: "Left", name: str, where: str, via: Path) -> list[str]:
    """What was done on the old home, and what is left to a person."""
    told = [f"{name} is paused, and {counted(len(left.files), 'file')} of it copied to {left.parcel}: {', '.join(left.files)}."]
    if left.aside:
        places = ", ".join(map(str, left.aside))
        told.append(f"What lay here is put aside in {places}: delete it when {name} runs at {where}.")
    told += [f"{one} stays where it is: {where} must reach it by the same path." for one in left.elsewhere]
    if left.of_people:
        names = ", ".join(one.name for one in left.of_people)
        told.append(f"Not copied, because it belongs to its configuration, which {where} must have: {names}.")
    return [*told, f"On {where}: fleet move {name} --arrive --home {where} --via {via}"]
