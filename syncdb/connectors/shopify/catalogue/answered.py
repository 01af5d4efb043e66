"""Parts of Shopify's answers about the catalogue, each held to the type that its schema gives it, where they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.client import Answer
from syncdb.decoding import flag, listed, mapping, text, understood, whole


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of a listing: its records (None where one could not be answered), and where and whether it goes on."""

    nodes: tuple[Mapping[str, Any] | None, ...]
    cursor: str | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class UserError:
    """Why a mutation refused something: the path in its input, Shopify's words and code, and the item of a list it is about."""

    message: str
    field: tuple[str, ...] = ()
    code: str | None = None
    element: int | None = None

    def place(self, count: int) -> int | None:
        """Which of `count` items sent it is about, where it says so and there is such a one."""
        named = (int(step) for step in self.field if step.isdecimal())
        place = next(named, None) if self.element is None else self.element
        return place if place is not None and 0 <= place < count else None


@dataclass(frozen=True, slots=True)
class Payload:
    """What one mutation answered: what it refused, and all that was asked of it."""

    errors: tuple[UserError, ...]
    found: Mapping[str, Any]


def words(value: object) -> str:
    """A text that can be kept: JSON can spell halves of characters, UTF-8 cannot. Raises TypeError and ValueError."""
    found = text(value)
    if not found.isascii():
        found.encode("utf-8")
    return found


@understood("Shopify")
def sound(answer: Answer) -> Answer:
    """The answer: its data an object or nothing, paths of errors lists, words that can be kept. Raises NotUnderstood."""
    if answer.data is not None:
        mapping(answer.data)
    for error in answer.errors:
        listed(error.get("path") or [])
        words(str(error.get("message")))
    for warning in answer.warnings:
        words(warning)
    return answer


@understood("Shopify")
def objects(nodes: object) -> tuple[Mapping[str, Any] | None, ...]:
    """The objects of a list, None where one could not be answered. Raises NotUnderstood."""
    return tuple(None if node is None else mapping(node) for node in listed(nodes))


@understood("Shopify")
def page_in(listing: object) -> RecordPage:
    """A page of a connection. Raises NotUnderstood."""
    shown = mapping(listing)
    onward = shown["pageInfo"]
    cursor = onward["endCursor"]
    return RecordPage(objects(shown["nodes"]), None if cursor is None else text(cursor), flag(onward["hasNextPage"]))


@understood("Shopify")
def text_at(node: object, *path: str) -> str:
    """The text at a path in an answered object. Raises NotUnderstood where there is none."""
    there: Any = node
    for step in path:
        there = mapping(there)[step]
    return words(there)


@understood("Shopify")
def text_or_none_at(node: object, *path: str) -> str | None:
    """The same where null may stand."""
    there: Any = node
    for step in path:
        there = mapping(there)[step]
    return None if there is None else words(there)


@understood("Shopify")
def found_at(data: Mapping[str, Any] | None, *place: str) -> Mapping[str, Any] | None:
    """The object at a path in the data of an answer; None where null stands on the way. Raises NotUnderstood."""
    there: Any = data
    for step in place:
        there = None if there is None else mapping(there).get(step)
    return None if there is None else mapping(there)


@understood("Shopify")
def payload_in(found: object) -> Payload:
    """What a mutation answered. Raises NotUnderstood."""
    shown = mapping(found)
    return Payload(tuple(_user_error(mapping(error)) for error in listed(shown["userErrors"])), shown)


def _user_error(error: Mapping[str, Any]) -> UserError:
    code, element = error.get("code"), error.get("elementIndex")
    return UserError(
        words(error["message"]),
        tuple(words(step) for step in listed(error["field"] or [])),
        None if code is None else text(code),
        None if element is None else whole(element),
    )
