"""What two stores shall show alike, and whose word counts, chosen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncdb.mapping.entities import EntityField, metafield_named
from syncdb.model import Rule
from syncdb.pairs.editing import Editing, Offered, OfferedField, Wished, word_of
from syncdb.pairs.shopify_stores.selection import (
    DEFAULT_ENTITIES,
    LISTS,
    SHARED,
    SharedEntity,
    is_usual,
    rule_by,
    rules_for,
    usual_rule,
)
from syncdb.pairs.shopify_stores.settings import StoresSettings
from syncdb.values import Kind

SETTING = "stores_sync"


def _offered(settings: StoresSettings) -> Iterator[Offered]:
    first, second = (store.name for store in settings.stores)
    words = rules_for((first, second))
    chosen = {one.entity.name: one for one in settings.selection.entities}
    for name, entity in SHARED.items():
        now = _rules(chosen.get(name))
        more = [one.field for one in chosen[name].fields if metafield_named(one.field.name)] if name in chosen else []
        fields = tuple(_field(one, now, words) for one in (*filter(is_usual, entity.fields), *more))
        examples = "metafields.NAMESPACE.KEY" if entity.metafields else ""
        yield Offered(name, name, second, SETTING, fields, more=examples)


def _rules(chosen: SharedEntity | None) -> Mapping[str, Rule]:
    return {one.field.name: one.rule for one in chosen.fields} if chosen else {}


def _field(one: EntityField, now: Mapping[str, Rule], words: Mapping[str, Rule]) -> OfferedField:
    fitting = {"sum": one.kind is Kind.COUNT, "merge": one.name in LISTS}
    rules = {word: rule_by(one, words, word) for word in words if fitting.get(word, True)}
    rule = now.get(one.name, usual_rule(one))
    return OfferedField(one.name, one.label, one.meaning, one.name in now, one.label, word_of(rule, rules), rules)


def _put(settings: StoresSettings, now: Any, id: str, wished: Sequence[Wished]) -> Any:
    kept = dict(now) if isinstance(now, Mapping) and now else dict.fromkeys(DEFAULT_ENTITIES, True)
    if not wished:
        return kept | {id: False}
    return kept | {id: {"fields": {one.name: one.rule or None for one in wished}}}


EDITING: Editing[StoresSettings] = Editing(
    lambda settings: tuple(_offered(settings)), _put, {"stores_write": "whether the stores may be written"}
)
