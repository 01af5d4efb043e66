"""Google Sheets as a place for records: one tab, one row per record, everybody else's cells left alone."""

from syncdb.connectors.google_sheets.account import open_account
from syncdb.connectors.google_sheets.binding import TabBinding
from syncdb.connectors.google_sheets.client import Client
from syncdb.connectors.google_sheets.connector import SheetConnector

__all__ = ["TabBinding", "Client", "SheetConnector", "open_account"]
