"""What a person chose to keep in step between two stores: entities, fields and rules; understood or refused at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from syncdb.mapping.entities import ENTITIES, Entity, EntityField, entity_field
from syncdb.model import Owner, Rule, Tie
from syncdb.pairs.asked_fields import AskedFields
from syncdb.pairs.shopify_stores.belonging_entities import MEMBERSHIPS, PUBLICATIONS
from syncdb.pairs.shopify_stores.media_entity import MEDIA
from syncdb.pairs.shopify_stores.metafields_entity import EACH, METAFIELDS
from syncdb.pairs.shopify_stores.options_entity import OPTIONS
from syncdb.values import Kind, digest

# variants before options, which are those of the variants that both have, and before stock and pictures of them
SHARED = {
    one.name: one
    for one in (
        *(ENTITIES[name] for name in ("products", "variants")),
        OPTIONS,
        *(one for name, one in ENTITIES.items() if name not in ("products", "variants")),
        METAFIELDS,
        MEDIA,
        PUBLICATIONS,
        MEMBERSHIPS,
    )
}
OF_THE_PAIR = frozenset({MEDIA.name, OPTIONS.name, METAFIELDS.name, PUBLICATIONS.name, MEMBERSHIPS.name})  # no shop tells of them
# collections and publications where they are switched on
DEFAULT_ENTITIES = ("products", "variants", "options", "inventory", METAFIELDS.name, MEDIA.name)
LISTS = ("tags", "publications", "memberships", "metafields")  # fields that hold several words, which can be merged
# what only makes sense within one shop, or is kept in step as stock is, or by an entity of its own (memberships)
NOT_SHARED = frozenset({"on_hand", "tracked", "collections"})
# how records of the two stores are told to be the same thing, and what they refer to: read always, never compared
ALWAYS = {
    "products": ("title", "handle", "status"),
    "variants": ("product", "title", "sku", "barcode", "option1", "option2", "option3"),
    "inventory": ("variant", "sku", "location", "location_id", "tracked"),
    "collections": ("title", "handle"),
}
# by what people know them, never written
NAMED_BY = {
    "variants": ("product", "title"),
    "inventory": ("variant", "sku"),
    OPTIONS.name: ("product",),
    MEDIA.name: ("product",),
    METAFIELDS.name: ("product",),
}


@dataclass(frozen=True, slots=True)
class SharedField:
    """One field that both stores shall show alike, and its rule."""

    field: EntityField
    rule: Rule


@dataclass(frozen=True, slots=True)
class SharedEntity:
    """One kind of record with its fields."""

    entity: Entity
    fields: tuple[SharedField, ...]

    @property
    def digest(self) -> str:
        """Changes whenever other fields or rules are chosen."""
        return digest([[one.field.name, one.rule.owner.value, one.rule.tie.value] for one in self.fields])

    @property
    def read(self) -> list[str]:
        """The names of all fields that are asked of a shop."""
        return list(dict.fromkeys((*ALWAYS.get(self.entity.name, ()), *(one.field.name for one in self.fields))))


@dataclass(frozen=True, slots=True)
class StoresSelection:
    """Everything that is kept in step, and everything that is wrong with what was asked for."""

    entities: tuple[SharedEntity, ...] = ()
    problems: tuple[str, ...] = ()

    def only(self, names: Iterable[str]) -> tuple["StoresSelection", list[str]]:
        """Just these entities or fields (`inventory`, `price`, `variants.price`), and the names that are none of them."""
        asked = AskedFields(list(names))
        kept = ((one, asked.of(one.entity.name, one.fields)) for one in self.entities)
        entities = tuple(SharedEntity(one.entity, fields) for one, fields in kept if fields)
        return StoresSelection(entities), asked.unknown


def rules_for(names: tuple[str, str]) -> Mapping[str, Rule]:
    """The rules by the words for them, for stores of these names."""
    first, second = names
    return {
        first: Rule(Owner.LEFT),
        second: Rule(Owner.RIGHT),
        f"{first}-wins": Rule(Owner.BOTH, tie=Tie.LEFT),
        f"{second}-wins": Rule(Owner.BOTH, tie=Tie.RIGHT),
        "newest": Rule(Owner.BOTH, tie=Tie.NEWEST),
        "ask": Rule(Owner.BOTH, tie=Tie.ASK),
        "sum": Rule(Owner.BOTH, tie=Tie.SUM),
        "merge": Rule(Owner.BOTH, tie=Tie.MERGE),
    }


def parse_stores_selection(value: Any, names: tuple[str, str]) -> StoresSelection:
    """Understand the setting `stores_sync` (docs/two-stores.md). Never raises: what is wrong is in the selection's `problems`."""
    chosen = dict.fromkeys(DEFAULT_ENTITIES, True) if value in (None, "", {}) else dict(value)
    if chosen.get("collections", False) is not False:  # with them what is in them
        chosen.setdefault(MEMBERSHIPS.name, True)
    reading = _Reading(rules_for(names))
    named = {str(name): given for name, given in chosen.items() if given is not False}
    entities = [found for name, given in named.items() if (found := reading.entity(name, given))]
    reading.refuse_alone(named.keys())
    # in the order in which they refer to each other, whatever the order in the file
    entities.sort(key=lambda one: list(SHARED).index(one.entity.name))
    return StoresSelection(tuple(entities), tuple(reading.problems))


@dataclass(slots=True)
class _Reading:
    rules: Mapping[str, Rule]
    problems: list[str] = field(default_factory=list)

    def entity(self, name: str, given: Any) -> SharedEntity | None:
        entity = SHARED.get(name)
        if entity is None:
            self.problems.append(f"{name}: there is no such entity{_near(name, SHARED)}")
            return None
        if given is True:
            given = {}
        if not isinstance(given, Mapping) or given.keys() - {"fields"}:
            self.problems.append(f'{name}: must be true, false or an object with "fields"')
            return None
        return SharedEntity(entity, tuple(self._fields(entity, given.get("fields"))))

    def refuse_alone(self, chosen: Collection[str]) -> None:
        """What belongs to products or variants is told to be the same by theirs, which must be kept in step, too."""
        needs = {"products"} if chosen else set()
        needs |= {"variants"} if {"inventory", OPTIONS.name} & set(chosen) else set()
        for name in sorted(needs.difference(chosen)):
            others = ", ".join(one for one in SHARED if one in chosen)
            self.problems.append(f'{name}: they are needed for {others}; put "{name}": true beside them')

    def _fields(self, entity: Entity, given: Any) -> Sequence[SharedField]:
        """The chosen fields: a list of names, or an object with a rule for each. An object may name just those whose rule is not
        the usual one together with `"usual": true`."""
        if given is None:
            given = {"usual": True}
        if isinstance(given, list):
            given = dict.fromkeys(given)
        if not isinstance(given, Mapping) or not given:
            self.problems.append(f"{entity.name}.fields: must be a list of field names or an object with a rule for each")
            return ()
        rules = {str(name): word for name, word in given.items() if name != "usual"}
        usual = [one.name for one in entity.fields if given.get("usual") is True and is_usual(one)]
        found = [self._field(entity, name, rules.get(name)) for name in dict.fromkeys((*usual, *rules))]
        return [one for one in found if one is not None]

    def _field(self, entity: Entity, name: str, word: Any) -> SharedField | None:
        place = f"{entity.name}.fields.{name}"
        known = entity_field(entity, name)
        if known is None:
            self.problems.append(f"{place}: there is no such field{_near(name, entity.by_name)}")
        elif known.name == "collections":
            self.problems.append(
                f'{place}: collections are kept in step with their products by "collections": true beside products'
            )
        elif not known.writable or known.name in NOT_SHARED:
            self.problems.append(f"{place}: it belongs to each store alone and cannot be kept in step")
        elif word is not None and (not isinstance(word, str) or word not in self.rules):
            self.problems.append(f"{place}: the rule must be one of {', '.join(self.rules)}")
        elif known.kind is not Kind.COUNT and word == "sum":
            self.problems.append(f"{place}: the rule sum is for counts of stock only")
        elif known.name not in LISTS and word == "merge":
            self.problems.append(f"{place}: the rule merge is for {', '.join(LISTS)} only")
        else:
            return SharedField(known, rule_by(known, self.rules, word))
        return None


def rule_by(field: EntityField, rules: Mapping[str, Rule], word: str | None) -> Rule:
    """The rule of a field by the word for it, None for the usual one. Of metafields what is merged is each of them."""
    return usual_rule(field) if word is None or (word == "merge" and field.rule == EACH) else rules[word]


def is_usual(one: EntityField) -> bool:
    """Whether two stores share a field unasked: all that can be written, but for what is each store's own."""
    return one.writable and one.name not in NOT_SHARED


def usual_rule(one: EntityField) -> Rule:
    return one.rule if one.rule.owner is Owner.BOTH else Rule(Owner.BOTH, tie=Tie.ASK)


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
