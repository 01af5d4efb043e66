"""`webhooks`: what a shop sends, whether it does, and making it so."""

import os
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.options import ConfigOption, JsonOption, answering
from syncdb.cli.output import Column, Output
from syncdb.clock import SYSTEM
from syncdb.errors import Exit
from syncdb.ledger.inbox.overview import InboxOverview, overview
from syncdb.programs import MANAGER
from syncdb.services.event_sources import event_sources
from syncdb.services.subscriptions import subscribers
from syncdb.systems.shopify.subscribing import NOWHERE, Found, look, register, remember
from syncdb.values import iso


class Act(StrEnum):
    """What to do."""

    register = "register"
    status = "status"


def webhooks(
    act: Annotated[Act, typer.Argument(metavar="register|status", help="Make the subscriptions as wanted, or only look.")],
    store: Annotated[str | None, typer.Option("--store", metavar="NAME", help="Only this shop (default: all).")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `webhooks`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=act is Act.register) as output:
        heard = event_sources(config, os.environ, Path.cwd())
        shops = subscribers(heard, store, looks=act is Act.status)
        found = [register(one, SYSTEM) if act is Act.register else look(one, SYSTEM) for one in shops]
        for one in found if act is Act.register else ():
            remember(heard.inbox, one, SYSTEM.now())
        seen = overview(heard.inbox)
        code = Exit.DONE if all(one.well for one in found) else Exit.PARTIAL
        if output.as_json:
            output.data({"exit_code": int(code), "shops": [_data(one, seen) for one in found]})
        else:
            for one in found:
                _tell(output, one, seen)
        raise typer.Exit(int(code))


def _tell(output: Output, one: Found, seen: InboxOverview) -> None:
    output.line(f"{one.name}: {f'to {one.address}' if one.address else NOWHERE}")
    states = dict.fromkeys(one.active, "as wanted") | dict.fromkeys(one.missing, "missing")
    states |= dict.fromkeys(one.differing, "differs")
    heard = {each.topic: (_moment(each.last_at), f"{each.times:,}") for each in seen.heard if each.source == one.name}
    rows = [(topic, state, *heard.get(topic, ("never", "0"))) for topic, state in states.items()]
    columns = [Column("Topic", fixed=True), Column("", fixed=True), Column("Last received"), Column("Times", right=True)]
    if rows:
        output.table(columns, rows)
    for topic in one.surplus:
        output.line(f"{topic} is sent there twice.")
    for why in one.refused:
        output.line(f"Shopify refused {why}")
    for address in one.elsewhere:
        output.line(f"This app also sends to {address}, which was left alone.")
    for refused in [each for each in seen.refused if each.source == one.name]:
        output.line(f"Turned away for its {refused.reason}: {refused.times:,}, last {_moment(refused.last_at)}.")
    if not one.well and not one.refused:
        output.line(f"What to do: {MANAGER} webhooks register")
    output.line()


def _data(one: Found, seen: InboxOverview) -> dict[str, object]:
    heard = [asdict(each) | {"last_at": _moment(each.last_at)} for each in seen.heard if each.source == one.name]
    refused = [asdict(each) | {"last_at": _moment(each.last_at)} for each in seen.refused if each.source == one.name]
    return asdict(one) | {"heard": heard, "turned_away": refused}


def _moment(milliseconds: int) -> str:
    return iso(datetime.fromtimestamp(milliseconds / 1000, UTC))
