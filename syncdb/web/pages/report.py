"""A period in figures. The same as `report`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Response, request

from syncdb.services.amounts import grouped, priced
from syncdb.services.calendar import Calendar
from syncdb.services.display import field_words
from syncdb.services.figures import DayFigures, Figures, gather
from syncdb.services.gap_data import numbers
from syncdb.services.plots import Bar, chart
from syncdb.services.status import OUTCOMES, read_status
from syncdb.web.access import Way
from syncdb.web.asked import Look
from syncdb.web.rendering import asked, page, site

DAYS = (7, 14, 30, 90, 365)


def report() -> Response:
    """Orders and revenue by day, changes, runs, errors, gaps."""
    days = next((one for one in DAYS if str(one) == request.args.get("days")), DAYS[0])
    standing = site().standing()  # before the look: what is written meanwhile counts for the next
    with site().looking(asked().now) as look:
        figures = site().once(f"report {days}", (standing, look.today), lambda: _gathered(look, days))
        age, calendar = look.age, look.calendar
    return page("report_page.html", "Report", command=f"report --days {days}", age=age, **_shown(figures, calendar, days))


def _gathered(look: Look, days: int) -> Figures:
    return gather(look.reader, read_status(look.reader, look.place, asked().now), look.calendar, days)


def _shown(figures: Figures, calendar: Calendar, days: int) -> dict[str, Any]:
    sales, runs = figures.sales, figures.runs
    return {
        "days": days,
        "choices": DAYS,
        "first": figures.days[0].date,
        "last": figures.days[-1].date,
        "zone": figures.zone,
        "sales": sales,
        "changed": figures.changed_orders,
        "changed_fields": [(field_words(name), count) for name, count in figures.changed_fields[:8]],
        "revenue": [(name, grouped(total, name)) for name, total in sales.revenue.items()],
        "charts": list(_charts(figures.days, sales.revenue)),
        "standing": [("Payment", sales.financial.most_common()), ("Fulfillment", sales.fulfillment.most_common())],
        "runs": runs,
        "errors": figures.errors,
        "open_errors": sum(len(group.errors) for group in figures.open_errors),
        "failed": [_failed(run, calendar) for run in reversed(runs.failed[-20:])],
        "gaps": [(numbers(gap), gap.count, gap.reason.value) for gap in figures.gaps[:50]],
    }


def _charts(days: Sequence[DayFigures], revenue: dict[str, Decimal]) -> Any:
    yield "Orders a day", chart([_bar(day, day.orders, "orders") for day in days], "Orders a day")
    for name in revenue:
        title = f"Revenue a day in {name}"
        yield title, chart([_bar(day, day.revenue.get(name, Decimal(0)), name) for day in days], title)
    made = [Bar(_label(day), ((day.runs_well, "good"), (day.runs_else, "bad")), _told(day)) for day in days]
    yield "Runs a day: done, and others", chart(made, "Runs a day")


def _bar(day: DayFigures, value: int | Decimal, unit: str) -> Bar:
    told = priced(value, unit) if isinstance(value, Decimal) else f"{value} {unit}"
    return Bar(_label(day), ((value, "a"),), f"{day.date}: {told}")


def _told(day: DayFigures) -> str:
    return f"{day.date}: {day.runs_well} done, {day.runs_else} other"


def _label(day: DayFigures) -> str:
    return f"{day.date:%b} {day.date.day}"


def _failed(run: Any, calendar: Calendar) -> dict[str, str]:
    code = run["exit_code"]
    return {
        "id": str(run["run_id"]),
        "at": calendar.short(run["started_at"]),
        "outcome": f"{OUTCOMES.get(code, 'failed')} ({code})",
        "message": run["message"] or "",
    }


WAYS = (Way("/report", report),)
