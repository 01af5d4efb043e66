"""Moving the references of a formula, as a spreadsheet does when rows and columns move."""

import re
from collections.abc import Callable

import syncdb.connectors.google_sheets.a1 as a1

# Text in quotes stays; so do references to other tabs ('Tab'!A1, Tab!A1) and names that only look like cells (LOG10(, Q1_total).
_TOKENS = re.compile(
    r"""(?P<stays>"(?:[^"]|"")*"|(?:'(?:[^']|'')*'|[A-Za-z_][\w.]*)!\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?)
      |(?<![\w$.!])(?P<column>\$?[A-Za-z]{1,3})(?P<row>\$?[1-9]\d*)(?![\w(.!])""",
    re.VERBOSE,
)


def shifted(formula: str, row: Callable[[int], int], column: Callable[[int], int]) -> str:
    """The formula with each reference to a cell of its own tab moved; `row` and `column` map zero-based numbers."""

    def moved(token: re.Match[str]) -> str:
        if token["stays"]:
            return token[0]
        letters, digits = token["column"], token["row"]
        new_column = a1.letters(column(a1.column_of(letters.lstrip("$"))))
        new_row = row(int(digits.lstrip("$")) - 1) + 1
        return f"{'$' * letters.startswith('$')}{new_column}{'$' * digits.startswith('$')}{new_row}"

    return _TOKENS.sub(moved, formula)
