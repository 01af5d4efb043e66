"""A process that reads a spreadsheet as often as it may, until somebody ends it.

python -m tests.fleet.reader KEY_FILE BASE_URL SPREADSHEET
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from syncdb.clock import SYSTEM
from syncdb.http import Retrier
from syncdb.systems.google_sheets.connecting import google_client


@dataclass(frozen=True, slots=True)
class Access:
    google_service_account_file: Path
    google_api_base_url: str | None
    deadline_seconds: int = 300


def main(key_file: str, base_url: str, spreadsheet: str) -> None:
    client = google_client(Access(Path(key_file), base_url), SYSTEM, Retrier())
    while True:
        client.get(f"https://sheets.googleapis.com/v4/spreadsheets/{spreadsheet}")


if __name__ == "__main__":
    main(*sys.argv[1:])
