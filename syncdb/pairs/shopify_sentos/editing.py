"""Whose word counts for what of products, Sentos' or the shop's, chosen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncdb.model import Owner, Rule
from syncdb.pairs.editing import Editing, Offered, OfferedField, Wished
from syncdb.pairs.shopify_sentos.rules import FIELDS, OF_SENTOS
from syncdb.pairs.shopify_sentos.settings import SentosSettings

SETTING = "sentos_fields"
WORDS: Mapping[str, Rule] = {"sentos": OF_SENTOS, "shop": Rule(Owner.LEFT)}


def _offered(settings: SentosSettings) -> Iterator[Offered]:
    for entity, names in FIELDS.items():
        written = settings.rules.written.get(entity, ())
        fields = tuple(_field(entity, name, name in written or _held(entity, name, settings)) for name in names)
        yield Offered(entity, entity, "Sentos", SETTING, fields)


def _held(entity: str, name: str, settings: SentosSettings) -> bool:
    return (name if name == entity else f"{entity}.{name}") in settings.rules.held


def _field(entity: str, name: str, of_sentos: bool) -> OfferedField:
    label = name.replace("_", " ")
    meaning = "Sentos' word counts, or what people improve in the shop stays."
    return OfferedField(name, label, meaning, True, name, "sentos" if of_sentos else "shop", WORDS, always=True)


def _put(settings: SentosSettings, now: Any, id: str, wished: Sequence[Wished]) -> Any:
    names = {one.name for one in wished}
    kept = {name: word for name, word in (now or {}).items() if name.removeprefix(f"{id}.") not in names}
    return kept | {one.name if one.name == id else f"{id}.{one.name}": one.rule for one in wished if one.rule}


EDITING: Editing[SentosSettings] = Editing(
    lambda settings: tuple(_offered(settings)),
    _put,
    {
        "shopify_writes": "what may be written to the shop: products, variants, inventory, images, or all",
        "sentos_write": "whether orders are written to Sentos",
    },
)
