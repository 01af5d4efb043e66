"""What `fleet` shows of many shops: how they stand, what `validate` says of each, and one report over all."""

from typing import TYPE_CHECKING

import typer

from syncdb.cli.output import Column, Output
from syncdb.errors import Exit
from syncdb.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from syncdb.fleet.book import FleetBook
    from syncdb.fleet.layout import FleetPlan
    from syncdb.fleet.telling import ShopState, Wanted
    from syncdb.fleet.validating import Tried

MOST = 50  # shops in a table, unless more of them need a look


def status(output: Output, book: "FleetBook", meant: "Wanted", *, metrics: bool) -> None:
    """Exit code 1 where a shop needs a person or is late, for monitoring."""
    from syncdb.fleet.telling import home_told, states, totals
    from syncdb.fleet.telling import metrics as as_metrics

    shops = meant.of(states(book.status()))
    homes = [row for row in book.by_home() if meant.home in ("", row["home"])]
    found = totals(shops)
    code = 1 if found["paused"] or found["failing"] or found["late"] else 0
    if metrics:
        typer.echo(as_metrics(shops), nl=False)
    elif output.as_json:
        told = [{name: row[name] for name in ("home", "shops", "workers", "slots", "versions")} for row in homes]
        output.data({"exit_code": code, "totals": found, "homes": told, "shops": [one.as_data() for one in shops]})
    else:
        others = [f"{count} {name}" for name, count in found.items() if name != "shops"]
        output.line(", ".join([counted(found["shops"], "shop"), *others]))
        for row in homes:
            output.line(home_told(row))
        _table(output, shops, everything=bool(meant.names))
    raise typer.Exit(code)


def _table(output: Output, shops: "list[ShopState]", *, everything: bool) -> None:
    """The shops, worst first; of many that are fine only how many there are."""
    first = len(shops) if everything else max(MOST, next((n for n, one in enumerate(shops) if one.fine), len(shops)))
    rows = [(one.name, one.home, one.state, _late(one.late), one.row["told"]) for one in shops[:first]]
    columns = [Column("Shop", fixed=True), Column("Home", fixed=True), Column("State"), Column("", fixed=True), Column("")]
    output.table(columns, rows)
    if len(shops) > first:
        output.line(f"... and {len(shops) - first} more; fleet status '*' lists all, --trouble those that need a look.")


def _late(seconds: float) -> str:
    return f"{seconds / 60:.0f} min late" if seconds > 60 else ""


def validate(output: Output, plan: "FleetPlan", at_once: int, *, offline: bool) -> None:
    from syncdb.fleet.layout import write_configs
    from syncdb.fleet.validating import tried

    write_configs(plan)
    found: list[Tried] = []
    for one in tried(plan, at_once, offline=offline):
        found.append(one)
        if not output.as_json:  # as they come: of many shops it takes minutes
            output.line(f"{one.name}: {'; '.join(one.failed) or 'passed'}")
    code = next((one.code for one in found if one.code), 0)
    if output.as_json:
        told = [{"name": one.name, "exit_code": one.code, "failed": list(one.failed)} for one in found]
        output.data({"exit_code": code, "shops": told})
    else:
        output.line(f"{sum(one.code == 0 for one in found)} of {len(found)} shops passed.")
    raise typer.Exit(code)


def report(output: Output, plan: "FleetPlan", days: int, at_once: int) -> None:
    """Exit code 3 where a shop could not be asked."""
    from syncdb.fleet.reporting import reports, sums

    found = reports(plan, days, at_once)
    total = {currency: str(amount) for currency, amount in sorted(sums(found).items())}
    code = Exit.PARTIAL if any(one.problem for one in found) else Exit.DONE
    if output.as_json:
        told = [{"name": one.name, "problem": one.problem, "report": one.data} for one in found]
        output.data({"exit_code": int(code), "orders": sum(one.orders for one in found), "revenue": total, "shops": told})
    else:
        rows = [(one.name, str(one.orders), _money(one.revenue), one.problem) for one in found]
        rows.append(("all", str(sum(one.orders for one in found)), _money(sums(found)), ""))
        output.table([Column("Shop", fixed=True), Column("Orders", fixed=True), Column("Revenue"), Column("")], rows)
    raise typer.Exit(int(code))


def _money(revenue: "Mapping[str, Decimal]") -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in sorted(revenue.items()))
