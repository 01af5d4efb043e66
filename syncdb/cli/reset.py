"""`reset`: one order examined anew by the next run."""

from typing import Annotated

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, YesOption, answering
from syncdb.cli.prompts import confirmed
from syncdb.clock import SYSTEM
from syncdb.ledger import Ledger
from syncdb.ledger.queries.order_names import Names
from syncdb.ledger.queries.order_presence import pairs_of
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.reset_order import forget_agreement
from syncdb.services.ledger_location import find_ledger
from syncdb.services.order_lookup import find_order
from syncdb.services.pair_sides import run_commands, sides_in
from syncdb.values import iso
from syncdb.wording import counted


def reset(
    order: Annotated[str, typer.Argument(metavar="ORDER_NUMBER", help="1001, #1001, an id, or the address of its page.")],
    yes: YesOption = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `reset`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=True) as output:
        place = find_ledger(config, db).ledger
        with reading(place) as reader:
            found = find_order(Names(reader.connection), order)
            pairs = pairs_of(reader, found.order_id)
            sides = sides_in(reader)
            places = dict.fromkeys(sides(pair["pair"]).place for pair in pairs)
            again = run_commands(reader, (pair["pair"] for pair in pairs))
        rows = sum(pair["rows"] for pair in pairs)
        lines = [
            f"Order {found.name} (id {found.order_id}): {counted(rows, 'row')} in {counted(len(pairs), 'place')}: "
            f"{', '.join(places)}.",
            "The ledger forgets what was agreed about them. The next run reads the order from the shop and makes its managed "
            "cells show what the shop has. History stays; nothing is added twice.",
        ]
        confirmed(output, lines, "Forget it?", yes=yes)
        with Ledger.open(place, SYSTEM.now()) as ledger:
            forgotten = forget_agreement(ledger, found.order_id, found.name, iso(SYSTEM.now()))
        if output.as_json:
            output.data({"exit_code": 0, "order_id": found.order_id, "name": found.name, "rows": forgotten})
        else:
            output.line(f"Done. The next run examines {found.name} anew: {again}")
