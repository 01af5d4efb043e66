"""The service account that opens the spreadsheet: its key file, read with an explanation for whatever can be wrong with it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.oauth2 import service_account

from syncdb.errors import ConfigurationError

SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.metadata.readonly",  # only to find a spreadsheet by its title
)
NEEDED = ("client_email", "private_key", "token_uri")


class _LocalCredentials(service_account.Credentials):
    """Credentials that stay away from Google's own hosts, for use with a base URL of one's own.

    google-auth 2.62 looks up a "regional access boundary" at iamcredentials.googleapis.com in the background (observed).
    """

    def _maybe_start_regional_access_boundary_refresh(self, request: Any, url: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Account:
    """A service account ready for use; `email` is the address that a spreadsheet is shared with."""

    email: str
    credentials: Any


def open_account(key_file: Path, base_url: str | None = None) -> Account:
    """The account of a key file. `token_uri` of the file is used as it stands, also with a base URL.

    Raises ConfigurationError, naming the file, where it is missing or no usable service-account key.
    """
    info = _read(key_file)
    kind: Any = _LocalCredentials if base_url else service_account.Credentials
    try:
        credentials = kind.from_service_account_info(info, scopes=list(SCOPES))
    except ValueError:  # its text may quote the key, so it is not passed on
        raise _problem(f"the private key in {key_file} cannot be read") from None
    return Account(str(info["client_email"]), credentials)


def _read(key_file: Path) -> dict[str, Any]:
    try:
        info = json.loads(key_file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise _problem(f"the service-account key file {key_file} does not exist") from None
    except OSError as cannot:
        raise _problem(f"the service-account key file {key_file} cannot be read: {cannot.strerror}") from None
    except ValueError:
        raise _problem(f"{key_file} is not JSON") from None
    if not isinstance(info, dict) or info.get("type") != "service_account":
        raise _problem(f"{key_file} is JSON, but not the key of a service account (it does not say type: service_account)")
    missing = [name for name in NEEDED if not isinstance(info.get(name), str) or not info[name]]
    if missing:
        raise _problem(f"the service-account key file {key_file} lacks {', '.join(missing)}")
    return info


def _problem(what: str) -> ConfigurationError:
    return ConfigurationError(
        [f"google_service_account_file: {what}"],
        next_step="Google Cloud console > IAM & Admin > Service accounts > Keys > Add key > JSON, and name the downloaded file.",
    )
