"""What must happen for a product to have just these options and variants: decided from what stands, without touching anything.

Nothing is ever deleted by leaving it out: variants are added, renamed, put in order and removed by name. Only where the options
themselves are others (more, fewer, in another order, or values that change places) all of them are set at once, as a whole list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from syncdb.connectors.shopify.products.whole import Option, Product, Variant

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Renaming:
    """Another name for an option (None: the same), and other names for values of it, by their ids."""

    option: str
    name: str | None
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VariantPlan:
    """`matched` says by place which variant of the shop each wanted one is. `whole`: all are set at once, with their options."""

    matched: Mapping[int, str]
    renamed: tuple[Renaming, ...] = ()
    added: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    removed: tuple[str, ...] = ()
    whole: bool = False

    @property
    def nothing(self) -> bool:
        """Whether options and variants are as they should be, but for their order."""
        return not (self.renamed or self.added or self.changed or self.removed or self.whole)


def variant_plan(standing: Product, wanted: Product) -> VariantPlan:
    """How `standing` comes to the options and variants of `wanted`, whose variants carry the ids of those they are.

    One without an id is that of the shop with the same values, if no other is; so a lost answer makes no second one.
    """
    there, meant = standing.variants or (), wanted.variants or ()
    options, asked = standing.options or (), wanted.options or ()
    matched = _matched(there, meant)
    by_ref = {one.ref: one for one in there}
    removed = tuple(one.ref for one in there if one.ref not in matched.values())
    added = tuple(place for place in range(len(meant)) if place not in matched)
    plan = VariantPlan(matched, (), added, (), removed)
    if len(options) != len(asked) or not _same_order(options, asked) or standing.has_options != wanted.has_options:
        return replace(plan, whole=True)
    pairs = [(by_ref[ref].values, meant[place].values) for place, ref in matched.items()]
    renamed = tuple(one for at in range(len(options)) if (one := _renaming(options[at], asked[at], at, pairs)))
    now = {ref: _after(by_ref[ref].values, options, renamed) for ref in by_ref}
    changed = tuple(place for place, ref in matched.items() if now[ref] != meant[place].values)
    taken = {now[ref] for ref in by_ref}
    clash = any(meant[place].values in taken for place in (*changed, *added))
    return replace(plan, renamed=renamed, changed=changed, whole=clash)


def _matched(there: Sequence[Variant], meant: Sequence[Variant]) -> dict[int, str]:
    known = {one.ref for one in there}
    found = {place: one.ref for place, one in enumerate(meant) if one.ref in known}
    free = {one.values: one.ref for one in there if one.ref not in found.values()}
    for place, one in enumerate(meant):
        if place not in found and not one.ref and one.values in free:
            found[place] = free.pop(one.values)
    return dict(sorted(found.items()))


def _same_order(options: Sequence[Option], asked: Sequence[Option]) -> bool:
    """Whether each asked option can be the one at its place: none of them has the name of one at another place."""
    names = [one.name for one in options]
    return all(one.name not in names or names[at] == one.name for at, one in enumerate(asked))


def _renaming(
    option: Option, asked: Option, at: int, pairs: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]
) -> Renaming | None:
    """What an option and its values are called now; a value is renamed where all its variants want the same new one."""
    became: dict[str, set[str]] = {}
    for before, after in pairs:
        became.setdefault(before[at], set()).add(after[at])
    refs = dict(zip(option.values, option.value_refs, strict=True))
    new = {old: next(iter(names)) for old, names in became.items() if len(names) == 1 and names != {old}}
    fresh = {old: name for old, name in new.items() if name not in option.values and list(new.values()).count(name) == 1}
    name = asked.name if asked.name != option.name else None
    return Renaming(option.ref, name, {refs[old]: name for old, name in fresh.items()}) if name or fresh else None


def _after(values: tuple[str, ...], options: Sequence[Option], renamed: Sequence[Renaming]) -> tuple[str, ...]:
    """A variant's values once the renamings are carried out."""
    new = {one.option: one.values for one in renamed}
    found = []
    for option, value in zip(options, values, strict=True):
        refs = dict(zip(option.values, option.value_refs, strict=True))
        found.append(new.get(option.ref, {}).get(refs[value], value))
    return tuple(found)
