"""What a message tells somebody to type, said as the page that does the same: who reads it in a browser has no shell there."""

import re

from syncdb.programs import MANAGER

# the commands that have a page, by their first words
_PAGES = {
    "status": "Today",
    "conflicts": "Decide",
    "orders": "Orders",
    "history": "Orders",
    "errors": "Errors",
    "retry": "Errors",
    "missing": "Missing",
    "erp queue": "Queue",
    "report": "Report",
    "alerts": "Alerts",
    "webhooks": "Webhooks",
    "erp webhooks": "Webhooks",
    "validate": "Settings",
    "secrets": "Settings",
    "init": "Set-up",
}
_PROGRAM = rf"(?:{re.escape(MANAGER)}|(?:\S*python\S* )?\S*sync_manager\.py|(?<![\w./-])syncdb)"
_GIVEN = r"(?: (?:--[\w-]+(?: [A-Z]+)?|status|register|list|test|set(?: \w+)?|rotate|ID|NAME)(?![\w-]))*"
_COMMAND = re.compile(rf"{_PROGRAM} ({'|'.join(sorted(_PAGES, key=len, reverse=True))})(?![\w-]){_GIVEN}")


def in_pages(text: str) -> str:
    """A next step with pages in place of commands; a command without a page stays."""

    def named(found: re.Match[str]) -> str:
        begins = not found.start() or text[: found.start()].endswith((". ", "? "))
        return f"{'The' if begins else 'the'} page {_PAGES[found[1]]}"

    return _COMMAND.sub(named, text)
