"""`fleet worker`: runs the shops of a home, unless nobody gave it their secrets."""

import os
from typing import TYPE_CHECKING

import typer

from syncdb.errors import ConfigurationError, Exit
from syncdb.wording import counted, some_of

if TYPE_CHECKING:
    from syncdb.fleet.layout import FleetPlan, ShopPlan

MOST_NAMED = 5  # shops in a sentence
NOTHING = "Nothing was due, or another worker has it."


def work(url: str, plan: "FleetPlan", home: str | None, slots: int, *, once: bool) -> None:
    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.database import connected
    from syncdb.fleet.worker import Worker
    from syncdb.logs import set_up

    if home is None:
        raise ConfigurationError(["fleet worker: of which home?"], next_step="fleet worker --home HOME")
    with connected(url) as session:
        book = FleetBook(session)
        homes, living = book.homes(), book.living_at(home)
    _refuse_without_secrets([one for one in plan.shops if one.name in living and one.secrets], home)
    if home not in homes:
        others = f"Homes of shops: {', '.join(sorted(homes))}." if homes else "The fleet has no shops."
        typer.echo(f"No shop of the fleet lives at {home} yet. {others}", err=True)
    with set_up(plan.folder / f"fleet-{home}.log", verbose=False, terminal=True, secrets=(url,)):
        begun = Worker(url, plan, home, slots).work(once=once)
    if once:
        typer.echo(f"{counted(begun, 'shop')} of {home} had a run; fleet status says what they came to." if begun else NOTHING)
    raise typer.Exit(int(Exit.DONE))


def _refuse_without_secrets(shops: "list[ShopPlan]", home: str) -> None:
    """Each of these would be paused at its next run. Raises ConfigurationError where all would be, so that none is."""
    from syncdb.fleet.running import secrets_lacking

    lacking = [one.name for one in shops if secrets_lacking(one, os.environ)]
    if not lacking:
        return
    if len(lacking) == len(shops):
        raise ConfigurationError(
            [f"This environment has none of the secrets of the shops of {home}. No run was begun."],
            next_step=f"Start the worker with them: {secrets_lacking(shops[0], os.environ)} for {shops[0].name}.",
        )
    told = f"This environment lacks secrets of {some_of(lacking, MOST_NAMED)}: they are paused when they are due."
    typer.echo(f"{told} fleet resume --only 'environment lacks' afterwards.", err=True)
