"""`setup`: what a pair wants in its systems beside its data, made once by a person's word."""

import os
from pathlib import Path

from syncdb.cli.options import ConfigOption, JsonOption, PairOption, YesOption, answering, chosen_pair
from syncdb.cli.prompts import confirmed
from syncdb.clock import SYSTEM
from syncdb.errors import ConfigurationError
from syncdb.services.usable_pairs import meant_pairs, usable_pairs


def setup(
    pair: PairOption = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `setup`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=True) as output:
        usable = usable_pairs(meant_pairs(chosen_pair(pair), config), {}, os.environ, Path.cwd(), config)
        wanting = [(one, one.implementation.made_once) for one in usable if one.implementation.made_once is not None]
        if not wanting:
            told = [f"{one.pair.about}: that wants nothing made in its systems." for one in usable]
            raise ConfigurationError(told, next_step="Nothing was changed.")
        wanted = [line for one, once in wanting if once for line in once.wanted(one.settings)]
        lines = ["There shall be, and what is lacking of it is made:", *(f"  {line}" for line in wanted)]
        confirmed(output, lines, "Make what is lacking?", yes=yes)
        made = [line for one, once in wanting if once for line in once.make(one.settings, SYSTEM)]
        if output.as_json:
            output.data({"exit_code": 0, "made": made})
            return
        for line in made:
            output.line(f"Made: {line}")
        output.line("Done." if made else "All of it is there. Nothing was changed.")
