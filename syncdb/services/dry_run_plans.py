"""The plans of one dry run at a glance: what each comes to, and where its page is."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from syncdb.engine.report import Report
from syncdb.model import Action, Plan
from syncdb.services.calendar import Calendar
from syncdb.values import moment
from syncdb.wording import counted, stopped

PAGE = "summary.html"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a plan comes to. `changed` are cells in `changed_rows`; `removal` says what becomes of the `removed` rows."""

    added: int = 0
    changed: int = 0
    changed_rows: int = 0
    removed: int = 0
    removal: str = ""

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed_rows or self.removed)


@dataclass(frozen=True, slots=True)
class Planned:
    """One plan of several: for what, in which folder (None: there is no plan, only the report of a run that stopped)."""

    target: str
    report: Report
    folder: Path | None


def figures_of(plan: Plan) -> Figures:
    counts = Counter(op.action for op in plan.operations)
    cells = sum(len(op.changes) for op in plan.operations if op.action is Action.UPDATE)
    removal = sorted({plan.removal.get(op.side, "deleted") for op in plan.operations if op.action is Action.DELETE})
    return Figures(counts[Action.CREATE], cells, counts[Action.UPDATE], counts[Action.DELETE], ", ".join(removal))


def made_at(report: Report) -> str:
    """When it was made, by the shop's clock as all times below; UTC where the shop's time zone is not known."""
    return Calendar.of(report.zone, moment(report.started_at)).show(report.started_at)


def listed(plans: Iterable[Planned], folder: Path) -> list[dict[str, Any]]:
    """The list as the page in this folder shows it: each with its figures and the way to its page, none to itself."""
    return [_listed(one, folder) for one in plans]


def _listed(one: Planned, folder: Path) -> dict[str, Any]:
    here = one.folder == folder
    away = one.folder is not None and not here
    link = quote(Path(os.path.relpath(one.folder / PAGE, folder)).as_posix()) if one.folder and away else ""
    return {"target": one.target, "link": link, "here": here, "told": _told(one)}


def _told(one: Planned) -> str:
    if one.folder is None:
        return f"no plan. {stopped(str(one.report.failure or 'it was interrupted'))}"
    figures = figures_of(one.report.plan or Plan(()))
    parts = [f"{counted(figures.added, 'row')} to add", f"{counted(figures.changed, 'cell')} to change"]
    parts += [f"{counted(figures.removed, 'row')} to be {figures.removal}"] if figures.removed else []
    parts += [f"{len(one.report.conflicts):,} left for a person"] if one.report.conflicts else []
    would = f". A real run would stop: {one.report.foretold}" if one.report.foretold else ""
    return ", ".join(parts) + would


def overview(plans: Sequence[Planned], folder: Path) -> str:
    """The page that only lists them, for where no plan has its own at the top."""
    return rendered("dry_run_overview.html", made=made_at(plans[0].report), plans=listed(plans, folder))


def rendered(template: str, **data: Any) -> str:
    # here: a run that is no dry run starts faster without it
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("syncdb.services"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(template).render(**data)
