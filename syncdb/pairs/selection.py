"""What a person chose to keep in step with another system: entities, fields, columns and rules; understood or refused at once."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from syncdb.mapping.choice import ChosenColumns, Rows, parse_columns
from syncdb.mapping.entities import (
    COLLECTIONS,
    ENTITIES,
    INVENTORY,
    KEY_LABEL,
    PRODUCTS,
    VARIANTS,
    WORD_LISTS,
    Entity,
    EntityField,
    entity_field,
    metafield_named,
)
from syncdb.mapping.order_filter import parse_filter
from syncdb.mapping.people import PEOPLE
from syncdb.model import OnDrift, OnMissing, Owner, Rule, Tie
from syncdb.pairs.chosen import MOST_NEW, ORDER_STATUSES, ORDERS, PICTURES, ChosenEntity, ChosenField, ChosenOrders, Selection
from syncdb.pairs.record_choice import LEFT, Leaving, parse_leaving, parse_only

RULES: Mapping[str, Rule] = {
    "shopify": Rule(Owner.LEFT),
    "grist": Rule(Owner.RIGHT, asks_first=True),
    "shopify-wins": Rule(Owner.BOTH, tie=Tie.LEFT),
    "grist-wins": Rule(Owner.BOTH, tie=Tie.RIGHT),
    "newest": Rule(Owner.BOTH, tie=Tie.NEWEST),
    "ask": Rule(Owner.BOTH, tie=Tie.ASK),
    "sum": Rule(Owner.BOTH, tie=Tie.SUM),
    "merge": Rule(Owner.BOTH, tie=Tie.MERGE),
}
GONE_THERE = {"products": ("restore", "keep", "archive"), "variants": ("restore", "keep", "delete")}
MISSING = {"keep": OnMissing.RESPECT, "restore": OnMissing.RESTORE, "delete": OnMissing.DELETE, "archive": OnMissing.DELETE}
TAGS = "tags"
PICTURE_LINKS = "Picture links"  # the usual name of their column
# with the rules they have unless others are chosen
ORDER_FIELDS_FROM_GRIST = {"note": RULES["ask"], "tags": RULES["merge"], **dict.fromkeys(ORDER_STATUSES, RULES["ask"])}
ORDER_RULES = ("ask", "merge", "grist-wins", "shopify-wins")  # when an order's note was changed, nobody tells
NEW_NEED = {PRODUCTS.name: ("title", "status"), VARIANTS.name: ("product", "price")}  # fields without which none are made
ENTITY_OPTIONS = (
    *("table", "fields", "gone_in_shop", "gone_in_grist", "new_rows", "new_rows_at_once"),
    *("only", "left_selection"),
)
DEFAULT_ENTITIES = tuple(ENTITIES)
CHOOSABLE: Mapping[str, Entity] = {**ENTITIES, **PEOPLE}  # in the order in which they refer to each other


@dataclass(slots=True)
class _Reading:
    """What is known of the other settings, and the problems found so far."""

    may_write: frozenset[str]
    edited: OnDrift
    problems: list[str] = field(default_factory=list)

    def say(self, place: str, problem: str) -> None:
        self.problems.append(f"{place}: {problem}")

    def writes(self, entity: str, name: str) -> bool:
        return bool(self.may_write & {"all", entity, f"{entity}.{name}"})


def parse_selection(value: Any, may_write: Iterable[str], edited: str | None = None) -> Selection:
    """Understand the setting `grist_sync` (docs/grist.md). Never raises: what is wrong is in the selection's `problems`.

    `may_write` names what may be written to the shop (`variants.price`, `inventory`, `all`); `edited` is what happens to a value
    of the shop's that somebody changed though it is not theirs: restore or report.
    """
    reading = _Reading(frozenset(may_write), OnDrift(edited or "restore"))
    if value in (None, "", {}):
        value = dict.fromkeys(DEFAULT_ENTITIES, True)
    if not isinstance(value, Mapping):
        return Selection(problems=(f"expected an object of entities, found {type(value).__name__}",))
    entities = [
        chosen
        for name, given in value.items()
        if name not in (ORDERS, PICTURES) and given is not False and (chosen := _entity(name, given, reading)) is not None
    ]
    orders = _orders(value[ORDERS], reading) if value.get(ORDERS) else None
    entities = _with_choices(entities)
    # in the order in which they refer to each other, whatever the order in the file
    entities.sort(key=lambda one: list(CHOOSABLE).index(one.entity.name))
    _refuse_unknown_writes(reading)
    _refuse_same_tables(entities, orders, reading)
    pictures = _pictures(value.get(PICTURES, False), entities, reading)
    return Selection(tuple(entities), orders, tuple(reading.problems), pictures)


def _pictures(given: Any, entities: Iterable[ChosenEntity], reading: _Reading) -> str:
    """The column in which people type links to pictures; "" for none."""
    if given is False:
        return ""
    options = _options(PICTURES, given, ("column",), reading) or {}
    column = options.get("column", PICTURE_LINKS)
    products = next((one for one in entities if one.entity is PRODUCTS), None)
    if products is None:
        reading.say(PICTURES, "needs products, in whose table the links are typed")
    if not reading.writes(PRODUCTS.name, PICTURES):
        reading.say(PICTURES, f"pictures may not be written to the shop yet: add products.{PICTURES} to shopify_writes")
    taken = {one.column.casefold() for one in products.fields} if products else set()
    if not isinstance(column, str) or not column.strip() or column.strip().casefold() in taken:
        reading.say(f"{PICTURES}.column", "must be a name that no other column has")
        return PICTURE_LINKS
    return column.strip()


def _with_choices(entities: list[ChosenEntity]) -> list[ChosenEntity]:
    """What belongs to products follows their choice; a row that stays though its record left says so in a column."""
    products = next((one for one in entities if one.entity is PRODUCTS), None)
    found = []
    for one in entities:
        if products is not None and one.entity in (VARIANTS, INVENTORY):
            one = replace(one, only=one.only.within(products.only))
        if not one.only.everything and one.leaving is Leaving.MARK:
            mark = ChosenField(LEFT, LEFT.label, Rule(Owner.LEFT), Rule(Owner.LEFT))
            one = replace(one, fields=(*one.fields, mark))
        found.append(one)
    return found


def _entity(name: str, given: Any, reading: _Reading) -> ChosenEntity | None:
    entity = CHOOSABLE.get(name)
    if entity is None:
        reading.say(name, f"there is no such entity{_near(name, (*CHOOSABLE, ORDERS, PICTURES))}")
        return None
    options = _options(name, given, ENTITY_OPTIONS, reading)
    if options is None:
        return None
    table = options.get("table", entity.table)
    if not isinstance(table, str) or not table.strip():
        reading.say(f"{name}.table", "must be a table's name")
        return None
    gone = options.get("gone_in_grist", "restore")
    chosen = ChosenEntity(
        entity,
        table.strip(),
        tuple(_fields(entity, options.get("fields"), reading)),
        _gone_in_shop(name, options.get("gone_in_shop"), reading),
        _missing(f"{name}.gone_in_grist", gone, GONE_THERE.get(name, ("restore", "keep")), reading),
        _makes_new(name, options.get("new_rows", "leave"), reading),
        gone == "archive",
        _most_new(name, options.get("new_rows_at_once", MOST_NEW), reading),
        parse_only(f"{name}.only", options.get("only"), name, reading.say),
        parse_leaving(f"{name}.left_selection", options.get("left_selection", Leaving.MARK.value), reading.say),
    )
    _refuse_lacking(chosen, reading)
    if name in (COLLECTIONS.name, *PEOPLE) and not chosen.only.everything:
        reading.say(f"{name}.only", f"{name} cannot be chosen one by one")
    if chosen.leaving is Leaving.REMOVE and chosen.gone_in_shop is not OnMissing.DELETE:
        reading.say(name, "left_selection: remove needs gone_in_shop: delete")
    return chosen


def _gone_in_shop(name: str, word: Any, reading: _Reading) -> OnMissing:
    """What becomes of the row of what the shop deleted; nothing is kept of people who are gone from there."""
    if name in PEOPLE:
        return _missing(f"{name}.gone_in_shop", "delete" if word is None else word, ("delete",), reading)
    return _missing(f"{name}.gone_in_shop", "keep" if word is None else word, ("keep", "delete"), reading)


def _makes_new(name: str, word: Any, reading: _Reading) -> bool:
    if word not in ("leave", "create"):
        reading.say(f"{name}.new_rows", "must be leave or create")
    return bool(word == "create")


def _most_new(name: str, number: Any, reading: _Reading) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        reading.say(f"{name}.new_rows_at_once", "must be a whole number from 1 on")
        return MOST_NEW
    return number


def _refuse_lacking(chosen: ChosenEntity, reading: _Reading) -> None:
    """What making, archiving and deleting in the shop need besides."""
    name = chosen.entity.name
    if chosen.makes_new and name not in NEW_NEED:
        reading.say(name, f"new_rows: create is for {' and '.join(NEW_NEED)} only")
    needed: list[tuple[str, tuple[str, ...]]] = []
    needed += [("new_rows: create", NEW_NEED.get(name, ()))] if chosen.makes_new else []
    needed += [("gone_in_grist: archive", ("status",))] if chosen.archives else []
    there = {one.field.name: one.field for one in chosen.fields}
    for setting, fields in needed:
        for field_name in fields:
            if field_name not in there:
                reading.say(name, f"{setting} needs the field {field_name}")
            elif there[field_name].writable and not reading.writes(name, field_name):
                reading.say(name, f"{setting} needs {name}.{field_name} in shopify_writes")
    if chosen.makes_new and name == VARIANTS.name and not there.keys() & {"title", "option1"}:
        reading.say(name, "new_rows: create needs the field title, or option1")
    if chosen.entity is VARIANTS and chosen.gone_there is OnMissing.DELETE and not reading.may_write & {"all", name}:
        reading.say(name, f"gone_in_grist: delete needs {name} in shopify_writes")


def _options(place: str, given: Any, known: tuple[str, ...], reading: _Reading) -> Mapping[str, Any] | None:
    if given is True:
        return {}
    if not isinstance(given, Mapping):
        reading.say(place, "must be true, false or an object")
        return None
    for name in given:
        if name not in known:
            reading.say(f"{place}.{name}", f"there is no such setting{_near(str(name), known)}")
    return given


def _missing(place: str, word: Any, known: tuple[str, ...], reading: _Reading) -> OnMissing:
    if word not in known:
        reading.say(place, f"must be {' or '.join(known)}")
        return OnMissing.RESPECT
    return MISSING[word]


def _fields(entity: Entity, given: Any, reading: _Reading) -> Iterator[ChosenField]:
    if given is None:
        given = [one.name for one in entity.fields if one.default]
    if isinstance(given, list):
        given = dict.fromkeys(given, {}) if all(isinstance(name, str) for name in given) else None
    if not isinstance(given, Mapping) or not given:
        reading.say(f"{entity.name}.fields", "must be a list of field names or an object with a rule for each")
        return
    labels: dict[str, str] = {KEY_LABEL.casefold(): "the key"}
    alike = _alike(entity, [str(name) for name in given])
    for name, options in given.items():
        chosen = _field(entity, str(name), options, reading, alike)
        if chosen is None:
            continue
        other = labels.setdefault(chosen.column.casefold(), str(name))
        if other != name:
            reading.say(f"{entity.name}.fields", f"{name} and {other} have the same column, {chosen.column!r}")
        yield chosen


def _alike(entity: Entity, names: Iterable[str]) -> frozenset[str]:
    """Metafields whose keys alone would not do as names of their columns: another field has the same."""
    known = {name: field for name in names if (field := entity_field(entity, name)) is not None}
    count = Counter(field.label.casefold() for field in known.values())
    return frozenset(name for name, field in known.items() if metafield_named(name) and count[field.label.casefold()] > 1)


def _field(entity: Entity, name: str, options: Any, reading: _Reading, alike: Collection[str]) -> ChosenField | None:
    place = f"{entity.name}.fields.{name}"
    known = entity_field(entity, name)
    if known is None:
        reading.say(place, f"there is no such field{_near(name, list(entity.by_name))}")
        return None
    options = {"rule": options} if isinstance(options, str) else options
    found = _options(place, {} if options is None else options, ("rule", "column", "as"), reading)
    if found is None:
        return None
    column = found.get("column", name.removeprefix("metafields.") if name in alike else known.label)
    if found.get("as", "text") != "text" or ("as" in found and not metafield_named(name)):
        reading.say(place, "as must be text, and is for metafields only")
    if not isinstance(column, str) or not column.strip():
        reading.say(place, "column must be a column's name")
        return None
    wanted = _rule(place, known, found.get("rule"), reading)
    return ChosenField(known, column.strip(), _allowed(entity, known, wanted, reading), wanted, "as" in found)


def _rule(place: str, known: EntityField, word: Any, reading: _Reading) -> Rule:
    if word is None:
        return known.rule
    rule = RULES.get(word) if isinstance(word, str) else None
    if rule is None:
        reading.say(place, f"the rule must be one of {', '.join(RULES)}")
        return known.rule
    if rule.tie is Tie.SUM and rule.owner is Owner.BOTH and known.name not in ("available", "on_hand"):
        reading.say(place, "the rule sum is for counts of stock only")
    if rule.tie is Tie.MERGE and rule.owner is Owner.BOTH and known.name not in WORD_LISTS:
        reading.say(place, "the rule merge is for tags and collections only")
    if rule.owner is not Owner.LEFT and not known.writable:
        reading.say(place, "only Shopify sets this field; its rule must be shopify")
    return rule


def _allowed(entity: Entity, known: EntityField, wanted: Rule, reading: _Reading) -> Rule:
    """The rule that counts: where the shop may not be written, an edit on the other side is kept and told, not carried over."""
    if wanted.owner is Owner.LEFT:
        return Rule(Owner.LEFT, OnDrift.RESTORE if entity.name in PEOPLE else reading.edited)
    return wanted if reading.writes(entity.name, known.name) else Rule(Owner.LEFT, OnDrift.REPORT)


def _orders(given: Any, reading: _Reading) -> ChosenOrders | None:
    options = _options(ORDERS, given, ("table", "rows", "columns", "filter", "from_grist", "notify"), reading)
    if options is None:
        return None
    rows: Rows = "line" if options.get("rows") == "line" else "order"
    if options.get("rows", rows) != rows:
        reading.say(f"{ORDERS}.rows", "must be line or order")
    choice = parse_columns(options.get("columns"), rows)
    for problem in choice.problems:
        reading.say(f"{ORDERS}.columns", problem.removeprefix("columns").lstrip(":, "))
    wanted, problems = parse_filter(options.get("filter"))
    for problem in problems:
        reading.problems.append(f"{ORDERS}.filter{problem}" if problem.startswith(".") else f"{ORDERS}.filter: {problem}")
    table = options.get("table", "Orders")
    if not isinstance(table, str) or not table.strip():
        reading.say(f"{ORDERS}.table", "must be a table's name")
        return None
    from_grist = _from_grist(options.get("from_grist", []), choice.columns, rows, reading)
    notify = options.get("notify", False)
    if not isinstance(notify, bool):
        reading.say(f"{ORDERS}.notify", "must be true or false")
    return ChosenOrders(table.strip(), rows, choice.columns, wanted, from_grist, notify is True)


def _from_grist(given: Any, columns: ChosenColumns, rows: Rows, reading: _Reading) -> Mapping[str, Rule]:
    """The fields of orders that Grist may change: a list of names, or the rule by name."""
    place = f"{ORDERS}.from_grist"
    asked = dict.fromkeys(given) if isinstance(given, list) and all(isinstance(name, str) for name in given) else given
    if not isinstance(asked, Mapping) or any(name not in ORDER_FIELDS_FROM_GRIST for name in asked):
        reading.say(place, f"must be a list of {' and '.join(ORDER_FIELDS_FROM_GRIST)}, or an object with a rule for each")
        return {}
    if asked and rows != "order":
        reading.say(place, "needs rows: order (a line has no note of its own)")
    for name, word in asked.items():
        if word is not None and (word not in ORDER_RULES or (word == "merge" and name != TAGS)):
            reading.say(f"{place}.{name}", f"the rule must be one of {', '.join(ORDER_RULES)} (merge for tags only)")
        elif name not in {column for column, _ in columns}:
            reading.say(place, f"{name} must be among the columns, too")
        elif not reading.writes(ORDERS, name):
            reading.say(place, f"{name} may not be written to the shop yet: add orders.{name} to shopify_writes")
    return {name: RULES.get(str(word), ORDER_FIELDS_FROM_GRIST[name]) for name, word in asked.items()}


def _refuse_unknown_writes(reading: _Reading) -> None:
    for name in sorted(reading.may_write - {"all", ORDERS, *ENTITIES}):
        entity, _, part = name.partition(".")
        known = entity_field(CHOOSABLE[entity], part) if entity in CHOOSABLE else None
        if (entity == ORDERS and part in ORDER_FIELDS_FROM_GRIST) or name == f"{PRODUCTS.name}.{PICTURES}":
            continue
        if known is None:
            reading.say("shopify_writes", f"there is no field {name}")
        elif not known.writable:
            reading.say("shopify_writes", f"{name} can only be set by Shopify")


def _refuse_same_tables(entities: list[ChosenEntity], orders: ChosenOrders | None, reading: _Reading) -> None:
    tables: dict[str, str] = {}
    named = [(one.entity.name, one.table) for one in entities] + ([(ORDERS, orders.table)] if orders else [])
    for name, table in named:
        other = tables.setdefault(table.casefold(), name)
        if other != name:
            reading.say(name, f"has the same table as {other}, {table!r}")


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
