"""Bulk operations: a query over everything of a kind that runs by itself and leaves a file of JSON lines to fetch."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode

from syncdb.sandbox.shopify.bulk_rules import Connection, connections, problems
from syncdb.sandbox.shopify.documents import Document, Refused, read_document
from syncdb.sandbox.shopify.execute import BrokenAnswer, Execution, FieldFailed, Resolver, Source

FOLDER = "/admin/bulk-operation-outputs/"
AT_ONCE = 5  # observed since 2026-01
STATUSES = frozenset({"COMPLETED", "FAILED", "CANCELED", "EXPIRED"})
CANCELING = 1.0  # seconds
RESULT_KEPT = 7 * 86_400  # seconds; documented: a result can be fetched for a week

Listing = Callable[[FieldNode, Execution], tuple[str, list[Source]]]  # the type at a query's root, and what it finds


@dataclass(slots=True)
class Operation:
    """One bulk operation. `ending` is the status or error code it will have; times are epoch seconds, `lasts` seconds."""

    gid: str
    query: str
    address: str
    begun: float
    ending: str
    grouped: bool
    run: Callable[[], tuple[list[bytes], int]]
    lasts: float = 0.0
    evaluated: bool = False
    lines: list[bytes] = field(default_factory=list)
    roots: int = 0
    done: float | None = None
    status: str = "CREATED"
    code: str | None = None

    @property
    def active(self) -> bool:
        return self.status in ("CREATED", "RUNNING", "CANCELING")


class BulkDesk:
    """Runs bulk operations of one shop. `clock` gives epoch seconds.

    Switches, for operations submitted from then on: `lasts` is how many seconds one takes; `ending` the status it ends with
    (COMPLETED, FAILED, CANCELED, EXPIRED) or, of a failed one, its error code (TIMEOUT, ACCESS_DENIED); `endings` those of the
    next ones, before `ending` is theirs; `at_once` how many may run (one before 2026-01); `speed` how many objects one writes
    out in a second (None: any number in the time that it `lasts`).

    Of results: `order` how lines are laid out ("after": children behind their parent, "before", "mixed", "parents_first");
    `damage` changes the lines of a file without changing what the operation says of it; `leaves_out` roots are missing
    from it without a word; `cut_after` ends the next fetch after so many bytes; `reachable` False answers every fetch with
    400, as an address does that has run out; `address_lasts` is how many seconds an address is good for from when it is shown
    (None: as observed, a week from the end of the operation).
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lasts = 1.0
        self.ending = "COMPLETED"
        self.endings: list[str] = []
        self.at_once = AT_ONCE
        self.speed: float | None = None
        self.order = "after"
        self.damage: Callable[[list[bytes]], list[bytes]] = list
        self.leaves_out = 0
        self.cut_after: int | None = None
        self.reachable = True
        self.address_lasts: float | None = None
        self.operations: dict[str, Operation] = {}
        self._ids = count(8_072_963_391_794)

    def submit(
        self, text: str, grouped: bool, address: str, execution: Callable[[Document], Execution], listed: Listing
    ) -> Source:
        """The payload of bulkOperationRunQuery. `listed` gives what the query's own search finds."""
        try:
            document = read_document(text)
            wrong = problems(text, operation := document.operation(None))
        except Refused as refusal:
            return _refused("INVALID", f"Invalid bulk query: {refusal}")
        if wrong:
            return {"bulkOperation": None, "userErrors": [_error("INVALID", one, ["query"]) for one in wrong]}
        running = [one.gid for one in self._all_moved() if one.active]
        if len(running) >= self.at_once:
            text = f"A bulk query operation for this app and shop is already in progress: {', '.join(running)}."
            return _refused("OPERATION_IN_PROGRESS", text)
        made = Operation(
            f"gid://shopify/BulkOperation/{next(self._ids)}",
            text,
            address,
            self.clock(),
            self.endings.pop(0) if self.endings else self.ending,
            grouped,
            lambda: self._lines(operation, execution(document), listed, grouped),
            self.lasts,
        )
        self.operations[made.gid] = made
        return {"bulkOperation": self._shown(made), "userErrors": []}

    def find(self, gid: str) -> Source | None:
        """An operation as it stands now; None where there is none of that id."""
        self._all_moved()
        made = self.operations.get(gid)
        return self._shown(made) if made else None

    def cancel(self, gid: str) -> Source:
        made = self.operations.get(gid)
        if made is None:
            return {"bulkOperation": None, "userErrors": [{"field": ["id"], "message": "Bulk operation does not exist"}]}
        if self._moved(made).active:
            # observed: a moment later it has ended
            made.status, made.ending, made.lasts = "CANCELING", "CANCELED", self.clock() + CANCELING - made.begun
        return {"bulkOperation": self._shown(made), "userErrors": []}

    def file(self, name: str, expires: float) -> Iterator[bytes] | None:
        """The lines of a result by the last part of its address and the time that is in it; None once it is gone."""
        made = next((one for one in self.operations.values() if _name(one) == name), None)
        if made is None or not self.reachable or made.done is None or self.clock() > expires:
            return None
        return iter(self.damage(made.lines))

    def _all_moved(self) -> list[Operation]:
        """All operations, brought to where they are by now: none is evaluated only when somebody asks for it."""
        return [self._moved(one) for one in self.operations.values()]

    def _moved(self, made: Operation) -> Operation:
        if made.active and self.clock() >= made.begun + made.lasts:
            ending = self._evaluated(made)
            if made.status != "CANCELING" and self.speed and self.clock() < made.begun + len(made.lines) / self.speed:
                made.status = "RUNNING"
                return made
            made.done = self.clock()
            made.status, made.code = (ending, None) if ending in STATUSES else ("FAILED", ending)
            if made.status != "COMPLETED":
                made.lines = made.lines[: len(made.lines) // 2]
        elif made.status == "CREATED" and self.clock() > made.begun:
            made.status = "RUNNING"
        return made

    def _evaluated(self, made: Operation) -> str:
        """How it ends. What it finds is what there is when it has run for a while: writing that out may take longer."""
        if not made.evaluated:
            made.evaluated = True
            try:
                made.lines, made.roots = made.run()
            except _Failed as failure:
                made.ending = str(failure)
        return made.ending

    def _shown(self, made: Operation) -> Source:
        return _shown(
            made, self.clock() + self.address_lasts if self.address_lasts is not None else (made.done or 0.0) + RESULT_KEPT
        )

    def _lines(
        self, operation: OperationDefinitionNode, run: Execution, listed: Listing, grouped: bool
    ) -> tuple[list[bytes], int]:
        top = next(node for node in operation.selection_set.selections if isinstance(node, FieldNode))
        found = connections(operation)
        contents = found[0].contents
        assert contents is not None
        try:
            kind, roots = listed(top, run)
        except FieldFailed as failure:
            raise _Failed(failure.extensions.get("code", "INTERNAL_SERVER_ERROR")) from None
        groups = []
        for root in roots[: max(0, len(roots) - self.leaves_out)]:
            answer = _answered(run, kind, root, contents)
            groups.append([_line(one) for one in _apart(answer, found[0], found)])
        return laid_out(groups, "after" if grouped else self.order), len(groups)


class _Failed(Exception):
    """The operation fails; its error code."""


def _apart(answer: Source, of: Connection, found: list[Connection]) -> Iterator[Source]:
    """An object and all below it, each as a line of its own: what a connection within it lists names it as its parent."""
    below = [(one, one.node.alias.value if one.node.alias else one.name) for one in found if one.parent is of]
    lists = [(one, answer.pop(name)["edges"]) for one, name in below]
    yield answer
    for one, edges in lists:
        for edge in edges:
            yield from _apart(edge["node"] | {"__parentId": answer["id"]}, one, found)


def _answered(run: Execution, kind: str, root: Source, contents: SelectionSetNode) -> Source:
    try:
        answer = run.answer(root, kind, contents)
    except BrokenAnswer:
        raise _Failed("INTERNAL_SERVER_ERROR") from None
    if run.errors:
        raise _Failed(run.errors[0]["extensions"]["code"])
    if answer is None:
        raise _Failed("INTERNAL_SERVER_ERROR")
    return answer


def laid_out(groups: list[list[bytes]], order: str) -> list[bytes]:
    """Lines of parents and children in one of the orders that Shopify leaves open. Raises ValueError for an unknown one."""
    match order:
        case "after":
            return [line for group in groups for line in group]
        case "before":
            return [line for group in groups for line in (*group[1:], group[0])]
        case "parents_first":
            return [group[0] for group in groups] + [line for group in groups for line in group[1:]]
        case "mixed":
            lines = [line for group in groups for line in group]
            random.Random(len(lines)).shuffle(lines)
            return lines
    raise ValueError(f"no order of lines is called {order!r}")


def everything(source: Source, _: dict[str, Any], __: Execution, step: Any) -> Source:
    """A connection in bulk: all of it, whatever `first` says (observed)."""
    return {"edges": [{"node": one} for one in source[step.name]]}


def shipping(source: Source, args: dict[str, Any], _: Execution, step: Any) -> Source:
    return {"edges": [{"node": one} for one in source[step.name] if args.get("includeRemovals") or not one["isRemoved"]]}


IN_BULK: dict[tuple[str, str], Resolver] = {("Connection", "*"): everything, ("Order", "shippingLines"): shipping}


def _line(node: Source) -> bytes:
    """A line as recorded: no spaces, slashes escaped."""
    return json.dumps(node, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/").encode("utf-8") + b"\n"


def _name(made: Operation) -> str:
    return sha256(made.gid.encode("ascii")).hexdigest()[:28]


def _shown(made: Operation, expires: float) -> Source:
    there = bool(made.lines) and made.done is not None
    url = f"{made.address}{FOLDER}{_name(made)}?Expires={expires:.0f}" if there else None
    whole = made.status == "COMPLETED"
    return {
        "__typename": "BulkOperation",
        "id": made.gid,
        "status": made.status,
        "type": "QUERY",
        "errorCode": made.code or ("INTERNAL_SERVER_ERROR" if made.status == "FAILED" else None),
        "createdAt": _stamp(made.begun),
        "completedAt": _stamp(made.done) if made.done is not None else None,
        "objectCount": str(len(made.lines)),
        "rootObjectCount": str(made.roots if whole else 0),
        "fileSize": str(sum(map(len, made.lines))) if there else None,
        "url": url if whole else None,
        "partialDataUrl": None if whole else url,
        "query": made.query,
    }


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _error(code: str, message: str, place: list[str] | None) -> Source:
    return {"field": place, "message": message, "code": code}


def _refused(code: str, message: str) -> Source:
    return {"bulkOperation": None, "userErrors": [_error(code, message, ["query"] if code == "INVALID" else None)]}
