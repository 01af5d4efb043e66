"""What changed between two snapshots of an order, field by field. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Change = tuple[str, Any, Any]

_GONE = object()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Each leaf that differs as (path, before, after). Members of lists that carry an id are followed by it, not by place."""
    return list(_walk("", before, after))


def _walk(path: str, before: Any, after: Any) -> Iterator[Change]:
    one, other = _children(before), _children(after)
    if one is None or other is None:
        if before is not after and before != after:
            yield path, _shown(before), _shown(after)
        return
    for name in [*one, *(name for name in other if name not in one)]:
        yield from _walk(_join(path, name), one.get(name, _GONE), other.get(name, _GONE))


def _children(node: Any) -> dict[str, Any] | None:
    """The named parts of a mapping or of a list of identified members; None for a leaf."""
    if isinstance(node, Mapping):
        return dict(node)
    if isinstance(node, list) and node and all(isinstance(member, Mapping) and "id" in member for member in node):
        return {f"[{member['id']}]": member for member in node}
    if node == [] or node is _GONE:
        return None
    return None


def _join(path: str, name: str) -> str:
    return f"{path}{name}" if name.startswith("[") or not path else f"{path}.{name}"


def _shown(node: Any) -> Any:
    return None if node is _GONE else node
