"""Lists of an answered object that may go on beyond what was answered."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from syncdb.connectors.shopify.shape import ByIdentity, Leaf, Many, On, One, Paged, Parts


def unfinished(parts: Parts, node: Any) -> Iterator[tuple[Any, str, Many | Paged]]:
    """Every list below an answered object that may go on beyond what was answered: whose it is, its name and its shape."""
    yield from _unfinished(_open_ended(ByIdentity(parts)), node)


def _unfinished(open_ended: "Iterable[_OpenEnded]", node: Any) -> Iterator[tuple[Any, str, Many | Paged]]:
    for name, shape, deeper in open_ended:
        if not (answered := getattr(node, name)):
            continue
        if isinstance(shape, Paged):
            if answered.pageInfo.hasNextPage:
                yield node, name, shape
        elif isinstance(shape, Many) and len(answered) == shape.first:
            yield node, name, shape
        for item in _items(shape, answered) if deeper else ():
            yield from _unfinished(deeper, item)


# a part that is a list which may be cut short, or holds some deeper down: those
_OpenEnded = tuple[str, One | Many | Paged, "list[_OpenEnded]"]


@lru_cache(maxsize=256)
def _open_ended(key: ByIdentity) -> "list[_OpenEnded]":
    found: list[_OpenEnded] = []
    for name, shape in key.parts.items():
        if isinstance(shape, Leaf | On):
            continue
        cut = isinstance(shape, Paged) or (isinstance(shape, Many) and shape.first is not None)
        deeper = _open_ended(ByIdentity(shape.parts))
        if cut or deeper:
            found.append((name, shape, deeper))
    return found


def _items(shape: One | Many | Paged, answered: Any) -> list[Any]:
    match shape:
        case One():
            return [answered]
        case Many():
            return list(answered)
        case Paged():
            return list(answered.nodes)


@lru_cache(maxsize=16)
def any_unfinished(key: ByIdentity) -> Callable[[Any], bool]:
    """Whether `unfinished` would say anything of an object with these parts: nothing, for nearly all orders."""
    return _any_of(_open_ended(key))


def _any_of(open_ended: Iterable[_OpenEnded]) -> Callable[[Any], bool]:
    """The question written out for these lists, as one would by hand."""
    known: dict[str, Any] = {f"any_in_{name}": _any_of(deeper) for name, _, deeper in open_ended if deeper}
    asked = " or ".join(f"((v := node.{name}) and ({_asked(name, shape, bool(deeper))}))" for name, shape, deeper in open_ended)
    written: Callable[[Any], bool] = eval(f"lambda node: bool({asked})", known)
    return written


def _asked(name: str, shape: One | Many | Paged, deeper: bool) -> str:
    """What is asked of such a part, `v`, which is there."""
    inside = {One: f"any_in_{name}(v)", Many: f"any(map(any_in_{name}, v))", Paged: f"any(map(any_in_{name}, v.nodes))"}
    questions = [inside[type(shape)]] if deeper else []
    if isinstance(shape, Paged):
        questions.insert(0, "v.pageInfo.hasNextPage")
    elif isinstance(shape, Many) and shape.first is not None:
        questions.insert(0, f"len(v) == {shape.first}")
    return " or ".join(questions)
