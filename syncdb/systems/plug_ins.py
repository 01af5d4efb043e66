"""What an installed package offers under an entry point: found by its name, loaded, and held against the contract.

Other people's code runs here for the first time: whatever it raises is told as a problem of that package, not as one of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from syncdb.systems.base import System

if TYPE_CHECKING:  # what finds packages takes a while to load
    from importlib.metadata import EntryPoint

CONTRACT = 1  # what a plug-in can rely on; a higher one when something that it relies on changes
SYSTEMS = "syncdb.systems"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlugIn:
    """What an entry point refers to: the number of the `contract` it was written for, and the pair or system it `declares`."""

    contract: int
    declares: Any


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """A plug-in that can be used: its name, the package that brought it with its version, and what it declares."""

    name: str
    package: str
    declares: T


class PlugInUnusable(Exception):
    """A plug-in that is not there or does not fit. The text says which, why, and what to do."""


def offered(group: str) -> list[str]:
    """The names that installed packages offer in a group of entry points. Loads none."""
    return sorted({one.name for one in _points(group)})


def _points(group: str) -> "Iterable[EntryPoint]":
    from importlib.metadata import entry_points

    return entry_points(group=group)


def load(group: str, name: str, kind: type[T]) -> Loaded[T] | None:
    """The plug-in of that name; None where nobody offers one. Raises PlugInUnusable."""
    found = list({(one.value, package_of(one)): one for one in _points(group) if one.name == name}.values())
    if not found:
        return None
    if len(found) > 1:
        packages = " and ".join(sorted(package_of(one) for one in found))
        raise PlugInUnusable(f"{name} is offered by {packages}, and only one of them can be meant. Uninstall the other.")
    return Loaded(name, package_of(found[0]), _declared(found[0], kind))


def package_of(point: "EntryPoint") -> str:
    """The package with its version, as people know it."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"


def _declared(point: "EntryPoint", kind: type[T]) -> T:
    who = f"{point.name} of {package_of(point)}"
    try:
        made = point.load()
    except (Exception, SystemExit) as why:
        raise PlugInUnusable(
            f"{who} cannot be loaded ({_said(why)}). Install another version of it, or tell its authors."
        ) from why
    if not isinstance(made, PlugIn):
        raise PlugInUnusable(f"{who} is no plug-in: {point.value} must be a PlugIn. Tell its authors.")
    if made.contract != CONTRACT:
        raise PlugInUnusable(
            f"{who} was written for contract {made.contract} of plug-ins, and this syncdb keeps contract {CONTRACT}. "
            f"Install a version of {point.dist.name if point.dist else 'it'} or of syncdb that fits the other."
        )
    if not isinstance(made.declares, kind):
        raise PlugInUnusable(f"{who} must declare a {kind.__name__}, not a {type(made.declares).__name__}. Tell its authors.")
    return made.declares


def _said(why: BaseException) -> str:
    first = str(why).partition("\n")[0][:200]
    return f"{type(why).__name__}: {first}" if first else type(why).__name__


def system_named(name: str) -> System:
    """The system that another package offers, for the declaration of a pair that uses it. Raises PlugInUnusable."""
    found = load(SYSTEMS, name, System)
    if found is None:
        raise PlugInUnusable(f"no installed package offers the system {name}. Install the one that does.")
    return found.declares
