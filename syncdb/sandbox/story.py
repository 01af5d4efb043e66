"""What the demonstrations share: a story told step by step, each promise checked, in a folder of its own."""

import shutil
import textwrap
import time
from pathlib import Path

from rich.console import Console

MARK = "DEMONSTRATION.txt"  # only a folder with this file in it is ever emptied


class Time:
    """This computer's time, some seconds ahead: so that an hour can pass in the story."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead

    def __call__(self) -> float:
        return time.time() + self.ahead

    def pass_by(self, seconds: float) -> None:
        self.ahead += seconds


class Story:
    """Tells each step and remembers which promises did not come true."""

    def __init__(self, time: Time, console: Console) -> None:
        self.time, self.console = time, console
        self.failed: list[str] = []
        self.step = 0

    def tell(self, title: str, *lines: str) -> None:
        self.step += 1
        self.console.print(f"\n[bold]{self.step}. {title}[/bold]")
        for line in lines:
            self.console.print(self._indented(line), highlight=False, markup=False)

    def _indented(self, text: str) -> str:
        """A sentence of the story; on a terminal folded between its words, elsewhere one line."""
        if not self.console.is_terminal:
            return f"   {text}"
        folded = textwrap.wrap(text, self.console.width - 3, break_long_words=False, break_on_hyphens=False)
        return textwrap.indent("\n".join(folded), "   ")

    def command(self, line: str) -> None:
        """What a person would type."""
        self.console.print(f"   $ python {line}", style="cyan", highlight=False, markup=False)

    def remark(self, text: str) -> None:
        self.console.print(self._indented(text), style="dim", highlight=False, markup=False)

    def an_hour_later(self) -> None:
        self.time.pass_by(3600)
        self.remark("... an hour later ...")

    def check(self, true: bool, otherwise: str) -> None:
        if not true:
            self.failed.append(otherwise)
            self.console.print(f"   FAILED: {otherwise}", style="bold red", markup=False)

    def broken(self) -> bool:
        """Whether a promise did not hold; says which."""
        if self.failed:
            self.console.print(f"\n{len(self.failed)} of the promises did not hold:", style="bold red")
        for promise in dict.fromkeys(self.failed):
            self.console.print(f"  - {promise}", style="bold red", markup=False)
        return bool(self.failed)


def fresh_folder(folder: Path, console: Console) -> bool:
    """Empty the folder of an earlier demonstration, or make it; False, and nothing done, if something else is in it."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        console.print(f"{folder} holds something else than an earlier demonstration. Nothing was done.", markup=False)
        console.print("What to do: name another folder with --folder.", markup=False)
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("Made by the demonstration, which empties this folder when it is run again.\n", encoding="utf-8")
    return True
