"""The files of a shop that go with it to another home: its ledger, what lies beside that, and what its runs keep for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from syncdb.fleet.layout import FleetPlan
from syncdb.fleet.running import environment
from syncdb.ledger import redacted
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.web.file import web_path
from syncdb.services.ledger_location import find_ledger, kept_files
from syncdb.systems.base import KeptFile

LEDGER = "ledger.db"
FILES = "files"  # those for people, by their paths from the shop's folder


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file: its name among those that go, and where it lies here. A `database` may be written to while it is copied."""

    name: str
    here: Path
    database: bool = False


@dataclass(frozen=True, slots=True)
class ShopFiles:
    """What belongs to a shop on this computer, each file as a path whether it is there or not.

    `elsewhere` are files for people outside of the shop's folder: they stay. `of_people` are those in it that a person made for
    its configuration.
    """

    folder: Path
    ledger: OwnFile
    beside: tuple[OwnFile, ...]
    kept: tuple[KeptFile, ...]
    elsewhere: tuple[Path, ...]
    of_people: tuple[Path, ...]

    def there(self) -> list[OwnFile]:
        """Those that go and that there are, the ledger first."""
        kept = [OwnFile(f"{FILES}/{one.path.relative_to(self.folder).as_posix()}", one.path) for one in self.kept]
        return [one for one in (self.ledger, *self.beside, *kept) if one.here.is_file()]

    def place_of(self, name: str) -> Path | None:
        """Where the file of that name among those that go lies here; None for a name that is none."""
        known = {one.name: one.here for one in (self.ledger, *self.beside)}
        named = self.folder / name.removeprefix(f"{FILES}/")
        inside = name.startswith(f"{FILES}/") and named.resolve().is_relative_to(self.folder.resolve())
        return known.get(name) or (named if inside else None)

    def refuse_open(self) -> None:
        """Raise RetryLater while a person has one of them open."""
        for one in self.kept:
            if one.path.is_file():
                one.refuse_open()


def is_configured(plan: FleetPlan, name: str) -> bool:
    """Whether the shop has a configuration on this computer: homes where it never lived may have none."""
    config = plan.config_of(name)
    return config.is_file() or config.with_name(".env").is_file()


def lives_here(plan: FleetPlan, name: str, env: Mapping[str, str]) -> bool:
    """Whether the shop's ledger lies on this computer. Raises ConfigurationError where that cannot be known."""
    return is_configured(plan, name) and shop_files(plan, name, env).ledger.here.is_file()


def shop_files(plan: FleetPlan, name: str, env: Mapping[str, str]) -> ShopFiles:
    """The files of a shop. Raises ConfigurationError where its configuration cannot be read."""
    folder = plan.config_of(name).parent
    own = environment(plan.shop(name), env)
    place, kept = find_ledger(folder, None, own), kept_files(folder, own)
    ledger = place.ledger
    beside = (
        OwnFile("redacted", redacted.beside(ledger)),
        OwnFile("events.db", inbox_path(ledger), database=True),
        OwnFile("web.db", web_path(ledger), database=True),
    )
    near = tuple(one for one in kept if one.path.resolve().is_relative_to(folder.resolve()))
    elsewhere = tuple(one.path for one in kept if one not in near and one.path.exists())
    made = {plan.config_of(name)} if plan.shop(name).settings is not None else set()
    files = {one.path for one in kept} | made
    of_people = tuple(sorted({one for one in place.named if one.is_file() and one.parent == folder and one not in files}))
    return ShopFiles(folder, OwnFile(LEDGER, ledger, database=True), beside, near, elsewhere, of_people)
