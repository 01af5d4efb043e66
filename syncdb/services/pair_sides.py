"""What people and scripts call the sides of the pairs that a ledger knows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from syncdb.ledger import state_keys
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.queries.sides import UNKNOWN, Sides, SidesOf
from syncdb.pairs import registry
from syncdb.pairs.base import PairType


def sides_in(reader: LedgerReader) -> SidesOf:
    """The sides of each pair of a ledger. A pair of a type that this version does not know has a left and a right side."""
    known = overview.known_pairs(reader)
    names = {pair: reader.meta(state_keys.sides(pair)) for pair in known}
    routes = {pair: reader.meta(state_keys.route(pair)) for pair in known}

    def of(pair: str) -> Sides:
        found = known.get(pair)
        pair_type = registry.pair_named(found.type) if found else None
        return _of_route(_as_called(sides_of(pair_type), names[pair]), routes[pair]) if pair_type else UNKNOWN

    return of


def first_places(reader: LedgerReader, pairs: Iterable[str]) -> dict[str, str]:
    """What people call the first side of each of these pairs within a sentence: by the name that the configuration gave it."""
    known = overview.known_pairs(reader)
    found: dict[str, str] = {}
    for pair in pairs:
        named = reader.meta(state_keys.sides(pair))
        pair_type = registry.pair_named(known[pair].type) if pair in known else None
        found[pair] = str(named[0]) if named else (pair_type or registry.PAIRS[0]).first_place
    return found


def _as_called(sides: Sides, names: Sequence[str] | None) -> Sides:
    """The sides by the names that the configuration gave them, where it did."""
    if not names:
        return sides
    left, right = names
    return replace(sides, left=left, right=right, actor=left, left_title=left, right_title=right, place=right)


def _of_route(sides: Sides, route: str | None) -> Sides:
    """The right side as one of several."""
    if not route:
        return sides
    return replace(sides, route=route, right_title=f"{sides.right_title} {route}", place=f"{sides.place} {route}")


def run_commands(reader: LedgerReader, pairs: Iterable[str]) -> str:
    """How a person runs these pairs of a ledger; where it knows none of them, the first that there is."""
    known = overview.known_pairs(reader)
    types = (registry.pair_named(known[pair].type) for pair in pairs if pair in known)
    commands = dict.fromkeys(found.run_command for found in types if found)
    return " and ".join(commands or (registry.PAIRS[0].run_command,))


def sides_of(pair: PairType) -> Sides:
    """Its systems' names and titles, but for what the pair's own words say."""
    left, right = pair.systems
    words = pair.words
    return Sides(
        left.name,
        words.right or right.name,
        words.left or left.name,
        left.title,
        words.title,
        words.place,
        words.allowed_by,
        words.makes_left,
    )
