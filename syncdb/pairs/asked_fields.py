"""Which entities and fields a run was asked for (`inventory`, `price`, `variants.price`), and which names are none of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from syncdb.mapping.entities import EntityField


class Chosen(Protocol):
    """A field that is kept in step."""

    @property
    def field(self) -> EntityField: ...


F = TypeVar("F", bound=Chosen)


@dataclass(slots=True)
class AskedFields:
    """The names that were asked for; those that met something are remembered."""

    names: list[str]
    _met: set[str] = field(default_factory=set)

    def of(self, entity: str, fields: Iterable[F]) -> tuple[F, ...]:
        """Those fields of an entity that were asked for: by their name, by the entity's, or by both."""
        return tuple(one for one in fields if self.includes(entity, one.field.name, f"{entity}.{one.field.name}"))

    def includes(self, *names: str) -> bool:
        """Whether what has all these names was asked for by one of them."""
        found = set(names).intersection(self.names)
        self._met |= found
        return bool(found)

    @property
    def unknown(self) -> list[str]:
        """The names that met nothing."""
        return [name for name in self.names if name not in self._met]
