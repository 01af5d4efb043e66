"""A report's figures as text, as a page, and as JSON data."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from syncdb import __version__
from syncdb.cli.errors import group_as_data
from syncdb.cli.output import Column, Output
from syncdb.orders.number_gaps import Gap, Reason
from syncdb.programs import MANAGER
from syncdb.services import gap_data
from syncdb.services.amounts import amount, grouped, priced
from syncdb.services.attention import Attention
from syncdb.services.calendar import Calendar, span
from syncdb.services.display import field_words
from syncdb.services.figures import DayFigures, Figures
from syncdb.services.plots import Bar, chart
from syncdb.services.run_words import size
from syncdb.services.status import OUTCOMES
from syncdb.systems.shopify.versions import days_left
from syncdb.wording import counted

REASONS = {
    Reason.UNEXPLAINED: f"unexplained ({MANAGER} missing asks the shop)",
    Reason.ASKED: "the shop does not have them (deleted, most likely)",
    Reason.RENUMBERED: "the counter seems to have been set forward",
    Reason.RECENT: "too new to tell; the next run reads that time again",
    Reason.NOT_READ: "from before the time that the ledger covers",
}

BROUGHT = ("rows_added", "rows_changed")


def as_data(figures: Figures, found: Sequence[Attention]) -> dict[str, Any]:
    """The report for scripts; amounts are exact text. The names are documented in docs/manager.md."""
    sales, runs = figures.sales, figures.runs
    return {
        "period": {"since": figures.since, "until": figures.until, "zone": figures.zone, "days": len(figures.days)},
        "fine": not found,
        "attention": [asdict(one) for one in found],
        "orders": {
            "made": sales.orders,
            "test": sales.test,
            "cancelled": sales.cancelled,
            "deleted": sales.deleted,
            "by_financial_status": dict(sales.financial),
            "by_fulfillment_status": dict(sales.fulfillment),
        },
        "revenue": {
            currency: {"total": amount(total), "orders": sales.counted[currency]} for currency, total in sales.revenue.items()
        },
        "days": [_day_data(day) for day in figures.days],
        "runs": {"count": runs.count, "outcomes": dict(runs.outcomes), "median_seconds": runs.seconds, "sums": dict(runs.sums)},
        "changes": {"orders": figures.changed_orders, "fields": dict(figures.changed_fields)},
        "errors": {**figures.errors, "open": [group_as_data(group) for group in figures.open_errors]},
        "gaps": [gap_data.with_reason(gap) for gap in figures.gaps],
        "health": {"version": __version__, "ledger_bytes": figures.state.size, "orders_tracked": figures.state.counts.orders},
    }


def _day_data(day: DayFigures) -> dict[str, Any]:
    revenue = {currency: amount(total) for currency, total in day.revenue.items()}
    return {"date": day.date.isoformat(), "orders": day.orders, "revenue": revenue, "runs": day.runs_well + day.runs_else}


def show(output: Output, figures: Figures, found: Sequence[Attention], calendar: Calendar) -> None:
    """The report as text for a terminal or a mail."""
    sales = figures.sales
    first, last = figures.days[0].date, figures.days[-1].date
    output.line(f"{_shop(figures)}: {first} to {last} ({figures.zone})", "bold")
    output.points([one.message, f"What to do: {one.next_step}"] for one in found)
    output.line()
    left_out = [f"{count} {word}" for count, word in ((sales.test, "test"), (sales.deleted, "deleted")) if count]
    revenue = [f"{priced(total, name)} ({counted(sales.counted[name], 'order')})" for name, total in sales.revenue.items()]
    output.facts(
        [
            ("Orders made", f"{sales.orders}, {sales.cancelled} of them cancelled" if figures.state.tracks_orders else ""),
            ("Revenue", ", ".join(revenue) + (f"; without {' and '.join(left_out)}" if left_out and revenue else "")),
            ("Payment", _counts(sales.financial)),
            ("Fulfillment", _counts(sales.fulfillment)),
            ("Changes", _changes(figures) if figures.state.tracks_orders else ""),
            ("Runs", _run_words(figures)),
            ("Errors", f"{figures.errors['new']} new, {figures.errors['resolved']} resolved, {_open(figures)} open"),
            ("Gaps", _gap_words(figures.gaps) if figures.state.tracks_orders else ""),
            *_health(figures, calendar),
        ]
    )
    output.line()
    _days(output, figures)


def _days(output: Output, figures: Figures) -> None:
    if not figures.state.tracks_orders:
        return
    currencies = list(figures.sales.revenue)
    most = max((day.orders for day in figures.days), default=0)
    titles = [Column("Day", fixed=True), Column("Orders", right=True), *(Column(name, right=True) for name in currencies)]
    shown = figures.days[-62:]
    rows = (
        [
            day.date.isoformat(),
            str(day.orders),
            *(amount(day.revenue.get(name, Decimal(0)), name) for name in currencies),
            f"{day.runs_well + day.runs_else}",
            "#" * round(24 * day.orders / most) if most else "",
        ]
        for day in shown
    )
    output.table([*titles, Column("Runs", right=True), Column("")], rows)
    if len(figures.days) > len(shown):
        output.hint(f"These are the last {len(shown)} of {len(figures.days)} days; --json has all of them.")


def page(figures: Figures, found: Sequence[Attention], calendar: Calendar) -> str:
    """The report as one HTML file that needs nothing else."""
    environment = Environment(loader=PackageLoader("syncdb.services"), autoescape=True, undefined=StrictUndefined)
    sales = figures.sales
    return environment.get_template("report.html").render(
        shop=_shop(figures),
        days=len(figures.days),
        first_day=figures.days[0].date.isoformat(),
        last_day=figures.days[-1].date.isoformat(),
        zone=figures.zone,
        made_at=calendar.now.astimezone(calendar.zone).strftime("%Y-%m-%d %H:%M"),
        attention=found,
        called=field_words,
        figures=figures,
        orders=figures.state.tracks_orders,
        kept=[(kind.replace("_", " "), f"{count:,}") for kind, count in figures.state.kept.items()],
        brought=f"{sum(figures.runs.sums.get(name, 0) for name in BROUGHT):,}",
        sales=sales,
        revenue=[(currency, grouped(total, currency)) for currency, total in sales.revenue.items()],
        orders_chart=chart([_bar(day, day.orders, "orders") for day in figures.days], "Orders a day"),
        revenue_charts=[(name, _revenue_chart(figures, name)) for name in sales.revenue],
        standing=(("Payment", sales.financial.most_common()), ("Fulfillment", sales.fulfillment.most_common())),
        runs_chart=chart([_run_bar(day) for day in figures.days], "Runs a day"),
        run_words=_run_words(figures),
        failed=[_failed(run, calendar) for run in figures.runs.failed[-20:]],
        gaps=[_gap_row(gap) for gap in figures.gaps[:50]],
        errors=list(_error_rows(figures, calendar)),
        health=[pair for pair in _health(figures, calendar) if pair[1]],
    )


def _shop(figures: Figures) -> str:
    shop = figures.state.shop or {}
    series = ", ".join(one.name for one in figures.state.series)
    return str(shop.get("name") or shop.get("domain") or series or "The ledger")


def _bar(day: DayFigures, value: int | Decimal, unit: str) -> Bar:
    told = priced(value, unit) if isinstance(value, Decimal) else f"{value} {unit}"
    return Bar(_label(day), ((value, "a"),), f"{day.date}: {told}")


def _label(day: DayFigures) -> str:
    return day.date.strftime("%b %d").replace(" 0", " ")


def _revenue_chart(figures: Figures, currency: str) -> Any:
    bars = [_bar(day, day.revenue.get(currency, Decimal(0)), currency) for day in figures.days]
    return chart(bars, f"Revenue a day in {currency}")


def _run_bar(day: DayFigures) -> Bar:
    told = f"{day.date}: {day.runs_well} done, {day.runs_else} other"
    return Bar(_label(day), ((day.runs_well, "good"), (day.runs_else, "bad")), told)


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _changes(figures: Figures) -> str:
    top = ", ".join(f"{field_words(name)} {count}" for name, count in figures.changed_fields[:4])
    return counted(figures.changed_orders, "order") + (f" (most: {top})" if top else "")


def _run_words(figures: Figures) -> str:
    runs = figures.runs
    told = [f"{runs.count} run{'' if runs.count == 1 else 's'}", *(f"{count} {name}" for name, count in runs.outcomes.items())]
    told += [f"{runs.seconds:.0f} s each as a rule"] if runs.seconds is not None else []
    added, cells = runs.sums.get("rows_added", 0), runs.sums.get("cells_changed", 0)
    return ", ".join(told) + f"; {counted(added, 'row')} added and {counted(cells, 'cell')} written."


def _failed(run: Mapping[str, Any], calendar: Calendar) -> dict[str, str]:
    code = run["exit_code"]
    return {
        "id": str(run["run_id"]),
        "at": calendar.short(run["started_at"]),
        "outcome": f"{code}, {OUTCOMES.get(code, 'failed')}",
        "message": run["message"] or "",
    }


def _open(figures: Figures) -> int:
    return sum(len(group.errors) for group in figures.open_errors)


def _gap_words(gaps: Sequence[Gap], most: int = 5) -> str:
    told = []
    for reason, words in REASONS.items():
        alike = [gap for gap in gaps if gap.reason is reason]
        more = f" and {len(alike) - most} more" if len(alike) > most else ""
        told += [f"{', '.join(map(gap_data.numbers, alike[:most]))}{more}: {words}"] if alike else []
    return "; ".join(told) or "none"


def _gap_row(gap: Gap) -> dict[str, Any]:
    return {
        "names": gap_data.numbers(gap),
        "count": gap.count,
        "between": f"{gap.after.name}, {gap.before.name}",
        "reason": REASONS[gap.reason],
    }


def _error_rows(figures: Figures, calendar: Calendar) -> Iterator[dict[str, Any]]:
    for group in figures.open_errors:
        since = calendar.short(group.first_at)
        told = {"cause": group.cause, "message": group.message, "next_step": group.next_step}
        yield told | {"count": len(group.errors), "since": since}


def _health(figures: Figures, calendar: Calendar) -> Iterator[tuple[str, str]]:
    state = figures.state
    yield "Orders known", str(state.counts.orders) if state.tracks_orders else ""
    yield "In step", ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in state.kept.items())
    if state.mark:
        yield "Complete up to", calendar.show(state.mark["at"])
    checked = f", read through {calendar.ago(state.checked_at)}" if state.checked_at else ""
    yield "Ledger", f"{size(state.size)}{checked}"
    left = days_left(state.version, state.now) if state.version else None
    yield (
        "API version",
        f"{state.version}, {counted(left, 'day')} until Shopify ends it" if left is not None else str(state.version or ""),
    )
    yield "Usual time between runs", span(state.rhythm.interval) if state.rhythm else ""
    yield "syncdb", __version__
