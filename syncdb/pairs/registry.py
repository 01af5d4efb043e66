"""The pairs of systems that a ledger may serve: how they are called, which command runs them, which of them are configured."""

from enum import StrEnum


class PairName(StrEnum):
    """What the shop is kept in step with, as options name it."""

    SHEETS = "sheets"
    GRIST = "grist"


SCRIPTS = {PairName.SHEETS: "shopify_sheets_sync.py", PairName.GRIST: "shopify_grist_sync.py"}
ABOUT = {PairName.SHEETS: "Shopify orders into the Google Sheet", PairName.GRIST: "A shop and a Grist document in step"}
# the setting without which there is no such pair
NAMED_BY = {PairName.SHEETS: "target_spreadsheet", PairName.GRIST: "grist_document"}


def pair_of(pair: str) -> PairName:
    """Which pair a name in the ledger (`grist:DOCUMENT`, `sheets:SPREADSHEET:TAB:rows`) belongs to."""
    return PairName.GRIST if pair.partition(":")[0] == PairName.GRIST else PairName.SHEETS


def series_of(pair: str) -> str:
    """What is run together and again and again, in words: the orders of a Grist document have runs of their own."""
    if pair_of(pair) is PairName.SHEETS:
        return "Google Sheet"
    return "Grist, orders" if pair.endswith(":orders") else "Grist"


def command(pair: str) -> str:
    """The command that runs a pair of the ledger."""
    return f"python {SCRIPTS[pair_of(pair)]}"
