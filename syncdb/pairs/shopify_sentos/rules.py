"""Whose word counts for what of products: understood or refused at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from syncdb.model import Owner, Rule
from syncdb.values import digest

# by entity, what Sentos can tell; the kind of word that counts where nothing else is said
FIELDS: Mapping[str, tuple[str, ...]] = {
    "products": ("title", "description_html", "vendor", "product_type"),
    "variants": ("price", "compare_at_price", "barcode"),
    "inventory": ("available",),
    "images": ("images",),
}
LEFT_TO_THE_SHOP = ("product_type",)  # its names need a list that is not well attested
STATUS = "status"  # written only where a product is gone
OF_SENTOS = Rule(Owner.RIGHT)


@dataclass(frozen=True, slots=True)
class GoodsRules:
    """By entity, the fields that Sentos decides and that may be written; `held` are those that may not be written yet.

    `may_draft`: products that are gone may be taken off sale; `may_create`: new ones may be made, `may_add`: variants be added to
    those that are there."""

    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held: tuple[str, ...] = ()
    may_draft: bool = False
    may_create: bool = False
    may_add: bool = False

    def rules(self, entity: str) -> dict[str, Rule]:
        """The rule of each field that is compared."""
        names = self.written.get(entity, ())
        return dict.fromkeys((*names, STATUS) if entity == "products" and self.may_draft else names, OF_SENTOS)

    def only(self, names: Sequence[str]) -> "GoodsRules":
        """Just these entities or fields (`inventory`, `price`, `variants.price`)."""
        kept = {
            entity: tuple(one for one in fields if {entity, one, f"{entity}.{one}"} & set(names))
            for entity, fields in self.written.items()
        }
        whole = "products" in names
        return GoodsRules(
            kept, self.held, self.may_draft and whole, self.may_create and whole, self.may_add and "variants" in names
        )

    @property
    def digest(self) -> str:
        """Changes whenever other fields are chosen."""
        return digest([sorted((entity, list(fields)) for entity, fields in self.written.items()), self.may_draft])


def names_of_goods() -> set[str]:
    """Everything that `--fields` can name of goods."""
    return set(FIELDS) | _names_of_fields()


def _names_of_fields() -> set[str]:
    fields = {name for fields in FIELDS.values() for name in fields}
    return fields | {f"{entity}.{name}" for entity, names in FIELDS.items() for name in names}


def parse_rules(chosen: Any, may_write: Iterable[str]) -> tuple[GoodsRules, list[str]]:
    """Understand `sentos_fields` and `shopify_writes`; the problems found, each as a sentence."""
    problems: list[str] = []
    words = dict.fromkeys(LEFT_TO_THE_SHOP, "shop") | {str(name): word for name, word in (chosen or {}).items()}
    for name, word in words.items():
        if name not in _names_of_fields():
            problems.append(f"sentos_fields: there is no field {name}{_near(name)}.")
        if word not in ("sentos", "shop"):
            problems.append(f"sentos_fields: {name} must be sentos or shop.")
    allowed = set(may_write)
    known = names_of_goods() | {"all", "products.status"}
    problems += [f"shopify_writes: there is no {name}{_near(name)}." for name in sorted(allowed - known) if not _others(name)]
    written: dict[str, tuple[str, ...]] = {}
    held: list[str] = []
    for entity, fields in FIELDS.items():
        mine = [name for name in fields if words.get(f"{entity}.{name}", words.get(name)) != "shop"]
        written[entity] = tuple(name for name in mine if allowed & {"all", entity, f"{entity}.{name}"})
        held += [name if name == entity else f"{entity}.{name}" for name in mine if name not in written[entity]]
    may_draft = bool(allowed & {"all", "products", "products.status"})
    return GoodsRules(
        written, tuple(held), may_draft, bool(allowed & {"all", "products"}), bool(allowed & {"all", "variants"})
    ), problems


def _others(name: str) -> bool:
    """Whether a name is of what only other pairs write to a shop."""
    return name.partition(".")[0] in ("orders", "collections", *FIELDS) and name not in names_of_goods()


def _near(name: str) -> str:
    near = get_close_matches(name, sorted(names_of_goods()), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
