"""Reading GraphQL documents: parsed and validated once, refused in Shopify's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeNode,
    VariableDefinitionNode,
    VariableNode,
    build_schema,
    is_input_type,
    parse,
    print_ast,
    type_from_ast,
    validate,
    value_from_ast,
)
from graphql.pyutils import Undefined
from graphql.utilities import coerce_input_value, validate_input_value

Refusal = dict[str, Any]
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """The subset of the Admin API served here; a test holds it against Shopify's own schema."""
    return build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))


class Refused(Exception):
    """The document or its variables are not acceptable; `errors` is the answer's list."""

    def __init__(self, *errors: Refusal) -> None:
        super().__init__(errors[0]["message"])
        self.errors = list(errors)


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document and what is needed to run it.

    `conditional`: variables may decide what is selected. `plans` keeps what executions laid out, for the next ones.
    """

    operations: Mapping[str, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    conditional: bool = False
    plans: dict[int, dict[Any, Any]] = field(default_factory=dict)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run. Raises Refused where the choice is not clear."""
        if name is not None and name in self.operations:
            return self.operations[name]
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        wanted = f'No operation named "{name}"' if name else "An operation name is required"
        raise Refused({"message": wanted})


@lru_cache(maxsize=256)
def read_document(text: str) -> Document:
    """Parse and validate. Raises Refused with all that is wrong."""
    try:
        tree = parse(text)
    except GraphQLSyntaxError as error:
        raise Refused(_plain(error, f"syntax error, {error.message.removeprefix('Syntax Error: ')}")) from error
    plain = not any(mark in text for mark in ('"""', "#"))
    problems = [] if plain and _sound(STRING.sub('""', text)) else validate(schema(), tree)
    if problems:
        raise Refused(*(_translated(problem, tree) for problem in problems))
    named = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
    parts = [node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)]
    operations = {node.name.value if node.name else "": node for node in named}
    return Document(operations, {node.name.value: node for node in parts}, conditional="@" in text)


@lru_cache(maxsize=256)
def _sound(text: str) -> bool:
    """Whether a document is valid. What its strings hold makes no difference, and those of a search differ each time."""
    return not validate(schema(), parse(text))


def _plain(error: GraphQLError, message: str) -> Refusal:
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    return {"message": message, "locations": places}


# What graphql-core says -> (Shopify's message, its code, the keys beside the code). Shapes observed, save for
# argumentNotAccepted (documented by the graphql-ruby library that Shopify uses).
TRANSLATIONS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        r"Cannot query field '(?P<fieldName>\w+)' on type '(?P<typeName>\w+)'",
        "Field '{fieldName}' doesn't exist on type '{typeName}'",
        "undefinedField",
        ("typeName", "fieldName"),
    ),
    (
        r"Argument '(?:\w+\.)?(?P<name>\w+)\((?P<arguments>\w+):\)' of type .* is required",
        "Field '{name}' is missing required arguments: {arguments}",
        "missingRequiredArguments",
        ("className", "name", "arguments"),
    ),
    (
        r"Unknown argument '(?P<argumentName>\w+)' on field '(?:\w+\.)?(?P<name>\w+)'",
        "Field '{name}' doesn't accept argument '{argumentName}'",
        "argumentNotAccepted",
        ("name", "typeName", "argumentName"),
    ),
)


def _translated(error: GraphQLError, tree: DocumentNode) -> Refusal:
    node = error.nodes[0] if error.nodes else None
    path = _path_to(node, tree)
    for pattern, message, code, keys in TRANSLATIONS:
        found = re.match(pattern, error.message)
        if found:
            known = {"typeName": "Field", "className": "Field", **found.groupdict()}
            extensions = {"code": code, **{key: known[key] for key in keys}}
            if code == "argumentNotAccepted":
                path = [*path, known["argumentName"]]
            return {**_plain(error, message.format(**known)), "path": path, "extensions": extensions}
    return {**_plain(error, error.message), "path": path}


def _path_to(wanted: Node | None, tree: DocumentNode) -> list[str]:
    """The way to a node as Shopify writes it: "query Name", then field names."""

    def search(node: Node, path: list[str]) -> list[str] | None:
        if isinstance(node, FieldNode):
            path = [*path, node.alias.value if node.alias else node.name.value]
        elif isinstance(node, InlineFragmentNode) and node.type_condition:
            path = [*path, f"... on {node.type_condition.name.value}"]
        if node is wanted:
            return path
        for key in node.keys:
            below = getattr(node, key, None)
            for child in below if isinstance(below, list | tuple) else [below]:
                found = search(child, path) if isinstance(child, Node) else None
                if found is not None:
                    return found
        return None

    for definition in tree.definitions:
        found = search(definition, [_title(definition)])
        if found is not None:
            return found
    return []


def _title(definition: Node) -> str:
    if isinstance(definition, OperationDefinitionNode):
        name = f" {definition.name.value}" if definition.name else ""
        return definition.operation.value + name
    return f"fragment {definition.name.value}" if isinstance(definition, FragmentDefinitionNode) else ""


def read_variables(operation: OperationDefinitionNode, given: Mapping[str, Any]) -> dict[str, Any]:
    """The operation's variables, coerced. Raises Refused for the first that does not fit its type."""
    values: dict[str, Any] = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        kind = type_from_ast(schema(), definition.type)
        if not is_input_type(kind):
            raise Refused({"message": f"{print_ast(definition.type)} isn't a defined input type (on ${name})"})
        if name in given:
            problems: list[Refusal] = []
            validate_input_value(given[name], kind, _collector(problems))
            problems += _unknown_ids(definition.type, given[name]) if not problems else []
            if problems:
                raise Refused(_invalid_variable(definition, given[name], problems))
            values[name] = coerce_input_value(given[name], kind)
        elif definition.default_value is not None:
            values[name] = value_from_ast(definition.default_value, kind)
        elif isinstance(definition.type, NonNullTypeNode):
            raise Refused(_invalid_variable(definition, None, [_problem([], "Expected value to not be null")]))
    return {name: value for name, value in values.items() if value is not Undefined}


def _collector(problems: list[Refusal]) -> Any:
    def collect(error: GraphQLError, path: list[str | int]) -> None:
        problems.append(_problem(path, error.message))

    return collect


def _problem(path: list[str | int], text: str) -> Refusal:
    return {"path": path, "explanation": text, "message": text}


def _unknown_ids(kind: TypeNode, value: Any) -> list[Refusal]:
    named = kind
    while not isinstance(named, NamedTypeNode):
        named = named.type  # type: ignore[attr-defined]
    if named.name.value != "ID":
        return []
    ids = value if isinstance(value, list) else [value]
    wrong = [one for one in ids if one is not None and not str(one).startswith("gid://shopify/")]
    return [_problem([], f"Invalid global id '{one}'") for one in wrong]


def _invalid_variable(definition: VariableDefinitionNode, value: Any, problems: list[Refusal]) -> Refusal:
    variable: VariableNode = definition.variable
    start = definition.loc.start_token if definition.loc else None
    message = f"Variable ${variable.name.value} of type {print_ast(definition.type)} was provided invalid value"
    return {
        "message": message,
        "locations": [{"line": start.line, "column": start.column}] if start else [],
        "extensions": {"code": "INVALID_VARIABLE", "value": value, "problems": problems},
    }
