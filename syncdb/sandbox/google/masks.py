"""Field masks: `sheets(properties,data/rowData.values)` as a tree, and a JSON answer cut down to it."""

from __future__ import annotations

import re
from typing import Any

from syncdb.sandbox.google.errors import bad_field

Tree = dict[str, "Tree"]  # an empty tree means: all of it
_TOKEN = re.compile(r"[A-Za-z0-9_*]+|[(),./]")


class Built(list[Any]):
    """A list that was built to the mask already; cutting 100,000 rows again would take a second."""


def parse(mask: str) -> Tree:
    """The tree of a mask. Raises Refusal (400) where it cannot be read."""
    tokens = _TOKEN.findall(mask.replace(" ", ""))
    if "".join(tokens) != mask.replace(" ", ""):
        raise _unreadable(mask)
    tree, rest = _group(tokens, mask)
    if rest:
        raise _unreadable(mask)
    return tree


def _group(tokens: list[str], mask: str) -> tuple[Tree, list[str]]:
    tree: Tree = {}
    while tokens:
        tokens = _path(tree, tokens, mask)
        if not tokens or tokens[0] == ")":
            break
        if tokens[0] != ",":
            raise _unreadable(mask)
        tokens = tokens[1:]
    return tree, tokens


def _path(tree: Tree, tokens: list[str], mask: str) -> list[str]:
    """Add one path to the tree; what follows it."""
    if not tokens or not re.match(r"[A-Za-z0-9_*]", tokens[0]):
        raise _unreadable(mask)
    name, tokens = tokens[0], tokens[1:]
    fresh = name not in tree
    branch = tree.setdefault(name, {})
    if tokens and tokens[0] in "./":
        whole = not fresh and not branch
        rest = _path(branch, tokens[1:], mask)
        if whole:
            branch.clear()
        return rest
    if tokens and tokens[0] == "(":
        inner, rest = _group(tokens[1:], mask)
        if not rest:
            raise _unreadable(mask)
        branch.update(inner)
        return rest[1:]
    branch.clear()
    return tokens


def _unreadable(mask: str) -> Exception:
    return bad_field("fields", f"Error expanding 'fields' parameter. Cannot find matching fields for path '{mask}'.")


def cut(value: Any, tree: Tree) -> Any:
    """The value with only the fields of the tree."""
    if not tree or "*" in tree:
        return value
    if isinstance(value, Built):
        return value
    if isinstance(value, list):
        return [cut(one, tree) for one in value]
    if isinstance(value, dict):
        return {name: cut(value[name], tree[name]) for name in value if name in tree}
    return value


def branch(tree: Tree | None, *path: str) -> Tree | None:
    """The subtree at a path: {} for all of it, None where the mask leaves it out (tree None: no mask given)."""
    if tree is None:
        return {}
    for name in path:
        if not tree or "*" in tree:
            return {}
        if name not in tree:
            return None
        tree = tree[name]
    return tree
