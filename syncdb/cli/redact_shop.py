"""`redact shop:NAME`: a shop took the app out, and all that is kept of its customers is to go."""

from collections.abc import Sequence
from pathlib import Path

import typer

from syncdb.cli.output import Output
from syncdb.cli.prompts import confirmed
from syncdb.clock import SYSTEM
from syncdb.errors import ConfigurationError, Exit
from syncdb.programs import MANAGER
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.shop_redaction import delete_files, kept_files, shop_seen_to, shops_asking

PREFIX = "shop:"
_PLACES = (
    "The places on the other side that show orders or customers are the merchant's own and stay as they are; "
    "exports, reports and backups that were put elsewhere are yours to delete."
)


def redact_shop(
    output: Output, shop: str, place: LedgerLocation, also: Sequence[Path], *, delete: bool, done: bool, yes: bool
) -> None:
    """Say what is kept; delete it, or take the word of a person that it was seen to; then the request is closed."""
    asking = shops_asking(place.ledger)
    if shop not in asking:
        told = f"Open are: {', '.join(PREFIX + one for one in asking)}." if asking else "None is open."
        raise ConfigurationError(
            [f"There is no open request of {shop} to erase everything. {told} Nothing was done."],
            next_step=f"See what waits: {MANAGER} status",
        )
    files = kept_files(place.ledger, place.log, also)
    if done:
        confirmed(output, _left(shop, files), "Is all of it seen to?", yes=yes)
    elif files and not delete:
        _listed(output, shop, files)
        raise typer.Exit(int(Exit.PARTIAL))
    elif files:
        confirmed(output, _to_delete(shop, files), "Delete them for good?", yes=yes)
        delete_files(place.ledger, files)
    shop_seen_to(place.ledger, shop, SYSTEM.now())
    if output.as_json:
        output.data(_data(shop, [] if done else files, files if done else []))
        return
    output.line(f"The request of {shop} is closed." + (f" Deleted: {len(files)} files." if files and not done else ""))
    output.line(_PLACES)


def _left(shop: str, files: Sequence[Path]) -> list[str]:
    return [
        f"You say that nothing is kept any more of the customers of {shop} that need not be kept by law. Nothing is deleted now.",
        *(f"  Stays: {path}" for path in files),
    ]


def _to_delete(shop: str, files: Sequence[Path]) -> list[str]:
    return [
        f"{shop} took the app out. These files go, with all that they hold, also of other shops and pairs of this configuration:",
        *(f"  {path}" for path in files),
    ]


def _listed(output: Output, shop: str, files: Sequence[Path]) -> None:
    if output.as_json:
        output.data(_data(shop, [], files) | {"exit_code": int(Exit.PARTIAL), "closed": False})
        return
    for line in (f"{shop} took the app out. What is kept of its customers may stand in:", *(f"  {path}" for path in files)):
        output.line(line)
    output.hint("Nothing was deleted, and the request stays open.")
    output.hint(f"Delete all of it: {MANAGER} redact {PREFIX}{shop} --delete-files")
    output.hint("Exports and reports too: name their files or folders with --also PATH.")
    output.hint("If it was seen to in another way (each customer redacted, files moved to an archive): add --done instead.")


def _data(shop: str, deleted: Sequence[Path], left: Sequence[Path]) -> dict[str, object]:
    told = {"files_deleted": [str(path) for path in deleted], "files_left": [str(path) for path in left]}
    return {"exit_code": 0, "shop": shop, "closed": True, **told}
