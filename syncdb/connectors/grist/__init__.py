"""Grist: tables of a document, read and written both ways."""

from syncdb.connectors.grist.budget import Budget, MonthlyCalls
from syncdb.connectors.grist.client import GristClient
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.layout import TableBinding, TableColumn
from syncdb.connectors.grist.table import GristTable

__all__ = ["TableBinding", "Budget", "TableColumn", "GristClient", "GristDocument", "GristTable", "MonthlyCalls"]
