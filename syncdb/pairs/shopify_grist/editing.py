"""What of a shop stands in a Grist document, in which columns and whose word counts, chosen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncdb.mapping.choice import default_columns
from syncdb.mapping.entities import WORD_LISTS, Entity, EntityField, entity_field, metafield_named
from syncdb.mapping.offered_columns import MORE, as_setting, offered_columns
from syncdb.model import Rule
from syncdb.pairs.chosen import ORDERS, ChosenEntity
from syncdb.pairs.editing import Editing, Offered, OfferedField, Wished, word_of
from syncdb.pairs.selection import CHOOSABLE, DEFAULT_ENTITIES, ORDER_FIELDS_FROM_GRIST, ORDER_RULES, RULES, TAGS
from syncdb.pairs.shopify_grist.settings import GristSettings

SETTING = "grist_sync"
COUNTS = ("available", "on_hand")
SHOP = "shopify"


def rules_of(one: EntityField) -> Mapping[str, Rule]:
    """The rules that a field may have."""
    if not one.writable:
        return {SHOP: RULES[SHOP]}
    fitting = {"sum": one.name in COUNTS, "merge": one.name in WORD_LISTS}
    return {word: rule for word, rule in RULES.items() if fitting.get(word, True)}


def _offered(settings: GristSettings) -> Iterator[Offered]:
    chosen = {one.entity.name: one for one in settings.selection.entities}
    for entity in CHOOSABLE.values():
        yield _entity(entity, chosen.get(entity.name))
    yield _orders(settings)


def _entity(entity: Entity, chosen: ChosenEntity | None) -> Offered:
    now = {one.field.name: one for one in chosen.fields} if chosen else {}
    more = [one.field for name, one in now.items() if metafield_named(name)]
    fields = [
        OfferedField(
            one.name,
            one.label,
            one.meaning,
            one.name in now,
            now[one.name].column if one.name in now else one.label,
            word_of(now[one.name].wanted if one.name in now else one.rule, rules_of(one)),
            rules_of(one),
        )
        for one in (*entity.fields, *more)
    ]
    place = chosen.table if chosen else entity.table
    examples = "metafields.NAMESPACE.KEY" if entity.metafields else ""
    return Offered(entity.name, entity.name, place, SETTING, tuple(fields), named=True, more=examples)


def _orders(settings: GristSettings) -> Offered:
    orders = settings.selection.orders
    rows = orders.rows if orders else "order"
    shared = {word: RULES[word] for word in (SHOP, *ORDER_RULES)}
    fields = []
    for one in offered_columns(orders.columns if orders else (), rows):
        rules = shared if one.name in ORDER_FIELDS_FROM_GRIST and rows == "order" else {SHOP: RULES[SHOP]}
        rules = {word: rule for word, rule in rules.items() if word != "merge" or one.name == TAGS}
        rule = (orders.from_grist if orders else {}).get(one.name, RULES[SHOP])
        fields.append(
            OfferedField(one.name, one.label, one.meaning, bool(one.header), one.header or one.label, word_of(rule, rules), rules)
        )
    return Offered(ORDERS, ORDERS, orders.table if orders else "Orders", SETTING, tuple(fields), named=True, more=MORE)


def _put(settings: GristSettings, now: Any, id: str, wished: Sequence[Wished]) -> Any:
    kept = dict(now) if isinstance(now, Mapping) and now else dict.fromkeys(DEFAULT_ENTITIES, True)
    if not wished:
        return kept | {id: False}
    given: Any = kept.get(id)
    options = dict(given) if isinstance(given, Mapping) else {}
    if id == ORDERS:
        from_grist = {one.name: one.rule for one in wished if one.rule not in ("", SHOP)}
        default = [one.name for one in wished] == [name for name, _ in default_columns("order")]
        columns: Any = "default" if default and not any(one.there for one in wished) else as_setting(_named(wished))
        return kept | {id: options | {"columns": columns, "from_grist": from_grist}}
    before = options.get("fields")
    spelt = before if isinstance(before, Mapping) else {}
    return kept | {id: options | {"fields": {one.name: _field(CHOOSABLE[id], one, spelt.get(one.name)) for one in wished}}}


def _named(wished: Sequence[Wished]) -> list[tuple[str, str]]:
    return [(one.name, one.there) for one in wished]


def _field(entity: Entity, one: Wished, before: Any) -> Any:
    """A field as the setting holds it: its rule alone where its column is the usual one. What else was said of it stays."""
    known = entity_field(entity, one.name)
    options = {name: value for name, value in before.items() if name == "as"} if isinstance(before, Mapping) else {}
    if one.there and known is not None and one.there != known.label:
        options["column"] = one.there
    ruled = one.rule and known is not None and known.writable
    if ruled and (options or RULES.get(one.rule) != known.rule):  # type: ignore[union-attr]
        options["rule"] = one.rule
    return one.rule if list(options) == ["rule"] else options


EDITING: Editing[GristSettings] = Editing(
    lambda settings: tuple(_offered(settings)),
    _put,
    {"shopify_writes": "what may be written to the shop, such as inventory, variants.price"},
)
