"""The sandbox's schema is a true subset of Shopify's own, in both versions syncdb speaks."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_client_schema,
    is_scalar_type,
    is_specified_scalar_type,
)

from syncdb.sandbox.shopify.documents import schema

SCHEMAS = Path(__file__).resolve().parents[3] / ".." / "shared" / "shopify"


def shopifys(version: str) -> GraphQLSchema:
    path = SCHEMAS / f"admin_{version}.json.gz"
    if not path.exists():
        pytest.skip(f"no introspection of {version} at hand")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return build_client_schema(json.load(file)["data"], assume_valid=True)


def ours() -> list[GraphQLNamedType]:
    return [kind for name, kind in schema().type_map.items() if not name.startswith("__") and not is_specified_scalar_type(kind)]


def differences(mine: GraphQLNamedType, theirs: GraphQLNamedType | None) -> tuple[int, list[str]]:
    """How many things were compared, and which differ."""
    if theirs is None or type(mine) is not type(theirs):
        return 1, [f"{mine.name}: no such {type(mine).__name__}"]
    if isinstance(mine, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
        return len(mine.values), [f"{mine.name}.{one}" for one in mine.values if one not in theirs.values]
    if isinstance(mine, GraphQLUnionType) and isinstance(theirs, GraphQLUnionType):
        known = {one.name for one in theirs.types}
        return len(mine.types), [f"{mine.name}: {one.name}" for one in mine.types if one.name not in known]
    if isinstance(mine, GraphQLObjectType | GraphQLInterfaceType):
        assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
        return in_fields(mine, theirs)
    if isinstance(mine, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
        return in_inputs(mine, theirs)
    assert is_scalar_type(mine)
    return 1, []


def narrower(mine: str, theirs: str) -> bool:
    """Whether all that is valid for us is valid for them: an argument one version requires and the other does not."""
    return mine in (theirs, f"{theirs}!")


def in_inputs(mine: GraphQLInputObjectType, theirs: GraphQLInputObjectType) -> tuple[int, list[str]]:
    wrong = [
        f"{mine.name}.{name}: {field.type}"
        for name, field in mine.fields.items()
        if name not in theirs.fields or not narrower(str(field.type), str(theirs.fields[name].type))
    ]
    needed = [name for name, one in theirs.fields.items() if str(one.type).endswith("!") and name not in mine.fields]
    return len(mine.fields), wrong + [f"{mine.name} lacks {name}" for name in needed]


def in_fields(
    mine: GraphQLObjectType | GraphQLInterfaceType, theirs: GraphQLObjectType | GraphQLInterfaceType
) -> tuple[int, list[str]]:
    known = {one.name for one in theirs.interfaces}
    wrong = [f"{mine.name} implements {one.name}" for one in mine.interfaces if one.name not in known]
    compared = len(mine.interfaces)
    for name, field in mine.fields.items():
        other = theirs.fields.get(name)
        compared += 1 + len(field.args)
        if other is None or str(other.type) != str(field.type):
            wrong.append(f"{mine.name}.{name}: {field.type}")
            continue
        for key, argument in field.args.items():
            same = key in other.args and narrower(str(argument.type), str(other.args[key].type))
            if not same or other.args[key].default_value != argument.default_value:
                wrong.append(f"{mine.name}.{name}({key}: {argument.type})")
        needed = [key for key, one in other.args.items() if str(one.type).endswith("!") and key not in field.args]
        wrong += [f"{mine.name}.{name} lacks {key}" for key in needed]
    return compared, wrong


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_every_name_is_shopifys(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    full = shopifys(version)
    compared, wrong = 0, []
    for kind in ours():
        count, found = differences(kind, full.type_map.get(kind.name))
        compared += count
        wrong += found
    with capsys.disabled():
        sys.stdout.write(f"\n{version}: {compared} names compared over {len(ours())} types\n")
    assert compared > 500, "next to nothing was compared"
    assert wrong == []


@pytest.mark.parametrize("version", ["2026-10", "2026-01"])
def test_the_directives_are_shopifys(version: str) -> None:
    theirs = {one.name: {key: str(argument.type) for key, argument in one.args.items()} for one in shopifys(version).directives}
    mine = {one.name: {key: str(argument.type) for key, argument in one.args.items()} for one in schema().directives}
    assert mine["idempotent"] == theirs["idempotent"] == {"key": "String!"}
    assert mine.keys() <= theirs.keys()


def test_a_difference_is_noticed() -> None:
    order = schema().type_map["Order"]
    customer = schema().type_map["Customer"]
    assert isinstance(order, GraphQLObjectType) and isinstance(customer, GraphQLObjectType)
    _, wrong = in_fields(order, customer)
    assert "Order.lineItems: LineItemConnection!" in wrong
    assert any(one.startswith("Order.name") for one in wrong)


def test_the_subset_carries_no_descriptions() -> None:
    text = (Path(__file__).parents[3] / "syncdb" / "sandbox" / "shopify" / "schema.graphql").read_text(encoding="utf-8")
    assert '"' not in text and "#" not in text
