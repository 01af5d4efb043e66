"""`init`: from nothing to a working configuration, by a few questions or by options."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.interview import Interview
from syncdb.cli.options import JsonOption, answering
from syncdb.cli.output import Output
from syncdb.cli.prompts import confirmed
from syncdb.config.writing import UnreadableFile, set_aside, write_config, write_secrets
from syncdb.errors import ConfigurationError, NeedsPerson
from syncdb.pairs import registry
from syncdb.programs import MANAGER, SHEETS

PLAIN = (
    "shopify_store_name",
    "shopify_client_id",
    "google_service_account_file",
    "target_spreadsheet",
    "target_worksheet",
    "lookback_days",
)
SECRETS = ("shopify_client_secret", "shopify_access_token")


def init(
    shop: Annotated[str | None, typer.Option("--shop", metavar="NAME", help="The shop's name.")] = None,
    client_id: Annotated[str | None, typer.Option("--client-id", metavar="ID", help="The app's client id.")] = None,
    key_file: Annotated[str | None, typer.Option("--key-file", metavar="PATH", help="The service account's key file.")] = None,
    spreadsheet: Annotated[str | None, typer.Option("--spreadsheet", metavar="ADDRESS", help="Address, key or title.")] = None,
    worksheet: Annotated[str | None, typer.Option("--worksheet", metavar="TAB", help="The tab for the orders.")] = None,
    lookback_days: Annotated[str | None, typer.Option("--lookback-days", metavar="N", help="How far back to begin.")] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="PATH", help="The file to write (config.json).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a configuration; the old one is kept aside.")] = False,
    no_test: Annotated[bool, typer.Option("--no-test", help="Contact nobody; write the answers untried.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The command `init`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        file = (config or Path.cwd() / "config.json").absolute()
        options = {
            "shopify_store_name": shop,
            "shopify_client_id": client_id,
            "google_service_account_file": key_file,
            "target_spreadsheet": spreadsheet,
            "target_worksheet": worksheet,
            "lookback_days": lookback_days,
        }
        alone = as_json or not sys.stdin.isatty()
        _make_way(output, file, overwrite, alone)
        interview = Interview(output, file.parent, _given(options), alone, not no_test)
        interview.hold()
        kept = _write(file, interview.answers)
        _tell(output, file, interview, kept)


def _given(options: dict[str, str | None]) -> dict[str, str]:
    """What need not be asked: options, then the environment. An access token counts only without a client id."""
    found = {key.name: os.environ[key.env] for key in registry.known_keys().all if not key.unfilled(os.environ.get(key.env))}
    found |= {name: value for name, value in options.items() if value is not None}
    if "shopify_client_id" in found:
        found.pop("shopify_access_token", None)
    return found


def _make_way(output: Output, file: Path, overwrite: bool, alone: bool) -> None:
    """Ask before anything is replaced, and before anything else is asked."""
    if not file.parent.is_dir():
        raise ConfigurationError([f"The folder {file.parent} does not exist."], next_step="Make it first.")
    if not file.exists() or overwrite:
        return
    if alone:
        raise ConfigurationError([f"{file} is there already and was left as it is."], next_step="Give --overwrite to replace it.")
    confirmed(output, [f"{file} is there already. It would be kept as {file.name}.old."], "Make a new one?", yes=False)


def _write(file: Path, answers: dict[str, str]) -> Path | None:
    """Both files; the name under which an old configuration is kept. Raises NeedsPerson where they cannot be written."""
    settings: dict[str, object] = {name: answers[name] for name in PLAIN if name in answers}
    settings["lookback_days"] = registry.known_keys().by_name["lookback_days"].check(answers["lookback_days"])
    try:
        kept = set_aside(file) if file.exists() else None
        write_secrets(file.parent / ".env", {name: answers.get(name) for name in SECRETS}, registry.known_keys())
        write_config(file, settings)
    except (OSError, UnreadableFile) as error:
        raise NeedsPerson(
            f"The configuration cannot be written: {error}.", next_step="Check the rights of the folder."
        ) from error
    return kept


def _tell(output: Output, file: Path, interview: Interview, kept: Path | None) -> None:
    if output.as_json:
        output.data(
            {
                "exit_code": 0,
                "config": str(file),
                "secrets": str(file.parent / ".env"),
                "kept": str(kept) if kept else None,
                "share_with": interview.email,
                "tested": interview.test,
            }
        )
        return
    output.line(f"Written: {file} and {file.parent / '.env'} (secrets, readable by you only).")
    if kept:
        output.line(f"The old configuration is kept as {kept.name}.")
    if not interview.test:
        output.line(f"Nothing was tried. Share the spreadsheet with {interview.email} as Editor, then: {MANAGER} validate")
    output.line(f"What to do now: {SHEETS} --test   (shows what a first run would do, changes nothing)")
