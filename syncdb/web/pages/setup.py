"""Set-up in five steps: what is done, what comes next, and how. The same as `init`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from syncdb.errors import ConfigurationError, LedgerUnusable
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.programs import MANAGER
from syncdb.services.calendar import span
from syncdb.services.run_schedule import Rhythm
from syncdb.services.settings_shown import SettingShown, settings_shown
from syncdb.services.status import read_status
from syncdb.services.usable_pairs import meant_pairs
from syncdb.systems.check import CheckState
from syncdb.systems.questions import Topic
from syncdb.web.access import Way
from syncdb.web.pages.settings import changed_since
from syncdb.web.rendering import asked, page, schedules_known, site
from syncdb.wording import counted

KEPT = "What is kept in step"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: whether it is done, what is seen of it, and what to do. `lacking` are settings that are not filled in.

    `acting`: what to do is more than to look. `likely`: it looks done, but is not known to be.
    """

    title: str
    done: bool
    told: str
    next_step: str = ""
    address: str = ""
    word: str = ""
    lacking: tuple[SettingShown, ...] = ()
    forms: tuple[tuple[str, str], ...] = ()
    acting: bool = False
    likely: bool = False


def setup() -> Response:
    """The five steps, for the pair that is named, else for those that are configured (or the first that could be)."""
    place = site()
    pairs = meant_pairs(registry.pair_named(request.args.get("pair", "")), place.config, place.env)
    steps = list(_steps(pairs))
    current = next((number for number, one in enumerate(steps) if not (one.done or one.likely)), None)
    others = [pair for pair in registry.PAIRS if pair not in pairs]
    about, begun = [one.about for one in pairs], bool(site().place.pairs)
    return page("setup.html", "Set-up", command="init", steps=steps, current=current, about=about, others=others, begun=begun)


def _steps(pairs: tuple[PairType, ...]) -> Iterator[Step]:
    place = site()
    shown = settings_shown(pairs, place.flags, place.env, place.folder, place.config)
    groups = dict(shown.groups)
    for side in (0, 1):
        titles = list(dict.fromkeys(pair.systems[side].title for pair in pairs))
        settings = [one for title in titles for one in groups[title]]
        yield _system_step(" and ".join(titles), settings, _forms(pairs, [pair.systems[side].topics for pair in pairs]), pairs)
    systems = [system.title for pair in pairs for system in pair.systems]
    yield _chosen(pairs, _lacking(groups, [pair.title for pair in pairs]), bool(_lacking(groups, systems)))
    made, usual = _runs()
    tested = any(run["mode"] == "test" or run["exit_code"] == 0 for run in made)
    told = "A run has been made." if tested else "Nothing is written anywhere before you have looked at a test."
    yield Step("Test", tested, told, "A test shows what a run would do.", "/sync", "Start a test", acting=True)
    yield _schedule(usual, pairs)


def _schedule(usual: Rhythm | None, pairs: Sequence[PairType]) -> Step:
    known = list(schedules_known(one.name for one in pairs).values())
    if known and all(one.off for one in known):
        step = "Switch them on in Settings, or have another scheduler make the runs."
        return Step("Schedule", False, "Scheduled runs are switched off.", step, "/settings", "Settings")
    if site().scheduling:
        told = "This process starts the runs by itself."
        return Step("Schedule", True, told, address="/settings", word="When each runs")
    starts = list(dict.fromkeys(f"{one.by} starts runs {one.every}".rstrip() for one in known if not one.off))
    if starts:
        told = f"{'; '.join(starts)}."
        return Step("Schedule", True, f"{told[0].upper()}{told[1:]}")
    told = "Nothing is known to start runs by itself."
    if usual:
        told = f"The last runs came about every {span(usual.interval)}; syncdb does not start them itself."
    step = f"{MANAGER} schedule says how this computer does it by itself; {MANAGER} serve --schedule lets these pages do it."
    return Step("Schedule", False, told, step, likely=usual is not None)


def _lacking(groups: Mapping[str, Sequence[SettingShown]], titles: Sequence[str]) -> tuple[SettingShown, ...]:
    """The settings of some groups that are needed and not filled in, each once."""
    return tuple(one for title in dict.fromkeys(titles) for one in groups[title] if one.needed and not one.value)


def _forms(pairs: tuple[PairType, ...], topics: Sequence[Sequence[Topic]]) -> tuple[tuple[str, str], ...]:
    """Where the questions of some topics of each pair are answered; what two pairs share is asked once."""
    found: dict[str, str] = {}
    for pair, mine in zip(pairs, topics, strict=True):
        for topic in mine:
            found.setdefault(topic.title, f"/setup/{pair.name}/{pair.all_topics.index(topic) + 1}")
    return tuple((address, name) for name, address in found.items())


def _system_step(
    title: str, settings: list[SettingShown], forms: tuple[tuple[str, str], ...], pairs: tuple[PairType, ...]
) -> Step:
    lacking = tuple(one for one in settings if one.needed and not one.value)
    tested = site().tested
    failed = [one for one in tested.checks if one.state is CheckState.FAILED] if tested else []
    told = _to_fill_in(lacking) if lacking else "All settings that it needs are filled in."
    if not lacking:
        stale = tested is not None and changed_since(tested, pairs)
        told += (
            " They were changed since the last test."
            if stale
            else f" {counted(len(failed), 'check')} failed when it was tested."
            if failed
            else " The test says whether they work."
        )
    step = "Each answer is tried at once." if lacking else ""
    return Step(
        title[:1].upper() + title[1:],
        not lacking,
        told,
        step,
        "" if lacking else "/settings",
        "Test the connections",
        lacking,
        forms,
        acting=True,
    )


def _to_fill_in(lacking: Sequence[SettingShown]) -> str:
    return f"{len(lacking)} setting{' is' if len(lacking) == 1 else 's are'} still to be filled in."


def _chosen(pairs: tuple[PairType, ...], lacking: tuple[SettingShown, ...], before: bool) -> Step:
    """What is chosen. `lacking` are settings of the pairs themselves; `before`: some of the steps above are, too."""
    forms = _forms(pairs, [pair.topics for pair in pairs])
    if lacking or before:
        return Step(KEPT, False, _to_fill_in(lacking) if lacking else "The steps above come first.", lacking=lacking, forms=forms)
    try:
        told = "; ".join(one.implementation.selected(one.settings) for one in site().usable())
    except ConfigurationError as error:
        told = f"The configuration cannot be used yet: {' '.join(error.problems[:3])}"
        return Step(KEPT, False, told, error.next_step, forms=forms)
    docs = ", ".join(pair.docs for pair in pairs)
    return Step(KEPT, True, told, f"What can be chosen: {docs}", "/mapping", "Mapping", forms=forms)


def _runs() -> tuple[Sequence[dict[str, Any]], Rhythm | None]:
    """The latest runs, and how often they are made."""
    try:
        with site().looking(asked().now) as look:
            state = read_status(look.reader, look.place, asked().now)
            return state.last_runs, state.rhythm
    except LedgerUnusable:
        return [], None


WAYS = (Way("/setup", setup),)
