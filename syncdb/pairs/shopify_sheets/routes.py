"""Several sheets in one configuration: each route goes to a place of its own and shows what it asks for. Pure.

What a route does not say is as for the first sheet, which the settings outside `routes` describe.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from syncdb.pairs.shopify_sheets.pair import ORDERS_ONLY, PLAIN_ROWS, ROUTED, SHOPIFY_SHEETS

Values = dict[str, Any]
# reads what checks left as it was given (columns, filter, periods): settings in, settings out, and the problems
Understand = Callable[[Values], tuple[Values, list[str]]]


@dataclass(slots=True)
class Routes:
    """The settings that each route has of its own, by its name, and what is wrong with them."""

    own: dict[str, Values] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def parse_routes(given: Any, first: Mapping[str, Any], understand: Understand) -> Routes:
    """Understand the setting `routes`; `first` are the settings of the first sheet. Never raises."""
    found = Routes()
    for name, wanted in dict(given or {}).items():
        if not isinstance(wanted, Mapping):
            found.problems.append(f".{name}: must be an object of settings")
            continue
        values, problems = _checked(wanted)
        found.problems += [f".{name}{problem}" for problem in problems]
        if problems:
            continue
        problems = [f".{name}.{one}: only rows of orders have it" for one in _of_no_use(values)]
        found.problems += problems
        inherited = _inherited(first, values)
        own, problems = understand(inherited | values)
        found.problems += [f".{name}.{problem}" for problem in problems]
        lent = frozenset(key for key in ROUTED if key not in values)
        found.own[str(name)] = {key: own[key] for key in ROUTED} | {"lent": lent}
    found.problems += _same_places({"": first} | found.own)
    return found


def _checked(wanted: Mapping[str, Any]) -> tuple[Values, list[str]]:
    keys = {key.name: key for key in SHOPIFY_SHEETS.all_keys if key.name in ROUTED}
    values: Values = {}
    problems: list[str] = []
    for name, raw in wanted.items():
        if name not in keys:
            near = get_close_matches(str(name), ROUTED, n=1, cutoff=0.5)
            told = f"did you mean {near[0]}?" if near else f"there are {', '.join(ROUTED)}"
            problems.append(f".{name}: there is no such setting of a route; {told}")
            continue
        try:
            values[name] = keys[name].check(raw)
        except ValueError as problem:
            problems.append(f".{name}: {problem}")
    return values, problems


def _inherited(first: Mapping[str, Any], own: Values) -> Values:
    """What the first sheet lends: columns only to rows of the same kind, other spreadsheets only to the same periods."""
    lent = {name: first[name] for name in ROUTED}
    if own.get("rows") in PLAIN_ROWS:
        lent |= {"columns": None, "order_filter": None, "order_amounts": "every_line"}
        lent |= {"tabs_by": "one", "period_spreadsheets": {}}
    elif own.get("rows", first["rows"]) != first["rows"]:
        lent["columns"] = None
    if "target_spreadsheet" in own or own.get("tabs_by", first["tabs_by"]) != first["tabs_by"]:
        lent["period_spreadsheets"] = {}
    return lent


def _of_no_use(own: Values) -> list[str]:
    return [name for name in ORDERS_ONLY if name in own] if own.get("rows") in PLAIN_ROWS else []


def _same_places(routes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    taken: dict[tuple[str, str], str] = {}
    for name, one in routes.items():
        place = (str(one["target_spreadsheet"]), str(one["target_worksheet"]).casefold())
        other = taken.setdefault(place, name)
        if other != name:
            beside = f"the route {other}" if other else "the first sheet"
            yield f'.{name}: has the same tab as {beside}, "{one["target_worksheet"]}"; give it a target_worksheet of its own'
