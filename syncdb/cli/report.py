"""`report`: a period in figures, for the terminal, as a page to mail and print, or as JSON."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncdb.cli.output import Output
    from syncdb.services.attention import Attention
    from syncdb.services.calendar import Calendar
    from syncdb.services.figures import Figures


class ReportFormat(StrEnum):
    text = "text"
    html = "html"
    json = "json"


def report(
    days: Annotated[int, typer.Option("--days", min=1, max=3660, metavar="N", help="How many days, today included.")] = 7,
    format_: Annotated[
        ReportFormat | None, typer.Option("--format", help="The form (default: by the file's ending, else text).")
    ] = None,
    file: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write it to a file.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `report`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        from syncdb.clock import SYSTEM
        from syncdb.ledger.queries.reader import reading
        from syncdb.services.attention import attention
        from syncdb.services.calendar import Calendar
        from syncdb.services.figures import gather
        from syncdb.services.files import refuse_taken
        from syncdb.services.ledger_location import find_ledger
        from syncdb.services.status import read_status

        form = ReportFormat.json if as_json else format_ or _by_ending(file)
        place = find_ledger(config, db)
        now = SYSTEM.now()
        target = _target(file, form, f"{now:%Y-%m-%d}")
        if target:
            refuse_taken(target, overwrite, never=place.ledger, named=place.named)
        with reading(place.ledger) as reader:
            state = read_status(reader, place, now)
            calendar = Calendar.of((state.shop or {}).get("zone"), now)
            figures = gather(reader, state, calendar, days)
        _deliver(output, form, target, figures, attention(state), calendar)


def _by_ending(file: Path | None) -> ReportFormat:
    """Raises ConfigurationError for an ending that promises what would not be in the file."""
    from syncdb.errors import ConfigurationError

    ending = file.suffix.lower().removeprefix(".") if file else ""
    text = dict.fromkeys(("", "txt", "text", "log", "md"), ReportFormat.text)
    forms = text | {"html": ReportFormat.html, "htm": ReportFormat.html, "json": ReportFormat.json}
    if ending not in forms:
        raise ConfigurationError(
            [f"No form is known for .{ending} files."], next_step="Use .html (a browser prints it as PDF), .json or .txt."
        )
    return forms[ending]


def _target(file: Path | None, form: ReportFormat, day: str) -> Path | None:
    """Where the report goes; None: the terminal. A page is nothing for a terminal, so it gets a file of its own."""
    if file is not None and str(file) == "-":
        return None
    if file is None and form is ReportFormat.html:
        file = Path(f"report-{day}.html")
    return file.absolute() if file else None


def _deliver(
    output: "Output",
    form: ReportFormat,
    target: Path | None,
    figures: "Figures",
    found: "Sequence[Attention]",
    calendar: "Calendar",
) -> None:
    import json

    from syncdb.cli.report_view import as_data, page, show

    if target is None and form is ReportFormat.text:
        show(output, figures, found, calendar)
        return
    if target is None and form is ReportFormat.json:
        output.data(as_data(figures, found))
        return
    if form is ReportFormat.json:
        text = json.dumps(as_data(figures, found), indent=1, ensure_ascii=False) + "\n"
    elif form is ReportFormat.html:
        text = page(figures, found, calendar)
    else:
        text = _as_text(figures, found, calendar)
    if target is None:
        output.raw(text)
        return
    _write(output, target, text)


def _as_text(figures: "Figures", found: "Sequence[Attention]", calendar: "Calendar") -> str:
    import io
    from contextlib import redirect_stdout

    from syncdb.cli.output import Output
    from syncdb.cli.report_view import show

    caught = io.StringIO()
    with redirect_stdout(caught):
        show(Output(), figures, found, calendar)
    return caught.getvalue()


def _write(output: "Output", target: Path, text: str) -> None:
    from syncdb.services.files import arriving

    with arriving(target) as part:
        part.write_text(text, encoding="utf-8")
    if output.as_json:
        output.data({"path": str(target)})
    else:
        output.line(f"Wrote {target}.")
