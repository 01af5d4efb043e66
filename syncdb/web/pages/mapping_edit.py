"""Choosing the fields of one kind of record, their columns and rules, and what may be written at all."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from syncdb.config.keys import Key
from syncdb.errors import ConfigurationError, LedgerUnusable
from syncdb.pairs import registry
from syncdb.pairs.editing import Editing, Offered, OfferedField, Wished
from syncdb.services.mapping_change import kinds_of
from syncdb.services.mapping_sample import sampled
from syncdb.services.pair_sides import sides_of
from syncdb.services.validation import UsablePair
from syncdb.web.access import Role, Way
from syncdb.web.pages.mapping_draft import PAGE, changes_of, drafted, propose, proposed, rule_told
from syncdb.web.rendering import asked, back_to, page, site

LONGEST = 200  # letters of a name


def edit() -> Response:
    """The form for one kind of record."""
    one, editing = _meant(request.args.get("pair", ""))
    offered = _offered(one, editing, request.args.get("kind", ""))
    changes_of().refuse_elsewhere([offered.setting])
    values, age = _sample(one, offered.id)
    chosen = [_row(each, one, values) for each in offered.fields if each.chosen]
    others = [_row(each, one, values) for each in offered.fields if not each.chosen]
    sides = sides_of(one.pair)
    return page(
        "mapping_edit.html",
        f"{one.pair.title}: {offered.entity}",
        age=age,
        offered=offered,
        pair=one.pair,
        chosen=chosen,
        others=others,
        left=sides.left_title,
        right=sides.right_title,
        sampled=bool(values),
        ruled=any(len(each.rules) > 1 for each in offered.fields),
    )


def _meant(name: str) -> tuple[UsablePair, Editing[Any]]:
    for one in proposed():
        if one.pair.name == name and (editing := one.implementation.editing) is not None:
            return one, editing
    raise ConfigurationError(["There is nothing to choose for that pair."], next_step="See the page Mapping.")


def _offered(one: UsablePair, editing: Editing[Any], id: str) -> Offered:
    for offered in editing.offered(one.settings):
        if offered.id == id:
            return offered
    raise ConfigurationError(["There is no such kind of record."], next_step="See the page Mapping.")


def _row(each: OfferedField, one: UsablePair, values: Mapping[str, str]) -> dict[str, Any]:
    rules = [(word, rule_told(rule, one.pair)) for word, rule in each.rules.items()]
    return {"field": each, "rules": rules, "sample": values.get(each.name, "")}


def _sample(one: UsablePair, id: str) -> tuple[Mapping[str, str], str]:
    """The values of one real record, and how old they are."""
    kind = kinds_of([one]).get((one.pair.name, id))
    try:
        with site().looking(asked().now) as look:
            found = sampled(look.reader, kind) if kind else []
            return (found[0].values if found else {}), look.age
    except LedgerUnusable:
        return {}, "No run was made yet, so there is no sample."


def choose() -> AnyResponse:
    """Propose the fields that were ticked."""
    form = request.form
    one, editing = _meant(form.get("pair", ""))
    offered = _offered(one, editing, form.get("kind", ""))
    now = {each.setting: each.value for each in drafted()}.get(offered.setting, changes_of().held().get(offered.setting))
    wished = list(_wished(form, offered))
    propose(offered.setting, editing.put(one.settings, now, offered.id, wished))
    return back_to(PAGE)


def _wished(form: MultiDict[str, str], offered: Offered) -> Iterator[Wished]:
    """What the form asks for: the offered fields in their order, then one that was named."""
    ticked = set(form.getlist("field"))
    for each in offered.fields:
        if each.always or each.name in ticked:
            there = " ".join(form.get(f"there:{each.name}", "").split()) if offered.named else ""
            yield Wished(each.name, "" if there == each.label else _short(there), _short(form.get(f"rule:{each.name}", "")))
    if more := form.get("more", "").strip():
        if not offered.more:
            raise ConfigurationError([f"{offered.entity} have no further fields. Nothing was changed."])
        yield Wished(_short(more), _short(" ".join(form.get("more_there", "").split())))


def _short(text: str) -> str:
    if len(text) > LONGEST or not text.isprintable():
        raise ConfigurationError([f"{text[:40]!r} is too long for a name, or holds signs that cannot be seen."])
    return text


def switch() -> AnyResponse:
    """Propose what may be written."""
    one, editing = _meant(request.form.get("pair", ""))
    name = request.form.get("setting", "")
    if name not in editing.switches:
        raise ConfigurationError(["There is no such setting of that pair. Nothing was changed."])
    key = registry.known_keys().by_name[name]
    given = request.form.get("value", "").strip()
    value: Any = given == "yes" if is_flag(key) else [part.strip() for part in given.split(",") if part.strip()] or None
    propose(name, value)
    return back_to(PAGE)


def is_flag(key: Key) -> bool:
    """Whether a setting is yes or no."""
    return isinstance(key.default, bool)


WAYS = (
    Way("/mapping/edit", edit, Role.OWNER),
    Way("/mapping/edit", choose, Role.OWNER, ("POST",)),
    Way("/mapping/writes", switch, Role.OWNER, ("POST",)),
)
