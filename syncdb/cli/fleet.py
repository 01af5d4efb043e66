"""`fleet`: many shops on many machines. Which are there, how they stand, and a worker that runs them."""

import os
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdb.cli.options import JsonOption, answering
from syncdb.cli.output import Output
from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.wording import counted

if TYPE_CHECKING:
    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.layout import FleetPlan
    from syncdb.fleet.telling import Wanted


class Act(StrEnum):
    """What to do."""

    init = "init"
    add = "add"
    remove = "remove"
    pause = "pause"
    resume = "resume"
    move = "move"
    status = "status"
    run_now = "run-now"
    worker = "worker"
    validate = "validate"
    report = "report"
    backup = "backup"
    recover = "recover"


def fleet(
    act: Annotated[Act, typer.Argument(metavar="|".join(Act), help="What to do.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="SHOP", help="The shops that it is about.")] = None,
    folder: Annotated[Path, typer.Option("--folder", metavar="PATH", help="The fleet's folder (default: here).")] = Path("."),
    home: Annotated[
        str | None,
        typer.Option("--home", metavar="HOME", help="The home whose shops are run (worker), or meant (status and such)."),
    ] = None,
    only: Annotated[
        str, typer.Option("--only", metavar="TEXT", help="For status, pause, resume, run-now: shops that say this.")
    ] = "",
    trouble: Annotated[bool, typer.Option("--trouble", help="For status: only shops that need a look.")] = False,
    slots: Annotated[int, typer.Option("--slots", min=1, max=64, help="For worker: how many runs at once.")] = 4,
    once: Annotated[bool, typer.Option("--once", help="For worker: run what is due now, then end.")] = False,
    to: Annotated[str | None, typer.Option("--to", metavar="HOME", help="For move: its new home.")] = None,
    via: Annotated[
        Path | None, typer.Option("--via", metavar="PATH", help="For move, backup, recover: a folder that all reach.")
    ] = None,
    arrive: Annotated[bool, typer.Option("--arrive", help="For move, on the new home: put its files in place.")] = False,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=32, help="For validate, report, backup: how many shops at a time.")
    ] = 4,
    offline: Annotated[bool, typer.Option("--offline", help="For validate: check files only; contact nobody.")] = False,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="For report: how many days, today included.")] = 7,
    metrics: Annotated[bool, typer.Option("--metrics", help="For status: figures for Prometheus.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The command `fleet`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=act is not Act.status) as output:
        from syncdb.fleet.layout import read_plan

        plan = read_plan(folder.absolute())
        if act is Act.validate:
            from syncdb.cli.fleet_shown import validate

            validate(output, plan if offline else _without_dropped(output, plan), at_once, offline=offline)
            return
        if act is Act.backup:
            from syncdb.cli.fleet_copies import backup

            backup(output, plan, names or [], via, at_once)
            return
        if act is Act.report:
            from syncdb.cli.fleet_shown import report

            report(output, _without_dropped(output, plan, old=True), days, at_once)
            return
        from syncdb.fleet.book import FleetBook
        from syncdb.fleet.database import address, connected
        from syncdb.fleet.telling import Wanted

        url = address(os.environ)
        if act is Act.worker:
            from syncdb.cli.fleet_work import work

            work(url, plan, home, slots, once=once)
            return
        with connected(url) as session:
            book = FleetBook(session)
            meant = Wanted(tuple(names or ()), home or "", only, trouble)
            if act is Act.status:
                from syncdb.cli.fleet_shown import status

                status(output, book, meant, metrics=metrics)
            elif act is Act.init:
                _init(output, book, plan)
            elif act is Act.move:
                from syncdb.cli.fleet_move import move

                move(output, book, plan, names or [], to, via, home, arrive=arrive)
            elif act is Act.recover:
                from syncdb.cli.fleet_copies import recover

                recover(output, book, plan, names or [], via, home)
            else:
                _each(output, book, plan, act, meant)


def _without_dropped(output: Output, plan: "FleetPlan", *, old: bool = False) -> "FleetPlan":
    """The plan without the shops that were removed, and with `old` without those whose ledger here is an old one; as far as the
    fleet's database can be asked.
    """
    from syncdb.fleet import stay
    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.database import VARIABLE, address, connected

    if not os.environ.get(VARIABLE):
        return plan
    try:
        with connected(address(os.environ)) as session:
            dropped, tokens = FleetBook(session).dropped(), FleetBook(session).tokens()
    except SyncdbError as why:
        output.hint(f"{why} Shops that were removed, or live elsewhere by now, may be among these.")
        return plan
    noted = {one.name: stay.noted(plan.config_of(one.name).parent) for one in plan.shops} if old else {}
    left = {name for name, token in noted.items() if token is not None and token != tokens.get(name, token)}
    return replace(plan, shops=tuple(one for one in plan.shops if one.name not in dropped | left))


def _init(output: Output, book: "FleetBook", plan: "FleetPlan") -> None:
    from syncdb.fleet.layout import CONFIG, FILE, SHOPS, write_configs

    if not plan.shops:
        raise ConfigurationError(
            [f"There is no shop in {plan.folder}. Nothing was changed."],
            next_step=f"Make {plan.folder / SHOPS / 'NAME' / CONFIG}, or [shops.NAME] in {FILE}; --folder names another folder.",
        )
    book.install()
    dropped = book.dropped()
    shops = [one for one in plan.shops if one.name not in dropped]
    left = [one.name for one in plan.shops if one.name in dropped]
    written = write_configs(plan, shops)
    book.take_in(plan, shops)
    unknown = sorted({str(row["name"]) for row in book.status()} - {one.name for one in shops})
    if output.as_json:
        told = {"shops": [one.name for one in shops], "dropped": left, "not_in_this_folder": unknown}
        output.data({"exit_code": 0, **told, "written": [str(one) for one in written]})
        return
    output.line(f"Taken in: {counted(len(shops), 'shop')}. Written: {counted(len(written), 'configuration')}.")
    if left:
        output.line(f"Left out, because removed: {', '.join(left)}. fleet add takes one in again.")
    if unknown:
        output.line(f"In the fleet, but not in this folder: {', '.join(unknown)}. fleet remove drops one for good.")


def _each(output: Output, book: "FleetBook", plan: "FleetPlan", act: Act, meant: "Wanted") -> None:
    """What is done to each of the shops that are meant; what cannot be done to one holds up no other."""
    names = _named(book, act, meant)
    doing: dict[Act, Callable[[str], None]] = {
        Act.add: lambda name: book.take_in(plan, [plan.shop(name)]),
        Act.remove: book.remove,
        Act.pause: book.pause,
        Act.resume: book.resume,
        Act.run_now: book.wish,
    }
    done = {
        Act.add: "is in the fleet",
        Act.remove: "is not in the fleet any more, and fleet init leaves it out. Its folder and its ledger stay",
        Act.pause: "is paused; a run that is under way ends as usual",
        Act.resume: "runs again",
        Act.run_now: "runs as soon as a worker of its home is free",
    }
    good, failed = list[str](), list[SyncdbError]()
    for name in names:
        try:
            doing[act](name)
        except SyncdbError as why:
            failed.append(why)
        else:
            good.append(name)
            if not output.as_json:
                output.line(f"{name} {done[act]}.")
    if failed:
        for one in failed[:-1]:
            output.hint(f"{one} {one.next_step}".rstrip())
        raise failed[-1]
    if output.as_json:
        output.data({"exit_code": 0, "shops": good, "done": done[act]})


def _named(book: "FleetBook", act: Act, meant: "Wanted") -> list[str]:
    """The names of the shops that are meant; several at once only where nothing is taken in, or lost."""
    if not meant.several or act in (Act.add, Act.remove):
        if not meant.names:
            raise ConfigurationError(
                [f"fleet {act.value}: of which shop? Nothing was changed."], next_step=f"fleet {act.value} SHOP ..."
            )
        return list(meant.names)
    from syncdb.fleet.telling import states

    found = sorted(one.name for one in meant.of(states(book.status())))
    if not found:
        raise ConfigurationError(["No shop of the fleet is meant by that. Nothing was changed."], next_step="fleet status")
    return found
