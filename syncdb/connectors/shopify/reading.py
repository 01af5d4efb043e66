"""Answers read by the shape that they were asked by, into typed objects.

An answered object has an attribute for each part, by Shopify's name of it. What was asked and not answered, or is of another type
than Shopify documents, is an error, never a gap.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from syncdb.connectors.shopify.answer_types import ANSWERED, OfOrder, PageInfo
from syncdb.connectors.shopify.shape import ByIdentity, Leaf, Many, On, One, Paged, Parts, Shape, answered_as, flat
from syncdb.values import parse_json


def answered(parts: Parts, node: Mapping[str, Any]) -> Any:
    """Parsed JSON as an answered object. Raises ValueError where it is not of the asked shape."""
    return _converted(node, _answered(ByIdentity(parts)))


def connection(parts: Parts, found: Any) -> Any:
    """A connection of such objects, from parsed JSON. Raises ValueError where it is not of the asked shape."""
    return _converted(found, _connection(ByIdentity(parts)))


def _converted(found: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def parsed_again(node: Struct) -> Any:
    """An answered object as parsed JSON."""
    return msgspec.to_builtins(node)


def decoder(parts: Parts) -> Callable[[bytes], Any]:
    """A function that reads the text of such an object. It raises ValueError where that is no JSON or not of the asked shape."""
    return _decoder(_answered(ByIdentity(parts)))


def connection_decoder(parts: Parts) -> Callable[[Raw], Any]:
    """The same for a connection of such objects, of which the text was left as it was."""
    return _decoder(_connection(ByIdentity(parts)))


def parts_decoder(lists: Iterable[str]) -> Callable[[bytes], list[list[Any]]]:
    """A function that reads lists of parts of orders (null where one was not found): the `id` and the `order` of each, the
    `lists` as they are written.
    """
    fields: list[Any] = [("id", str, ""), ("order", OfOrder | None, None), *((name, Raw, Raw()) for name in lists)]
    part = msgspec.defstruct("PartOfOrder", fields)
    return _decoder(list[list[part | None]])  # type: ignore[valid-type]


def _decoder(kind: Any) -> Callable[[Any], Any]:
    decode = msgspec.json.Decoder(kind).decode

    def decoded(text: bytes | Raw) -> Any:
        try:
            return decode(text)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        except msgspec.DecodeError:  # also for halves of characters, which JSON can spell
            return _converted(parse_json(bytes(text)), kind)

    return decoded


@lru_cache(maxsize=256)
def _connection(key: ByIdentity) -> type[Struct]:
    nodes: Any = list[_answered(key)]  # type: ignore[misc]
    return msgspec.defstruct("Connection", [("nodes", nodes), ("pageInfo", PageInfo)], gc=False)


@lru_cache(maxsize=256)
def _answered(key: ByIdentity) -> type[Struct]:
    """In the order of the question, which answers keep: each key is looked for from behind the one before."""
    parts = flat(key.parts)
    fields = [_field(name, *one) for name, one in parts.items()]
    short = {name: answered_as(name, shape) for name, (shape, _) in parts.items()}
    return msgspec.defstruct("Answered", fields, rename=short, kw_only=True, gc=False)


def _field(name: str, shape: Shape, always: bool) -> tuple[str, Any] | tuple[str, Any, Any]:
    match shape:
        case Paged(parts):  # where many orders are read at once it comes apart from its object
            return name, _connection(ByIdentity(parts)) | None | UnsetType, UNSET
        case Many(parts):
            kind: Any = list[_answered(ByIdentity(parts))]  # type: ignore[misc]
        case Leaf(answered=name_of_type):
            kind = ANSWERED[name_of_type]
        case One(parts) | On(parts):
            kind = _answered(ByIdentity(parts))
    return (name, kind | None) if always else (name, kind | None | UnsetType, UNSET)
