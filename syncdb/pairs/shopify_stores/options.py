"""Options of the products that both stores have: renamed, put in another order, or given other values in one, so in the other.

The options of a product, the values of its variants and the order of all of them are one value, compared as any other field. Only
variants that both stores have are part of it: one that is new, or gone, in one store is brought over as a variant.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.structures import Structure, StructureReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter, can_be_ordered, in_order
from syncdb.connectors.shopify.products.whole import Option, Product
from syncdb.engine.links import Joins
from syncdb.errors import NotUnderstood, OutcomeUnknown
from syncdb.ledger import Ledger
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Side, Snapshot, agrees
from syncdb.pairs.shopify_stores.options_entity import NAME
from syncdb.values import Value, digest, encode_fields

AT_ONCE = 5  # products that are written in one attempt


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger knows of products, of their variants, and of what was agreed about their options."""

    ledger: Ledger
    products: Joins
    variants: Joins
    options: Joins

    def counterparts(self, side: Side, ids: Iterable[str]) -> dict[str, str]:
        """By id of a product of a side, the id of the same one on the other; those that are linked with none are left out."""
        keys = self.products.keys(side, dict.fromkeys(ids))
        alone = self.products.alone(list(keys.values()))
        others = self.products.ids(side.other, [key for key in keys.values() if key not in alone])
        return {id: others[key] for id, key in keys.items() if key in others}

    def agreed_variants(self, side: Side, product: str) -> list[str]:
        """The keys of the variants about whose values something was agreed, in their order."""
        (key,) = self.options.keys(side, [product]).values()
        return [variant for variant, *_ in _parsed(self.options.records.base(key).get(NAME)).rows]

    def drop_gone(self, side: Side, present: Mapping[str, Collection[str]]) -> None:
        """About variants that a product (by id on a side) has no longer in both stores nothing is agreed any more."""
        for id, key in self.options.keys(side, present).items():
            agreed = _parsed(self.options.records.base(key).get(NAME))
            left = [row for row in agreed.rows if row[0] in present[id]]
            if len(left) < len(agreed.rows):
                with self.ledger.transaction():
                    self.options.records.narrow(key, {NAME: text_of(agreed.names, left, agreed.orders)})

    def unmoved(self, side: Side, product: str, shown: Value) -> bool:
        """Whether a product of a side shows what was agreed about its options."""
        (key,) = self.options.keys(side, [product]).values()
        return self.options.records.base(key).get(NAME) == shown


@dataclass(slots=True)
class OptionsSide:
    """The options of one store's products. `theirs` is the same of the other store, from which what is written is taken.

    Reading a product reads its counterpart, too, since only what both have is compared; that is handed to the other side once.
    """

    side: Side
    title: str
    told: Told
    structures: StructureReader
    products: ProductReader
    writer: VariantsWriter
    theirs: "OptionsSide | None" = None
    name: str = field(default="Shopify options", init=False)
    can: Capabilities = field(default=Capabilities(create=False, live=True), init=False)
    _ahead: dict[str, Structure] = field(default_factory=dict, init=False)

    @property
    def other(self) -> "OptionsSide":
        assert self.theirs is not None, "both sides are made together"
        return self.theirs

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        """The options of all products that both stores have, in blocks. Raises Refused and RetryLater."""
        for block in self.structures.everything():
            yield self._snapshot(block)

    def look(self, keys: Iterable[str]) -> Snapshot:
        """The options of these products as they are now. Raises Refused and RetryLater."""
        wanted = list(dict.fromkeys(keys))
        ahead = {key: self._ahead.pop(key) for key in wanted if key in self._ahead}
        return self._snapshot(ahead | self.structures.many(key for key in wanted if key not in ahead))

    def departed(self, products: Sequence[str]) -> list[str]:
        """Variants of these products that were agreed on and are no longer here, by the ids that they had here."""
        shown = self.structures.many(products)
        gone: list[str] = []
        for id, one in shown.items():
            known = self.told.variants.ids(self.side, self.told.agreed_variants(self.side, id))
            gone += [ref for ref in known.values() if ref not in one.variants]
        return gone

    def lacking(self, product: str, variants: Sequence[str]) -> set[str]:
        """Those of these variants of a product here that are gone in the other store, which still has their product."""
        there = self.told.counterparts(self.side, [product]).get(product)
        shown = self.other.structures.many([there] if there else []).get(there or "")
        if shown is None:
            return set()
        keys = self.told.variants.keys(self.side, variants)
        theirs = self.told.variants.ids(self.side.other, keys.values())
        return {id for id, key in keys.items() if key in theirs and theirs[key] not in shown.variants}

    def follow(self, product: str) -> bool:
        """Bring the options of a product here, where only the other store changed them; whether anything was written."""
        there = self.told.counterparts(self.side, [product]).get(product)
        here, other = self._shown(product), self.other._shown(there) if there else None
        if here is None or other is None or here == other or not self.told.unmoved(self.side, product, here):
            return False
        return self._brought(product).result is Result.DONE

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return Attempt(token, tuple(operations[:AT_ONCE]), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self._each(attempt, first=True)

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """What stands now, brought to its end where only a part of it was applied."""
        return self._each(attempt, first=False)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        self._ahead.clear()

    def _snapshot(self, here: Mapping[str, Structure]) -> Snapshot:
        counterparts = self.told.counterparts(self.side, here)
        ready = {id: self.other._ahead[id] for id in counterparts.values() if id in self.other._ahead}
        there = ready | self.other.structures.many(id for id in counterparts.values() if id not in ready)
        self.other._ahead |= there
        both = {id: (here[id], there[other]) for id, other in counterparts.items() if other in there}
        common = {id: self._common(*pair) for id, pair in both.items()}
        self.told.drop_gone(self.side, common)
        found = {id: self._found(one, common[id]) for id, (one, _) in both.items()}
        return Snapshot(found, complete=not self.structures.conversation.other_version)

    def _found(self, here: Structure, common: Collection[str]) -> Found:
        """The options and the variants that both have, by their keys."""
        keys = self._keys(here)
        rows = [[keys[ref], *values] for ref, values in here.variants.items() if keys[ref] in common]
        fields = {"product": here.ref, NAME: text_of(here.options, rows, here.values)}
        return Found(here.ref, digest(encode_fields(fields)), Record(here.ref, fields))

    def _common(self, here: Structure, there: Structure) -> set[str]:
        return set(self._keys(here).values()) & set(self.other._keys(there).values())

    def _keys(self, structure: Structure) -> dict[str, str]:
        return self.told.variants.keys(self.side, structure.variants)

    def _shown(self, product: str) -> str | None:
        """What a product shows now, None where it or its counterpart is not there."""
        found = self._snapshot(self.structures.many([product])).found.get(product)
        self.other._ahead.clear()
        return None if found is None else str(found.record.fields[NAME])

    def _each(self, attempt: Attempt, first: bool) -> list[Outcome]:
        self._ahead.clear()
        self.other._ahead.clear()
        try:
            return [self._one(operation, first) for operation in attempt.operations]
        except (OutcomeUnknown, NotUnderstood):
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def _one(self, operation: Operation, first: bool) -> Outcome:
        if operation.action is not Action.UPDATE or operation.changes.keys() != {NAME}:
            return Outcome(Result.REJECTED, operation.key, "options are changed with their product only")
        shown = self._shown(operation.key)
        if shown is None:
            return Outcome(Result.STALE, operation.key, "the product is no longer in both stores")
        if agrees(operation.changes, {NAME: shown}):
            return Outcome(Result.DONE, operation.key)
        there = self.told.counterparts(self.side, [operation.key])[operation.key]
        if not agrees(operation.changes, {NAME: self.other._shown(there)}):
            return Outcome(Result.STALE, operation.key, "its options changed in the other store meanwhile")
        if first and not agrees(operation.expected, {NAME: shown}):
            return Outcome(Result.STALE, operation.key, "its options changed in the store meanwhile")
        brought = self._brought(operation.key)
        if brought.result is Result.DONE and not agrees(operation.changes, {NAME: self._shown(operation.key)}):
            return Outcome(Result.STALE, operation.key, "the store shows other options than were sent")
        return brought

    def _brought(self, product: str) -> Outcome:
        """Let a product here have the options of its counterpart. Raises OutcomeUnknown."""
        there = self.told.counterparts(self.side, [product]).get(product)
        source = self.other.structures.many([there] if there else []).get(there or "")
        standing = self.products.one(product)
        if source is None or standing is None:
            return Outcome(Result.STALE, product, "the product is no longer in both stores")
        named = self.other._keys(source)
        theirs = {named[ref]: values for ref, values in source.variants.items()}  # in their order
        keys = self.told.variants.keys(self.side, [one.ref for one in standing.variants or ()])
        own = {keys[one.ref]: one for one in standing.variants or ()}
        values = {own[key].ref: values for key, values in theirs.items() if key in own}
        wanted = with_options(standing, source.options, values, source.values)
        if wanted is None:
            told = f"the other store has {len(source.options)} options, and this one has variants that are not there"
            return Outcome(Result.REJECTED, product, f"product {standing.title!r}: {told}")
        return self.writer.bring(product, wanted, standing).outcome


def with_options(
    standing: Product, names: Sequence[str], values: Mapping[str, tuple[str, ...]], orders: Sequence[Sequence[str]]
) -> Product | None:
    """The product with options of these names; `values` are those of its variants, by id, in the order in which they come, and
    `orders` the order of the values of each option among themselves.

    A variant that `values` does not name stays behind the others with what it has of each option. None where there is another
    number of options, so that nobody knows which value it is to have.
    """
    known = {one.ref: one for one in standing.variants or ()}
    had = [one.name for one in standing.options or ()]
    rest = [one for ref, one in known.items() if ref not in values]
    if rest and len(had) != len(names):
        return None
    # by name where the names are the same in another order, else by place
    places = [had.index(name) for name in names] if set(had) == set(names) else list(range(len(names)))
    kept = [replace(one, values=tuple(one.values[place] for place in places)) for one in rest]
    variants = (*(replace(known[ref], values=row) for ref, row in values.items()), *kept)
    shown = [tuple(dict.fromkeys(one.values[place] for one in variants)) for place in range(len(names))]
    options = tuple(Option(name, in_order(shown[place], orders[place])) for place, name in enumerate(names))
    return replace(standing, options=options, variants=variants)


def both_options(left: OptionsSide, right: OptionsSide) -> dict[Side, OptionsSide]:
    """The two sides, each of which writes what the other has."""
    left.theirs, right.theirs = right, left
    return {Side.LEFT: left, Side.RIGHT: right}


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What the compared value says: names of options, variants by key with their values, and the values of each option."""

    names: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    orders: Sequence[Sequence[str]] = ()


def text_of(names: Sequence[str], rows: Sequence[Sequence[str]], orders: Sequence[Sequence[str]]) -> str:
    """Options, variants by key with their values, and the values that these have in the order of each option, as one value.

    It begins with a line for people, who may have to decide between two.
    """
    used = [{row[place] for row in rows} for place in range(1, len(names) + 1)]
    shown = [[value for value in order if value in used[place]] for place, order in enumerate(orders)]
    ordered = [values if can_be_ordered(values) else [] for values in shown]
    options = ", ".join(f"{name} ({', '.join(values)})" for name, values in zip(names, ordered, strict=False))
    variants = ", ".join(" / ".join(values) for _, *values in rows)
    return f"{options}: {variants}\n" + json.dumps([list(names), [list(row) for row in rows], ordered], ensure_ascii=False)


def _parsed(text: Value) -> _Agreed:
    return _Agreed(*json.loads(text.rpartition("\n")[2])) if isinstance(text, str) else _Agreed()
