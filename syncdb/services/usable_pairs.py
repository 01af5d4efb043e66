"""The pairs that a command works with: those that are configured, or one that was named, with settings that can be used."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.pairs.base import OrderTracking, PairType
from syncdb.services.ledger_location import configured_pairs
from syncdb.services.validation import UsablePair


def meant_pairs(chosen: PairType | None, config: Path | None, env: Mapping[str, str] | None = None) -> tuple[PairType, ...]:
    """The one that was chosen, else the configured ones; where there are none the first there is: it tells what is lacking."""
    return (chosen,) if chosen else configured_pairs(config, env) or registry.PAIRS[:1]


def usable_pairs(
    pairs: Sequence[PairType], flags: Mapping[str, object], env: Mapping[str, str], directory: Path, config: Path | None
) -> list[UsablePair]:
    """These pairs with their settings. Raises ConfigurationError with every problem of any of them, each once."""
    usable: list[UsablePair] = []
    errors: list[ConfigurationError] = []
    for pair in pairs:
        try:
            implementation = pair.load_implementation()
            usable.append(UsablePair(pair, implementation, implementation.load(flags, env, directory, config)))
        except ConfigurationError as error:
            errors.append(error)
    if errors:
        problems = dict.fromkeys(problem for error in errors for problem in error.problems)
        raise ConfigurationError(list(problems), next_step=errors[0].next_step)
    return usable


def to_keep_orders(pairs: Iterable[PairType]) -> str:
    """What to do so that orders are kept in step, where none of these pairs does so."""
    if able := [pair for pair in pairs if pair.tracks_orders]:
        return f"To keep orders in step, too, choose them in the settings: {able[0].docs}"
    others = dict.fromkeys(pair.docs for pair in registry.PAIRS if pair.tracks_orders)
    return f"What keeps orders in step: {', '.join(others)}"


def _places(one: UsablePair, orders: OrderTracking[Any]) -> Iterator[UsablePair]:
    """The pair with the settings and the words of each place that its orders go to."""
    for name, settings in orders.places(one.settings):
        words = one.pair.words
        words = replace(words, place=f"{words.place} {name}", title=f"{words.title} {name}") if name else words
        yield replace(one, pair=replace(one.pair, words=words), settings=settings)


def showing_people(usable: Sequence[UsablePair], command: str) -> list[UsablePair]:
    """Those that show orders, one for each place, and those that keep records of people. Raises as `tracking_orders`."""
    keeping = [one for one in usable if one.people is not None]
    showing = [one for one in usable if one.people is None]
    tracking = tracking_orders(showing, command) if not keeping or any(one.orders for one in showing) else []
    return [*tracking, *keeping]


def tracking_orders(usable: Sequence[UsablePair], command: str) -> list[UsablePair]:
    """Those that keep orders in step, one for each place that they go to.

    Raises ConfigurationError, with what `command` is, where none does.
    """
    tracking = [place for one in usable if one.orders is not None for place in _places(one, one.orders)]
    if not tracking:
        raise ConfigurationError(
            [
                f"{one.pair.about}: that keeps no copies of orders, so {command} does not apply. Nothing was changed."
                for one in usable
            ],
            next_step=to_keep_orders(one.pair for one in usable),
        )
    return tracking
