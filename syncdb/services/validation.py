"""Trying everything that runs need, for every configured pair: what is the same for several of them is told once."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from syncdb.clock import SYSTEM, Clock
from syncdb.config.settings import RunSettings
from syncdb.errors import ConfigurationError, Exit, LedgerBusy, SyncdbError
from syncdb.ledger import file
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.pairs import registry
from syncdb.pairs.base import Implementation, OrderTracking, PairType, PeopleKept
from syncdb.systems.check import Check, CheckState, failed, passed, refused, skipped
from syncdb.systems.plug_ins import CONTRACT

PLUG_IN_REMEDY = "Install what is lacking beside syncdb, or take the name out of the setting plugins (docs/adding-a-pair.md)."


@dataclass(frozen=True, slots=True)
class UsablePair:
    """A pair whose settings can be used."""

    pair: PairType
    implementation: Implementation[Any]
    settings: RunSettings

    @property
    def orders(self) -> OrderTracking[Any] | None:
        """What it offers for orders; None where it keeps none in step."""
        tracking = self.implementation.orders
        return tracking if tracking is not None and tracking.chosen(self.settings) else None

    @property
    def people(self) -> PeopleKept[Any] | None:
        """What it offers for the records that it keeps of people; None where it keeps none."""
        return self.implementation.people


def read_configurations(
    pairs: Sequence[PairType], flags: Mapping[str, object], env: Mapping[str, str], directory: Path, config: Path | None
) -> tuple[list[UsablePair], list[Check]]:
    """The pairs whose settings are usable, and a check for each problem; what is wrong with several is told once."""
    usable: list[UsablePair] = []
    checks: list[Check] = []
    for pair in pairs:
        name = pair.job or "settings"
        try:
            implementation = pair.load_implementation()
            settings = implementation.load(flags, env, directory, config)
        except ConfigurationError as error:
            found = [failed("configuration", name, problem, error.next_step, Exit.CONFIGURATION) for problem in error.problems]
        else:
            usable.append(UsablePair(pair, implementation, settings))
            found = [passed("configuration", name, implementation.selected(settings))]
            found += [passed("configuration", "note", notice) for notice in settings.notices]
        told = {check.told for check in checks}
        checks += [check for check in found if check.told not in told]
    return usable, checks


def check_plug_ins() -> list[Check]:
    """The pairs and systems of other packages that the configuration names: in use, or why not."""
    checks = [failed("plug-ins", "named", problem, PLUG_IN_REMEDY, Exit.CONFIGURATION) for problem in registry.PROBLEMS]
    for one in registry.PLUG_INS:
        kind = "pair" if isinstance(one.declares, PairType) else "system"
        checks.append(passed("plug-ins", one.name, f"the {kind} of {one.package} is in use (contract {CONTRACT})"))
    return checks


def check_ledger(path: Path) -> list[Check]:
    """Whether the ledger can be read and written. A missing one is made by the first run."""
    if not os.access(path.parent, os.W_OK):
        return [
            failed("ledger", "folder", f"{path.parent} cannot be written", "Give yourself the right to write there.", Exit.GUARD)
        ]
    if not path.exists():
        return [skipped("ledger", "file", f"{path} is not there yet; the first run makes it")]
    try:
        with reading(path) as reader:
            file.check(reader.connection, path)
    except SyncdbError as error:
        return [refused("ledger", "file", error)]
    told = [passed("ledger", "file", f"{path} is sound")]
    if not os.access(path, os.W_OK):
        told.append(failed("ledger", "rights", f"{path} cannot be written", "Give yourself the right to write it.", Exit.GUARD))
    return [*told, _lock(path)]


def _lock(path: Path) -> Check:
    try:
        file.lock(path).release()
    except LedgerBusy:
        return skipped("ledger", "free", "a run is using it right now")
    except SyncdbError as error:
        return refused("ledger", "free", error)
    return passed("ledger", "free", "no run holds it")


def check_remotes(usable: Sequence[UsablePair], path: Path, clock: Clock = SYSTEM) -> list[Check]:
    """Each pair tries its systems. Of a system that two pairs share, the second tells only what is new."""
    with ExitStack() as stack:
        reader: LedgerReader | None = None
        try:
            reader = stack.enter_context(reading(path))
        except SyncdbError:
            reader = None  # told by the ledger's own check
        checks: list[Check] = []
        for one in usable:
            checks = _joined(checks, one.implementation.check(one.settings, reader, clock), one.pair)
        return checks


def _joined(told: list[Check], more: Iterable[Check], pair: PairType) -> list[Check]:
    """What is the same for both is told once; what differs, under the second pair's name."""
    if not told:
        return list(more)
    # what is more than one pair needs may be just what the other needs
    kept = [check for check in told if check.name != "excess"]
    shared = {check.part for check in kept}
    failed_parts = {check.part for check in kept if check.state is CheckState.FAILED and check.name == "token"}
    for check in more:
        if check.part not in shared:
            kept.append(check)
        elif check.part not in failed_parts and check.name == "scopes":
            kept.append(replace(check, name=f"scopes, {pair.name}"))
    return kept


def exit_code(checks: Sequence[Check]) -> Exit:
    """That of the first failed check: what comes later may only follow from it."""
    return next((check.exit_code for check in checks if check.state is CheckState.FAILED), Exit.DONE)
