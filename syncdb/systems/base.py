"""What a system declares of itself: what people call it, and the settings it is reached with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncdb.config.keys import Key
from syncdb.systems.questions import Topic


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file on this computer that runs keep for people. `refuse_open` raises RetryLater while one of them has it open."""

    path: Path
    refuse_open: Callable[[], None]


def no_files(settings: Mapping[str, Any]) -> tuple[KeptFile, ...]:
    """What most systems keep on this computer."""
    return ()


@dataclass(frozen=True, slots=True)
class System:
    """A place where data live. `name` is stable, for scripts and the ledger; `title` is what messages call it.

    `redirected_by` names the setting that sends its requests elsewhere (a proxy, a sandbox), `calls_by` the one that limits how
    many requests a calendar month it may be sent; empty where there is none. `topics` are what is asked to set it up.
    `counts_requests`: those to it can be counted for several shops together. `keeps` are the files of such settings, by name, as
    were found; their paths are whole.
    """

    name: str
    title: str
    keys: tuple[Key, ...]
    redirected_by: str = ""
    calls_by: str = ""
    topics: tuple[Topic, ...] = ()
    counts_requests: bool = False
    keeps: Callable[[Mapping[str, Any]], tuple[KeptFile, ...]] = no_files

    def instance(self, name: str, shorts: dict[str, str], title: str = "") -> "System":
        """One of several instances of it in a configuration: its settings carry the instance's name.

        `shorts` gives, for each of the system's settings that the instance has, what it is called behind that name.
        """
        keys = {key.name: key.of_instance(name, shorts[key.name]) for key in self.keys if key.name in shorts}
        names = {old: key.name for old, key in keys.items()}
        return System(
            name,
            title or f"{self.title} ({name})",
            tuple(keys.values()),
            names.get(self.redirected_by, ""),
            names.get(self.calls_by, ""),
            tuple(topic.of_instance(name, names) for topic in self.topics),
        )
