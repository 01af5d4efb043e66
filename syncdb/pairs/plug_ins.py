"""Pairs and systems of other packages, taken into the registry where the configuration names them.

One that does not fit is left out and told: what only looks goes on without it, and no run is made on half a configuration.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from syncdb.config.keys import Key
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.systems.base import System
from syncdb.systems.plug_ins import SYSTEMS, Loaded, PlugInUnusable, load, offered

PAIRS = "syncdb.pairs"
OWN_WORDS = ("name", "title", "command", "named_by", "job", "implementation")


def enrol(names: Sequence[str]) -> None:
    """Take these plug-ins into the registry, each once. What is wrong with any is kept there as a problem."""
    known = {one.name for one in registry.PLUG_INS}
    for name in dict.fromkeys(names):
        if name not in known:
            try:
                _enrol(name)
            except PlugInUnusable as why:
                registry.PROBLEMS = (*registry.PROBLEMS, f"plugins: {why}")


def _enrol(name: str) -> None:
    system, pair = load(SYSTEMS, name, System), load(PAIRS, name, PairType)
    if system is None and pair is None:
        there = ", ".join(sorted({*offered(PAIRS), *offered(SYSTEMS)})) or "none"
        raise PlugInUnusable(f"no installed package offers {name} (offered: {there}). Install the one that does, or take it out.")
    _refuse(name, [*_clashes_of_systems(system), *_clashes_of_pair(pair)])
    if system is not None:
        registry.PLUG_INS = (*registry.PLUG_INS, system)
    if pair is not None:
        declares = replace(pair.declares, origin=pair.package)
        registry.PLUG_INS = (*registry.PLUG_INS, replace(pair, declares=declares))
        registry.PAIRS = (*registry.PAIRS, declares)


def _refuse(name: str, clashes: Sequence[str]) -> None:
    if clashes:
        raise PlugInUnusable(f"{name} was left out: {'; '.join(clashes)}. Tell its authors.")


def _clashes_of_systems(found: Loaded[System] | None) -> Iterator[str]:
    if found is not None:
        yield from _clashes(found.declares.keys)
        yield from _other_systems([found.declares])


def _clashes_of_pair(found: Loaded[PairType] | None) -> Iterator[str]:
    if found is None:
        return
    pair = found.declares
    if pair.name != found.name:
        yield f"its pair calls itself {pair.name}, and both names must be the same"
    for word in OWN_WORDS:
        if getattr(pair, word) in {getattr(one, word) for one in registry.PAIRS}:
            yield f"another pair has its {word}, {getattr(pair, word)!r}, already"
    yield from _clashes(pair.all_keys)
    yield from _other_systems(pair.systems)


def _clashes(keys: Iterable[Key]) -> Iterator[str]:
    """Settings that mean something else already. Those of a system that is used are the same ones."""
    known = registry.known_keys()
    for key in keys:
        others = {known.by_name.get(key.name, key), known.by_env.get(key.env, key)} - {key}
        if others:
            yield f"the setting {key.name} ({key.env}) means something else already"


def _other_systems(systems: Iterable[System]) -> Iterator[str]:
    known = {one.name: one for one in registry.systems_of(registry.PAIRS)}
    for system in systems:
        if known.get(system.name, system) != system:
            yield f"another system is called {system.name}"
