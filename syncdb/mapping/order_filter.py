"""Which orders are brought over: what the setting `order_filter` means for an order's snapshot. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, tzinfo
from difflib import get_close_matches
from typing import Any

from syncdb.values import moment

Order = Mapping[str, Any]
CHANNELS = ("app", "source_name")
PLACES = ("retail_location", "fulfillments")


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What an order must be to get a row of its own. Of each list any will do; an empty one asks for nothing.

    Statuses and channels are compared without regard to case, in the words of Shopify's admin (`partially refunded`). `locations`
    are where an order was sold or is shipped from. `created_since` is a day by the shop's time zone.
    """

    financial_status: frozenset[str] = frozenset()
    fulfillment_status: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    without_tags: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    locations: frozenset[str] = frozenset()
    created_since: date | None = None
    test_orders: bool = True
    cancelled_orders: bool = True

    @property
    def data(self) -> list[Any]:
        """Everything that it asks for, as plain data in one order; empty if it asks for nothing."""
        if self == EVERY_ORDER:
            return []
        return [[one.name, _plain(getattr(self, one.name))] for one in fields(self)]

    def takes(self, order: Order, zone: tzinfo) -> bool:
        """Whether an order is asked for. What Shopify withholds of it counts as fitting: nothing is missed for being unseen."""
        return all(holds(self, order) for holds in _CONDITIONS) and self._recent(order, zone)

    def _recent(self, order: Order, zone: tzinfo) -> bool:
        created = order.get("created_at")
        return self.created_since is None or not created or moment(created).astimezone(zone).date() >= self.created_since


EVERY_ORDER = OrderFilter()


def parse_filter(value: Any) -> tuple[OrderFilter, list[str]]:
    """Understand the setting. Never raises: what is wrong with it is in the problems, each beginning with its place."""
    if value is None:
        return EVERY_ORDER, []
    if not isinstance(value, Mapping):
        return EVERY_ORDER, ["must be an object"]
    given: dict[str, Any] = {}
    problems: list[str] = []
    for name, asked in value.items():
        try:
            given[str(name)] = _reader(str(name))(asked)
        except ValueError as problem:
            problems.append(f".{name}: {problem}")
    return (EVERY_ORDER if problems else OrderFilter(**given)), problems


def not_among(asked: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those of the names asked for that are none of these, in whatever case."""
    words = {_word(name) for name in known}
    return sorted(name for name in asked if _word(name) not in words)


def _reader(name: str) -> Callable[[Any], Any]:
    known = [one.name for one in fields(OrderFilter)]
    if name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        raise ValueError(f"there is no such condition; did you mean {near[0]}?" if near else f"there are {', '.join(known)}")
    return {"created_since": _day, "test_orders": _flag, "cancelled_orders": _flag}.get(name, _words(name))


def _words(name: str) -> Callable[[Any], frozenset[str]]:
    statuses = _KNOWN.get(name)

    def read(asked: Any) -> frozenset[str]:
        words = [asked] if isinstance(asked, str) else asked
        if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
            raise ValueError("must be a list of words")
        found = frozenset(_word(word) for word in words)
        if statuses and (strange := sorted(found - statuses)):
            raise ValueError(f"there is no {' or '.join(strange)}; there are {', '.join(sorted(statuses))}")
        return found

    return read


def _day(asked: Any) -> date:
    try:
        return date.fromisoformat(str(asked))
    except ValueError:
        raise ValueError("must be a day such as 2026-01-31") from None


def _flag(asked: Any) -> bool:
    if not isinstance(asked, bool):
        raise ValueError("must be true or false")
    return asked


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def _word(text: Any) -> str:
    """One spelling of a word: `PARTIALLY_REFUNDED` and `Partially refunded` are the same."""
    return " ".join(str(text).replace("_", " ").casefold().split())


def _any_of(wanted: frozenset[str], order: Order, *paths: str) -> bool:
    """Whether one of the texts at these paths is wanted; so if nothing is asked for, or none of them can be seen."""
    if not wanted or not _seen(order, paths):
        return True
    return any(_word(text) in wanted for path in paths for text in _texts(order, path))


def _seen(order: Order, paths: tuple[str, ...]) -> bool:
    withheld = order.get("withheld", ())
    return not any(path == hidden or path.startswith(f"{hidden}.") for path in paths for hidden in withheld)


def _texts(order: Order, path: str) -> list[str]:
    found: Any = order
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    texts = found if isinstance(found, list | tuple) else [found]
    return [str(text) for text in texts if text]


def _any_place(wanted: frozenset[str], order: Order) -> bool:
    """Whether it was sold or is shipped from one of these places."""
    if not wanted or not _seen(order, PLACES):
        return True
    shipped = (name for one in order.get("fulfillments") or () for name in _texts(one, "location.name"))
    return any(_word(name) in wanted for name in (*_texts(order, "retail_location.name"), *shipped))


_CONDITIONS: tuple[Callable[[OrderFilter, Order], bool], ...] = (
    lambda asked, order: _any_of(asked.financial_status, order, "display_financial_status"),
    lambda asked, order: _any_of(asked.fulfillment_status, order, "display_fulfillment_status"),
    lambda asked, order: _any_of(asked.tags, order, "tags"),
    lambda asked, order: not asked.without_tags & {_word(tag) for tag in _texts(order, "tags")},
    lambda asked, order: _any_of(asked.channels, order, *CHANNELS),
    lambda asked, order: _any_place(asked.locations, order),
    lambda asked, order: asked.test_orders or not order.get("test"),
    lambda asked, order: asked.cancelled_orders or not order.get("cancelled_at"),
)
# the words of Shopify's OrderDisplayFinancialStatus and OrderDisplayFulfillmentStatus (API 2026-10)
_KNOWN: Mapping[str, frozenset[str]] = {
    "financial_status": frozenset(
        ("authorized", "expired", "paid", "partially paid", "partially refunded", "pending", "refunded", "voided")
    ),
    "fulfillment_status": frozenset(
        (
            "fulfilled", "fulfillment not required", "in progress", "on hold", "open", "partially fulfilled",
            "pending fulfillment", "request declined", "restocked", "scheduled", "unfulfilled",
        )
    ),
}  # fmt: skip
