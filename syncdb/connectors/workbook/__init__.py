"""A file on this computer as a place for records: a tab of a workbook, or a CSV file. Everybody else's cells are left alone."""

from syncdb.connectors.workbook.binding import FileBinding
from syncdb.connectors.workbook.connector import WorkbookConnector

__all__ = ["FileBinding", "WorkbookConnector"]
