"""`fleet backup` and `fleet recover`: copies of all shops of a computer, and putting those of a lost home in place here."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syncdb.cli.output import Output
from syncdb.errors import ConfigurationError, Exit
from syncdb.wording import counted

if TYPE_CHECKING:
    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.layout import FleetPlan
    from syncdb.fleet.recovering import Recovered


def backup(output: Output, plan: "FleetPlan", names: list[str], via: Path | None, at_once: int) -> None:
    """Copy what belongs to each shop whose ledger lies here. Exit code 3 where one could not be copied."""
    from syncdb.fleet.recovering import back_up_all
    from syncdb.fleet.telling import is_among

    if via is None:
        raise ConfigurationError(["fleet backup: into which folder?"], next_step="fleet backup --via PATH")
    shops = [one for one in plan.shops if not names or is_among(one.name, names)]
    made = back_up_all(plan, shops, via.absolute(), at_once)
    code = Exit.PARTIAL if any(one.problem for one in made) else Exit.DONE
    if output.as_json:
        told = [{"name": one.name, "files": list(one.files), "problem": one.problem} for one in made]
        output.data({"exit_code": int(code), "via": str(via.absolute()), "shops": told})
    else:
        for one in made:
            if one.problem:
                output.line(f"{one.name}: {one.problem}")
        good = sum(not one.problem for one in made)
        output.line(f"Copied to {via.absolute()}: {good} of {counted(len(made), 'shop')} whose ledgers lie here.")
    raise typer.Exit(int(code))


def recover(output: Output, book: "FleetBook", plan: "FleetPlan", names: list[str], via: Path | None, home: str | None) -> None:
    """Put shops of a lost home in place here, one after the other; it ends at the first that cannot be."""
    from syncdb.clock import SYSTEM
    from syncdb.fleet.recovering import recover as put_in_place
    from syncdb.fleet.recovering import with_copies
    from syncdb.fleet.telling import is_among, stands_for_several

    if not names or via is None or home is None:
        raise ConfigurationError(
            ["fleet recover needs the shops, the folder with their copies, and this home. Nothing was changed."],
            next_step="fleet recover SHOP ... --home HOME --via PATH; 'shop1*' for several of which there are copies",
        )
    via = via.absolute()
    others = sorted(str(row["name"]) for row in book.status() if row["home"] != home)
    several = [name for name in names if stands_for_several(name)]
    meant = [one for one in with_copies(others, via) if is_among(one, several)]
    told = {
        name: _told(put_in_place(book, plan, name, home, via, SYSTEM.now()), name, home, output)
        for name in (*meant, *(name for name in names if name not in several))
    }
    if output.as_json:
        output.data({"exit_code": 0, "shops": list(told), "done": list(told.values())})
    elif not told:
        output.line("No shop that lives elsewhere and has a copy there is meant. Nothing was changed.")


def _told(done: "Recovered", name: str, home: str, output: Output) -> str:
    told = (
        f"{name} lives at {home} now, by its copy. Its first run looks at every order and row, and asks where both sides differ."
    )
    told += "".join(f" What lay here is kept as {one}." for one in done.kept)
    told += "".join(f" {one} was in no copy: bring it, or have it made anew once with --force." for one in done.lacking)
    if not output.as_json:
        output.line(told)
    return told
