"""Runs a query over plain dicts.

A page of fifty orders holds some thirty thousand values, most of them plain look-ups. So the selection is laid
out once per document as a list of steps, and only fields that need more than a look-up cost more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    value_from_ast,
)
from graphql.pyutils import Undefined

from syncdb.sandbox.shopify.documents import Document, schema

Source = dict[str, Any]
Resolver = Callable[[Source, dict[str, Any], "Execution", "Step"], Any]


class FieldFailed(Exception):
    """A field cannot be had; it becomes null with an entry in `errors`."""

    def __init__(self, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.extensions = extensions


class Collapse(Exception):
    """A field that may not be null is: the nearest parent that may be takes its place."""


class BrokenAnswer(Exception):
    """Nothing of the answer can be had (an internal error)."""


Completion = Callable[["Execution", Any], Any]


@dataclass(slots=True)
class Step:
    """One field to be answered: `key` in the answer, `name` in the source.

    `fixed` are its arguments where no variable takes part in them; otherwise each execution reads them from `definition`.
    """

    key: str
    name: str
    node: FieldNode
    owner: str
    nullable: bool
    resolve: Resolver | None
    definition: GraphQLField | None = None
    fixed: dict[str, Any] | None = None
    complete: Completion | None = None


@dataclass(slots=True)
class Execution:
    """One run of one operation. `resolvers` maps (type, field) to what answers it; the rest are look-ups."""

    document: Document
    variables: Mapping[str, Any]
    resolvers: Mapping[tuple[str, str], Resolver]
    context: Any
    errors: list[dict[str, Any]] = field(default_factory=list)
    path: list[str | int] = field(default_factory=list)
    _plans: dict[tuple[str, tuple[int, ...]], list[Step]] = field(init=False)
    _read: dict[int, tuple[Step, dict[str, Any]]] = field(default_factory=dict)
    _schema: GraphQLSchema = field(default_factory=schema)

    def __post_init__(self) -> None:
        # a directive may let a variable decide what is selected; without one the document alone does
        shared = not self.document.conditional
        self._plans = self.document.plans.setdefault(id(self.resolvers), {}) if shared else {}

    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        return self.document.fragments

    def run(self, operation: OperationDefinitionNode) -> dict[str, Any] | None:
        """The answer's data; what could not be had is in `errors` afterwards."""
        try:
            root = self._schema.get_root_type(operation.operation)
            assert root is not None, f"no {operation.operation} is served here"
            return self._object({}, self._plan(root.name, (operation.selection_set,)))
        except Collapse:
            return None

    def answer(self, source: Source, type_name: str, selections: SelectionSetNode) -> dict[str, Any] | None:
        """One object of the answer on its own, as a bulk operation writes them."""
        try:
            return self._object(source, self._plan(type_name, (selections,)))
        except Collapse:
            return None

    def root_steps(self, operation: OperationDefinitionNode) -> list[Step]:
        """The fields of an operation's root with their arguments read, without running any."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None, f"no {operation.operation} is served here"
        return self._plan(root.name, (operation.selection_set,))

    def root_field(self, node: FieldNode) -> Step:
        """A field of the query root by itself, with its arguments read."""
        return self._step("QueryRoot", node.name.value, [node])

    def args(self, step: Step) -> dict[str, Any]:
        """The arguments of a field, with this execution's variables in them."""
        if step.fixed is not None:
            return step.fixed
        if id(step) not in self._read:
            assert step.definition is not None
            self._read[id(step)] = step, _arguments(step.definition, step.node, dict(self.variables))
        return self._read[id(step)][1]

    def _plan(self, type_name: str, sets: tuple[SelectionSetNode, ...]) -> list[Step]:
        known = (type_name, tuple(id(one) for one in sets))
        if known not in self._plans:
            fields: dict[str, list[FieldNode]] = {}
            for one in sets:
                self._collect(type_name, one, fields)
            self._plans[known] = [self._step(type_name, key, nodes) for key, nodes in fields.items()]
        return self._plans[known]

    def _collect(self, type_name: str, selections: SelectionSetNode, fields: dict[str, list[FieldNode]]) -> None:
        for node in selections.selections:
            if not self._wanted(node):
                continue
            if isinstance(node, FieldNode):
                fields.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._fits(type_name, node.type_condition.name.value):
                    self._collect(type_name, node.selection_set, fields)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if self._fits(type_name, fragment.type_condition.name.value):
                    self._collect(type_name, fragment.selection_set, fields)

    def _wanted(self, node: Any) -> bool:
        for directive in node.directives or ():
            given = directive.arguments[0].value
            value = value_from_ast(given, GraphQLBoolean, dict(self.variables))
            if directive.name.value in ("skip", "include") and value is (directive.name.value == "skip"):
                return False
        return True

    def _fits(self, type_name: str, condition: str) -> bool:
        if type_name == condition:
            return True
        wider = self._schema.type_map[condition]
        return is_abstract_type(wider) and self._schema.is_sub_type(wider, self._object_type(type_name))

    def _object_type(self, name: str) -> GraphQLObjectType:
        kind = self._schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType), f"{name} is not an object type"
        return kind

    def _step(self, type_name: str, key: str, nodes: list[FieldNode]) -> Step:
        name = nodes[0].name.value
        if name == "__typename":
            return Step(key, name, nodes[0], type_name, False, lambda *_: type_name, fixed={})
        definition = self._object_type(type_name).fields[name]
        kind = definition.type
        nullable = not isinstance(kind, GraphQLNonNull)
        resolve = self.resolvers.get((type_name, name)) or self.resolvers.get((_shape(definition), "*"))
        step = Step(key, name, nodes[0], type_name, nullable, resolve, definition)
        if not any(_varies(argument.value) for argument in nodes[0].arguments or ()):
            step.fixed = _arguments(definition, nodes[0], {})
        if is_composite_type(get_named_type(kind)):
            sets = tuple(node.selection_set for node in nodes if node.selection_set)
            step.complete = self._completion(kind, sets)
        return step

    def _completion(self, kind: GraphQLOutputType, sets: tuple[SelectionSetNode, ...]) -> Completion:
        if isinstance(kind, GraphQLNonNull):
            return self._completion(kind.of_type, sets)
        if isinstance(kind, GraphQLList):
            return self._list_completion(kind, sets)
        named = get_named_type(kind)
        if is_abstract_type(named):
            return lambda run, value: run._object(value, run._plan(value["__typename"], sets))
        plan: list[Step] | None = None

        def complete(run: Execution, value: Source) -> dict[str, Any]:
            nonlocal plan
            if plan is None:  # laid out at the first value, so that empty branches cost nothing
                plan = run._plan(named.name, sets)
            return run._object(value, plan)

        return complete

    def _list_completion(self, kind: GraphQLList[Any], sets: tuple[SelectionSetNode, ...]) -> Completion:
        item = self._completion(kind.of_type, sets)
        holes = not isinstance(kind.of_type, GraphQLNonNull)

        def complete(run: Execution, values: list[Any]) -> list[Any]:
            done = []
            for place, value in enumerate(values):
                run.path.append(place)
                try:
                    done.append(None if value is None else item(run, value))
                except Collapse:
                    if not holes:
                        raise
                    done.append(None)
                finally:
                    run.path.pop()
            return done

        return complete

    def _object(self, source: Source, plan: list[Step]) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        withheld = self.context.withheld(source) if "_micros" in source else ()  # what stands by itself has a creation time
        for step in plan:
            try:
                if withheld and step.name in withheld:
                    raise FieldFailed(f"{step.name} could not be resolved", code="INTERNAL_SERVER_ERROR")
                value = step.resolve(source, self.args(step), self, step) if step.resolve else source[step.name]
            except FieldFailed as failure:
                self._note(step, failure)
                value = None
            if value is not None and step.complete is not None:
                value = self._completed(step, value)
            if value is None and not step.nullable:
                raise Collapse
            answer[step.key] = value
        return answer

    def _completed(self, step: Step, value: Any) -> Any:
        assert step.complete is not None
        self.path.append(step.key)
        try:
            return step.complete(self, value)
        except Collapse:
            if not step.nullable:
                raise
            return None
        finally:
            self.path.pop()

    def _note(self, step: Step, failure: FieldFailed) -> None:
        self.errors.append(
            {
                "message": str(failure),
                "locations": place_of(step.node),
                "extensions": failure.extensions,
                "path": [*self.path, step.key],
            }
        )


def _arguments(definition: GraphQLField, node: FieldNode, variables: dict[str, Any]) -> dict[str, Any]:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    values = {}
    for name, argument in definition.args.items():
        value = value_from_ast(given[name], argument.type, variables) if name in given else Undefined
        if value is Undefined:
            value = argument.default_value
        if value is not Undefined:
            values[name] = value
    return values


def _varies(value: ValueNode) -> bool:
    """Whether a variable takes part in a written value."""
    if isinstance(value, ListValueNode):
        return any(map(_varies, value.values))
    if isinstance(value, ObjectValueNode):
        return any(_varies(one.value) for one in value.fields)
    return isinstance(value, VariableNode)


def place_of(node: FieldNode) -> list[dict[str, int]]:
    """Where a field stands in its text."""
    start = node.loc.start_token if node.loc else None
    return [{"line": start.line, "column": start.column}] if start else []


def _shape(definition: GraphQLField) -> str:
    """The name under which a whole family of fields is answered: connections, and lists that can be cut short."""
    if get_named_type(definition.type).name.endswith("Connection"):
        return "Connection"
    return "List" if "first" in definition.args else ""
