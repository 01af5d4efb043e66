"""Webhooks: kept by document, filled by its bundles, delivered in order by a thread of their own."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.request
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from werkzeug import Request

from syncdb.sandbox.grist.bodies import FREE, entries
from syncdb.sandbox.grist.bundle import Bundle, Change
from syncdb.sandbox.grist.cells import encode
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.formulas import Row, Scene, evaluate
from syncdb.sandbox.grist.table import Table
from syncdb.sandbox.grist.wire import Json, Refusal

LARGEST_BATCH = 100
MOST_WAITING = 1000
ATTEMPTS = 5


@dataclass(slots=True)
class Hook:
    """One webhook as it was asked for."""

    id: str
    document: str
    table: int
    fields: Json
    queue: deque[Json] = field(default_factory=deque)
    sent: int = 0

    def shown(self) -> Json:
        told = {name: self.fields.get(name) for name in ("url", "authorization", "eventTypes", "tableId", "name", "memo",
                "isReadyColumn", "watchedColIds", "condition")}  # fmt: skip
        usage = {"numWaiting": len(self.queue), "status": "sending" if self.queue else "idle"}
        return {"id": self.id, "fields": told | {"enabled": self.fields.get("enabled", True)}, "usage": usage}


class Webhooks:
    """Events of rows added and changed; none of rows deleted (observed). A receiver that fails is tried again some times."""

    def __init__(self) -> None:
        self.hooks: dict[str, Hook] = {}
        self._listening: set[str] = set()
        self._wake = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._busy = False

    # --- calls ---------------------------------------------------------------------------------------------

    def listed(self, document: Document, request: Request) -> Json:
        return {"webhooks": [hook.shown() for hook in self.hooks.values() if hook.document == document.id]}

    def add(self, document: Document, request: Request) -> Json:
        asked = entries(request.get_json(), "webhooks", "Webhook", FREE)
        hooks = [self._hook(document, entry.get("fields") or {}) for entry in asked]
        for hook in hooks:
            self.hooks[hook.id] = hook
        if document.id not in self._listening:
            self._listening.add(document.id)
            document.committed.append(lambda bundle: self._changed(document, bundle))
        return {"webhooks": [{"id": hook.id} for hook in hooks]}

    def change(self, document: Document, request: Request, hook: str) -> Json:
        found = self._find(document, hook)
        body = request.get_json()
        found.fields |= body.get("fields", body)
        return {"success": True}

    def remove(self, document: Document, request: Request, hook: str) -> Json:
        del self.hooks[self._find(document, hook).id]
        return {"success": True}

    def clear(self, document: Document, request: Request) -> Json:
        with self._wake:
            for hook in self.hooks.values():
                if hook.document == document.id:
                    hook.queue.clear()
        return {"success": True}

    def _find(self, document: Document, number: str) -> Hook:
        hook = self.hooks.get(number)
        if hook is None or hook.document != document.id:
            raise Refusal(404, f"Webhook not found {number}")
        return hook

    def _hook(self, document: Document, fields: Json) -> Hook:
        if not fields.get("eventTypes"):
            raise Refusal(400, "eventTypes must be a non-empty array")
        parts = urlsplit(str(fields.get("url", "")))
        if parts.scheme != "https" and parts.hostname != "localhost":
            raise Refusal(403, "Provided url is forbidden")
        if not fields.get("tableId"):
            raise Refusal(400, "tableId is required")
        table = document.table(fields["tableId"])
        if table is None:
            raise Refusal(404, f'Table not found "{fields["tableId"]}"')
        return Hook(str(uuid.uuid4()), document.id, table.ref, dict(fields))

    # --- events --------------------------------------------------------------------------------------------

    def _changed(self, document: Document, bundle: Bundle) -> None:
        waiting = [hook for hook in self.hooks.values() if hook.document == document.id and hook.fields.get("enabled", True)]
        with self._wake:
            for hook in waiting:
                table = document.tables.get(hook.table)
                if table is not None:
                    hook.queue.extend(_events(hook, table, bundle))
            if any(hook.queue for hook in waiting):
                self._start()
                self._wake.notify_all()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._deliver_all, daemon=True)
            self._thread.start()

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until everything due is delivered or given up; whether that came about."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._busy and not any(one.queue for one in self.hooks.values()), timeout)

    def close(self) -> None:
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _deliver_all(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closing or any(hook.queue for hook in self.hooks.values()))
                if self._closing:
                    return
                hook = next(one for one in self.hooks.values() if one.queue)
                batch = [hook.queue.popleft() for _ in range(min(LARGEST_BATCH, len(hook.queue)))]
                self._busy = True
            self._deliver(hook, batch)
            with self._wake:
                self._busy = False
                self._wake.notify_all()

    def _deliver(self, hook: Hook, batch: list[Json]) -> None:
        headers = {"Content-Type": "application/json"}
        if hook.fields.get("authorization"):
            headers["Authorization"] = str(hook.fields["authorization"])
        body = json.dumps(batch, ensure_ascii=False).encode("utf-8")
        for _ in range(ATTEMPTS):
            request = urllib.request.Request(str(hook.fields["url"]), body, headers, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=5) as response:
                    response.read()
                hook.sent += 1
                return
            except (OSError, http.client.HTTPException):
                continue  # the receiver is away or refuses: it is tried again, without the real one's growing waits


def _events(hook: Hook, table: Table, bundle: Bundle) -> Iterable[Json]:
    """Full flat rows as they are now, one for each added or changed row that the webhook asks for."""
    kinds: dict[int, str] = {}
    for change in bundle.changes:
        if change.table == table.ref and change.kind in ("add", "update") and _watched(hook, table, change):
            for row in change.rows:
                kinds.setdefault(row, change.kind)
    for row, kind in kinds.items():
        if kind in hook.fields["eventTypes"] and row in table.rows and _wanted(hook, table, row, bundle):
            yield {"id": row} | {column.id: encode(table.get(row, column)) for column in table.ordered()}


def _watched(hook: Hook, table: Table, change: Change) -> bool:
    watched = hook.fields.get("watchedColIds")
    names = {table.columns[ref].id for ref in change.cells if isinstance(ref, int) and ref in table.columns}
    return not watched or change.kind == "add" or bool(names & set(watched))


def _wanted(hook: Hook, table: Table, row: int, bundle: Bundle) -> bool:
    ready = table.find(str(hook.fields.get("isReadyColumn") or ""))
    if ready is not None and not table.get(row, ready):
        return False
    condition: Any = hook.fields.get("condition")
    if isinstance(condition, str) and condition:
        condition = json.loads(condition)
    if not condition:
        return True
    scene = Scene(bundle.tables, bundle.user, bundle.at)
    return evaluate(str(condition["text"]), Row(bundle.tables, table, row), scene) is True
