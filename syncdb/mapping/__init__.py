"""What of an order is shown in a sheet, and how."""

from syncdb.mapping.choice import CATALOGUE, Amounts, Choice, default_columns, parse_columns
from syncdb.mapping.columns import OrderColumn
from syncdb.mapping.sheet import SheetMapping

__all__ = ["CATALOGUE", "Amounts", "Choice", "OrderColumn", "SheetMapping", "default_columns", "parse_columns"]
