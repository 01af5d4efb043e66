"""Commands in messages, said as pages."""

import pytest

from syncdb.programs import MANAGER
from syncdb.web.in_pages import in_pages


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (f"See what was held back: {MANAGER} errors", "See what was held back: the page Errors"),
        (f"{MANAGER} errors", "The page Errors"),
        ("See them: syncdb conflicts", "See them: the page Decide"),
        ("Look: /opt/x/.venv/bin/python /opt/x/sync_manager.py webhooks status. And more.", "Look: the page Webhooks. And more."),
        (f"Enter it again: {MANAGER} secrets set grist_api_key", "Enter it again: the page Settings"),
        (f"See why: {MANAGER} erp queue --failed", "See why: the page Queue"),
        (
            f"{MANAGER} init asks for what is needed (docs/set-up.md).",
            "The page Set-up asks for what is needed (docs/set-up.md).",
        ),
        (f"Nothing. {MANAGER} validate lists them", "Nothing. The page Settings lists them"),
        (
            f"{MANAGER} sentos detect finds it out; {MANAGER} erp install",
            f"{MANAGER} sentos detect finds it out; {MANAGER} erp install",
        ),
        (
            "Report it to syncdb; update syncdb or wait; /var/syncdb/syncdb.log; syncdb-errors it is",
            "Report it to syncdb; update syncdb or wait; /var/syncdb/syncdb.log; syncdb-errors it is",
        ),
    ],
)
def test_a_command_that_has_a_page_is_called_by_it(told: str, said: str) -> None:
    assert in_pages(told) == said
