"""Google Sheets as a system: its settings."""

import re
from typing import Any

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.config.validators import json_object, text
from syncdb.systems.base import System
from syncdb.systems.questions import Question, Topic


def spreadsheet(raw: Any) -> str:
    """A spreadsheet's title, key or address. Only addresses can be told to be wrong without asking Google."""
    value = text(raw)
    if re.match(r"https?://", value, re.IGNORECASE):
        if "/spreadsheets/d/e/" in value:
            raise ValueError("must be the address shown while editing the spreadsheet; this is that of its published copy")
        if not re.search(r"/spreadsheets/(u/\d+/)?d/[\w-]+", value):
            raise ValueError("must be a spreadsheet's title, its key or its address (https://docs.google.com/spreadsheets/d/...)")
    return value


MOST_TITLE = 100  # characters of a tab's name that Google takes; any character is fine


def tab(raw: Any) -> str:
    """A tab's name."""
    value = text(raw)
    if len(value) > MOST_TITLE:
        raise ValueError(f"must have at most {MOST_TITLE} characters, or Google makes no such tab; this has {len(value)}")
    return value


def spreadsheets(raw: Any) -> dict[str, str]:
    """A spreadsheet for each of some periods. Which names periods have is somebody else's business."""
    return {str(period).strip(): spreadsheet(place) for period, place in json_object(raw).items()}


GOOGLE_SHEETS = System(
    name="google",
    title="Google Sheets",
    keys=(
        Key(
            "google_service_account_file", "GOOGLE_SERVICE_ACCOUNT_FILE", validators.path, None,
            "The key file (JSON) of the Google service account.",
            needed="Give the path of the JSON key file of your Google service account.",
        ),
        Key(
            "google_api_base_url", "GOOGLE_API_BASE_URL", validators.base_url, None,
            "Where requests for Sheets and Drive are sent instead. The token is still asked for at the key file's `token_uri`.",
        ),
    ),
    redirected_by="google_api_base_url",
    counts_requests=True,
    topics=(
        Topic(
            "google key file",
            (
                Question(
                    "google_service_account_file", "Path of the key file", "service_account.json", option="--key-file",
                    metavar="PATH", upload="service_account.json",
                ),
            ),
            "A way into Google. console.cloud.google.com: make a project, enable the Google Sheets API and the Google Drive API, "
            "make a service account (IAM & Admin), and of it a key: Keys, Add key, JSON. Put the file it downloads into this "
            "folder.",
            must=True,
            offline=True,
        ),
    ),
)  # fmt: skip
