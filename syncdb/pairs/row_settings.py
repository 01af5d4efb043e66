"""The settings of orders as rows that need a closer look: the columns that are chosen, and which orders are wanted."""

from collections.abc import Mapping
from typing import Any


def parse_columns(values: dict[str, Any], name: str, rows: str) -> list[str]:
    """Put the columns that the setting `name` gives into their form; what is wrong with them. `rows` names that of the rows."""
    raw = values[name]
    if raw is None or isinstance(raw, tuple):
        return []
    # the catalogue of columns is large and only needed where columns are chosen
    from syncdb.mapping import parse_columns as parse

    choice = parse(raw, values[rows] or "line")
    values[name] = choice.columns
    return [f"{name}: {problem.removeprefix('columns').lstrip(':, ')}" for problem in choice.problems]


def parse_order_filter(values: dict[str, Any], name: str) -> list[str]:
    """Put the filter that the setting `name` gives into its form; what is wrong with it."""
    raw = values[name]
    if not isinstance(raw, Mapping):
        return []
    from syncdb.mapping.order_filter import parse_filter

    values[name], problems = parse_filter(raw)
    return [f"{name}{problem}" if problem.startswith(".") else f"{name}: {problem}" for problem in problems]
