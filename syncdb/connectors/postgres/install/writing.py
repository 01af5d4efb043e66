"""Statements from names: every name is quoted by the driver, and nothing else goes into the text."""

from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    from psycopg.sql import Composable

    Part = str | Composable


def statement(text: LiteralString, *numbered: "Composable", **parts: "Composable") -> str:
    """The text with its `{parts}` put in."""
    from psycopg.sql import SQL

    return SQL(text).format(*numbered, **parts).as_string(None)


def name(*parts: str) -> "Composable":
    """A name, of several parts with a point between (schema, table)."""
    from psycopg.sql import Identifier

    return Identifier(*parts)


def quoted(*parts: str) -> str:
    """The same as text."""
    return name(*parts).as_string(None)


def text(value: str) -> "Composable":
    """A text constant."""
    from psycopg.sql import Literal

    return Literal(value)


def raw(value: LiteralString) -> "Composable":
    """SQL that stands in this program."""
    from psycopg.sql import SQL

    return SQL(value)
