"""What a person at a terminal sees while a run goes on: a progress bar for each stage."""

import logging
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

log = logging.getLogger("syncdb.run")


class Bars:
    """A progress bar for each stage."""

    def __init__(self, console: Console, check: Callable[[], None]) -> None:
        self.stop_if_asked = check
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True)

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        log.info("%s%s", name, f" ({total})" if total else "")
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._progress.add_task(name, total=total)

    def advance(self, steps: int = 1) -> None:
        if self._progress.task_ids:
            self._progress.advance(self._progress.task_ids[-1], steps)
