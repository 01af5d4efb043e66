"""Moving the references of a formula, as a spreadsheet does when rows and columns move."""

import re
from collections.abc import Callable

import syncdb.connectors.tabular.a1 as a1

# Text in quotes stays; so do references to other tabs ('Tab'!A1, Tab!A1) and names that only look like cells (LOG10(, Q1_total).
_TOKENS = re.compile(
    r"""(?P<stays>"(?:[^"]|"")*"|(?:'(?:[^']|'')*'|[A-Za-z_][\w.]*)!\$?(?:[A-Za-z]{1,3}\$?\d*|\d+)(?::\$?(?:[A-Za-z]{1,3}\$?\d*|\d+))?)
      |(?<![\w$.!])(?P<column>\$?[A-Za-z]{1,3})(?P<row>\$?[1-9]\d*)(?![\w(.!])(?::(?P<end>\$?[A-Za-z]{1,3})(?![\w$(.!]))?
      |(?<![\w$.!:])(?P<left>\$?[A-Za-z]{1,3}):(?P<right>\$?[A-Za-z]{1,3})(?![\w$(.!:])
      |(?<![\w$.!:])(?P<top>\$?[1-9]\d*):(?P<bottom>\$?[1-9]\d*)(?![\w(.!:])""",
    re.VERBOSE,
)


def shifted(formula: str, row: Callable[[int], int], column: Callable[[int], int]) -> str:
    """The formula with each reference to a cell of its own tab moved; `row` and `column` map zero-based numbers."""

    def column_moved(letters: str) -> str:
        return "$" * letters.startswith("$") + a1.letters(column(a1.column_of(letters.lstrip("$"))))

    def row_moved(digits: str) -> str:
        return f"{'$' * digits.startswith('$')}{row(int(digits.lstrip('$')) - 1) + 1}"

    def moved(token: re.Match[str]) -> str:
        if token["stays"]:
            return token[0]
        if token["left"]:
            return f"{column_moved(token['left'])}:{column_moved(token['right'])}"
        if token["top"]:
            return f"{row_moved(token['top'])}:{row_moved(token['bottom'])}"
        end = f":{column_moved(token['end'])}" if token["end"] else ""
        return f"{column_moved(token['column'])}{row_moved(token['row'])}{end}"

    return _TOKENS.sub(moved, formula)
