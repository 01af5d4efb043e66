"""A mapping that was thought out and does not count yet: what it changes, on real records; trying it, saving it, dropping it."""

import json
import logging
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError, LedgerUnusable
from syncdb.ledger.web import drafts
from syncdb.ledger.web.drafts import Draft
from syncdb.model import Owner, Rule, Tie
from syncdb.pairs import registry
from syncdb.pairs.base import Mapped, PairType
from syncdb.services.config_changes import ConfigChanges
from syncdb.services.jobs import RunWish
from syncdb.services.mapping_change import KindBeside, compared, kinds_of, widened
from syncdb.services.pair_sides import sides_of
from syncdb.services.validation import UsablePair
from syncdb.web.access import Role, Way
from syncdb.web.pages.runs import STARTED
from syncdb.web.rendering import asked, back_to, page, site

PAGE = "/mapping/draft"
_BOTH = {
    Tie.LEFT: "both; {left} wins where both changed it",
    Tie.RIGHT: "both; {right} wins where both changed it",
    Tie.NEWEST: "both; the newer one wins where both changed it",
    Tie.SUM: "both; where both changed it the movements are added",
    Tie.ASK: "both; you are asked where both changed it",
    Tie.MERGE: "both; where both changed it they are merged",
    Tie.EACH: "both; what either changed of each; you are asked where both changed the same one",
}
log = logging.getLogger("syncdb.web")


def rule_told(rule: Rule, pair: PairType) -> str:
    """A rule in words, with the names of both sides."""
    sides = sides_of(pair)
    if rule.owner is Owner.BOTH:
        return _BOTH[rule.tie].format(left=sides.left_title, right=sides.right_title)
    return f"{sides.left_title if rule.owner is Owner.LEFT else sides.right_title} alone"


def changes_of() -> ConfigChanges:
    """The configuration that these pages change."""
    place = site()
    return ConfigChanges(place.config, place.env, place.folder, place.flags)


def drafted() -> list[Draft]:
    return drafts.drafts(site().door.path)


def proposed() -> list[UsablePair]:
    """The configured pairs as they would be. Raises ConfigurationError."""
    return changes_of().usable(site().place.pairs, _values(drafted()))


def propose(setting: str, value: Any) -> None:
    """Think of another value of a setting. Raises ConfigurationError where it could not be used, with nothing changed."""
    changes, known = changes_of(), drafted()
    changes.refuse_elsewhere([setting])
    changes.usable(site().place.pairs, _values(known) | {setting: value})
    drafts.propose(site().door.path, setting, value, changes.held().get(setting), asked().name, asked().now)


def _values(known: list[Draft]) -> dict[str, Any]:
    return {one.setting: one.value for one in known}


def draft() -> Response:
    """What is proposed beside what counts."""
    known = drafted()
    shown: dict[str, Any] = {"problem": "", "kinds": [], "more": [], "age": ""}
    if known:
        try:
            shown |= _shown(known)
        except ConfigurationError as error:
            shown["problem"] = " ".join([*error.problems, error.next_step])
    pairs = [one for one in site().place.pairs if one.load_implementation().editing is not None]
    settings = [{"name": one.setting, "before": _json(one.seen), "after": _json(one.value)} for one in known]
    by = f"{known[-1].by}" if known else ""
    return page("mapping_draft.html", "Proposed mapping", settings=settings, by=by, pairs=pairs, file=changes_of().file, **shown)


def _shown(known: list[Draft]) -> dict[str, Any]:
    before, after = kinds_of(site().usable()), kinds_of(proposed())
    more = widened(before, after, {one.setting: one.seen for one in known}, _values(known))
    try:
        with site().looking(asked().now) as look:
            found, age = list(compared(before, after, look.reader)), look.age
    except LedgerUnusable:
        found, age = list(compared(before, after, None)), "No run was made yet, so there are no records to show."
    return {"kinds": [_kind(one) for one in found], "more": more, "age": age}


def _kind(one: KindBeside) -> dict[str, Any]:
    pair = registry.pair_named(one.pair)
    assert pair is not None  # it is configured
    return {
        "title": f"{pair.title}: {one.entity}",
        "rules": _rules(one.before, one.after, pair),
        "records": one.records,
        "gone": one.after is None,
        "new": one.before is None,
    }


def _rules(before: Mapped | None, after: Mapped | None, pair: PairType) -> list[tuple[str, str, str]]:
    """The fields whose word counts otherwise, with both rules."""
    was = {one.key: one for one in before.fields} if before else {}
    will = {one.key: one for one in after.fields} if after else {}
    moved = [key for key in will if key in was and was[key].rule != will[key].rule]
    return [(will[key].name, rule_told(was[key].rule, pair), rule_told(will[key].rule, pair)) for key in moved]


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def trial() -> AnyResponse:
    """A test run over what is proposed: it plans only."""
    pair, known = registry.pair_named(request.form.get("pair", "")), drafted()
    if pair is None or pair not in site().place.pairs or not known:
        raise ConfigurationError(["There is nothing to try. Nothing was started."], next_step="See the page Mapping.")
    file = changes_of().propose(_values(known))
    job = site().jobs.start(RunWish(pair, "test", config=file), "web", asked().name, asked().now)
    log.info("%s tried a proposed mapping of %s", asked().name, pair.name)
    return back_to(f"{STARTED}/{job.id}", f"This test runs over what is proposed. Save it or drop it: {PAGE}")


def save() -> AnyResponse:
    """Make it count. Where more could be written than before, only with the password."""
    known, one = drafted(), asked()
    if not known:
        raise ConfigurationError(["Nothing is proposed, so nothing was saved."], next_step="See the page Mapping.")
    changes, seen = changes_of(), {each.setting: each.seen for each in known}
    more = widened(kinds_of(site().usable()), kinds_of(proposed()), seen, _values(known))
    if more:
        site().door.again(one.name, request.form.get("password", ""), one.address, one.now)
    kept = changes.save(_values(known), seen, one.now)
    _drop(known)
    log.info("%s saved %s; written is now also: %s", one.name, ", ".join(seen), ", ".join(more) or "nothing else")
    aside = [f"The version before is kept as {kept.name}."] if kept else []
    return back_to("/mapping", f"Saved: {', '.join(seen)}. The next run goes by it.", *aside)


def discard() -> AnyResponse:
    """Drop what is proposed."""
    _drop(drafted())
    return back_to("/mapping", "What was proposed is dropped. Nothing was changed.")


def _drop(known: list[Draft]) -> None:
    drafts.forget(site().door.path, (one.setting for one in known))
    changes_of().withdraw()


WAYS = (
    Way(PAGE, draft),
    Way("/mapping/draft/try", trial, Role.OWNER, ("POST",)),
    Way("/mapping/draft/save", save, Role.OWNER, ("POST",)),
    Way("/mapping/draft/discard", discard, Role.OWNER, ("POST",)),
)
