"""The log: what went well, what went wrong, who did what. The same as the file that `log_file` names."""

import csv
import io

from flask import Response, request

from syncdb.services.calendar import Calendar
from syncdb.services.display import csv_cell
from syncdb.services.log_lines import KINDS, LogLine, log_lines
from syncdb.web.access import Way
from syncdb.web.rendering import asked, page, site

SPANS = {"24h": "24 hours", "7d": "7 days", "30d": "30 days"}
_SIGNS = {"success": "ok", "error": "bad", "warning": "look", "info": "off"}


def log() -> Response:
    """The newest entries."""
    kind, since, lines = _asked_for()
    calendar = site().calendar(asked().now)
    now = calendar.now.astimezone(calendar.zone)
    return page(
        "log.html",
        "Log",
        age=f"Read at {now:%H:%M:%S %Z}.",
        lines=[(line.at.astimezone(calendar.zone), line, _SIGNS[line.kind]) for line in lines],
        kind=kind,
        kinds=KINDS,
        since=since,
        spans=SPANS,
        path=site().place.log,
    )


def as_csv() -> Response:
    """The same as a file for spreadsheet programs."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("when", "kind", "part", "what"))
    zone = site().calendar(asked().now).zone
    for line in _asked_for()[2]:
        at = line.at.astimezone(zone).isoformat(" ")
        writer.writerow([csv_cell(cell) for cell in (at, line.kind, line.part, line.text)])
    named = {"Content-Disposition": "attachment; filename=syncdb-log.csv"}
    return Response(text.getvalue(), content_type="text/csv; charset=utf-8", headers=named)


def _asked_for() -> tuple[str, str, list[LogLine]]:
    kind = request.args.get("kind", "") if request.args.get("kind", "") in KINDS else ""
    since = request.args.get("since", "7d") if request.args.get("since", "7d") in SPANS else "7d"
    begin = Calendar.of(None, asked().now).since(since)
    assert begin is not None
    return kind, since, log_lines(site().place.log, begin, kind)


WAYS = (Way("/log", log), Way("/log.csv", as_csv))
