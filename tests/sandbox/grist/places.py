"""Where the statements about Grist are tried: the sandbox always, a real server where the environment names one.

A real server is named by SYNCDB_GRIST_URL and SYNCDB_GRIST_KEY (an API key that may make documents). Nothing there is touched but
documents made here, which are deleted at the end.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from syncdb.sandbox.faults import Faults
from syncdb.sandbox.grist.app import GristApp
from syncdb.sandbox.server import Server

URL, KEY = "SYNCDB_GRIST_URL", "SYNCDB_GRIST_KEY"
WHY_SKIPPED = f"set {URL} and {KEY} to try this on a real Grist server"
SECONDS = 60.0


def names() -> list[str]:
    """The places to try: "local" is the sandbox, "real" the server of the environment."""
    return ["local", "real"] if os.environ.get(URL) and os.environ.get(KEY) else ["local"]


@dataclass(frozen=True, slots=True)
class Place:
    """A Grist server and a key that may make documents there."""

    name: str
    url: str
    key: str

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, **params: Any) -> requests.Response:
        """One request on a connection of its own; `path` begins with /api. An empty `key` sends no credentials."""
        key = self.key if key is None else key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        with requests.Session() as session:
            return session.request(method, self.url + path, json=body, params=params, headers=headers, timeout=SECONDS)

    def workspace(self) -> int:
        """The first workspace that the key may write to."""
        for org in self.ask("GET", "/api/orgs").json():
            for workspace in self.ask("GET", f"/api/orgs/{org['id']}/workspaces").json():
                if workspace["access"] in ("owners", "editors"):
                    return int(workspace["id"])
        raise LookupError(f"the key may write to no workspace of {self.url}")

    def login(self) -> str:
        return str(self.ask("GET", "/api/profile/user").json()["email"])

    @contextmanager
    def document(self) -> Iterator[Doc]:
        """A new document, deleted at the end."""
        number = self.ask("POST", f"/api/workspaces/{self.workspace()}/docs", {"name": "syncdb test"}).json()
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self.key}"
            try:
                yield Doc(self, number, session)
            finally:
                self.ask("DELETE", f"/api/docs/{number}")


@contextmanager
def place(name: str) -> Iterator[Place]:
    """The server of that name; the sandbox is started for it."""
    if name == "real":
        yield Place(name, os.environ[URL].rstrip("/"), os.environ[KEY])
        return
    app = GristApp()
    with Server(dict.fromkeys(app.routes, app), Faults()) as server:
        try:
            yield Place(name, server.url, app.keys.key("owner@example.com"))
        finally:
            app.close()


class Doc:
    """One document spoken to over plain HTTP."""

    def __init__(self, place: Place, number: str, session: requests.Session) -> None:
        self.place, self.id, self._session = place, number, session
        self._numbers = itertools.count(1)

    def ask(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        """Any request below this document, whatever comes back."""
        url = f"{self.place.url}/api/docs/{self.id}{path}"
        return self._session.request(method, url, json=body, params=params, timeout=SECONDS)

    def ok(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """The same where only success will do."""
        answer = self.ask(method, path, body, **params)
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **params: Any) -> tuple[int, str]:
        """The status and the text of a refusal."""
        answer = self.ask(method, path, body, **params)
        assert answer.status_code >= 400, f"{method} {path} was not refused: {answer.text[:500]}"
        return answer.status_code, answer.json()["error"]

    # --- structure ---------------------------------------------------------------------------------------------

    def table(self, **columns: Any) -> Table:
        """A new table of a name of its own; a column is its type, or its fields."""
        fields = {name: {"type": one} if isinstance(one, str) else one for name, one in columns.items()}
        wanted = [{"id": name, "fields": one} for name, one in fields.items()]
        made = self.ok("POST", "/tables", {"tables": [{"id": f"Try{next(self._numbers)}", "columns": wanted}]})
        return Table(self, made["tables"][0]["id"])

    def tables(self) -> dict[str, Any]:
        """The fields of each table by its id."""
        return {one["id"]: one["fields"] for one in self.ok("GET", "/tables")["tables"]}

    # --- history -----------------------------------------------------------------------------------------------

    def head(self) -> str:
        return str(self.ok("GET", "/states")["states"][0]["h"])

    def since(self, left: str, **params: Any) -> dict[str, Any]:
        """What changed from that state to now: tableRenames and tableDeltas."""
        changes: dict[str, Any] = self.ok("GET", "/compare", left=left, right="HEAD", **params)["details"]["rightChanges"]
        return changes

    def sql(self, statement: str, *args: Any) -> list[dict[str, Any]]:
        rows = self.ok("POST", "/sql", {"sql": statement, "args": list(args)})["records"]
        return [row["fields"] for row in rows]


class Table:
    """One table of a document."""

    def __init__(self, doc: Doc, name: str) -> None:
        self.doc, self.name = doc, name
        self.path = f"/tables/{name}"

    def upsert(self, *records: tuple[dict[str, Any], dict[str, Any]], **params: Any) -> requests.Response:
        """PUT of pairs (require, fields), whatever comes back."""
        wanted = [{"require": require, "fields": fields} for require, fields in records]
        return self.doc.ask("PUT", f"{self.path}/records", {"records": wanted}, **params)

    def put(self, *records: tuple[dict[str, Any], dict[str, Any]], **params: Any) -> list[list[int]]:
        """The same where only success will do; the ids of the rows each record met or made."""
        answer = self.upsert(*records, **params)
        assert answer.status_code == 200, answer.text[:500]
        return list(answer.json()["recordIds"])

    def swap(self, require: dict[str, Any], fields: dict[str, Any]) -> bool:
        """Compare-and-swap, unparsed: whether the row was as required."""
        (met,) = self.put((require, fields), noadd=1, noparse=1)
        assert len(met) < 2
        return bool(met)

    def add(self, *fields: dict[str, Any]) -> list[int]:
        body = {"records": [{"fields": one} for one in fields]}
        return [one["id"] for one in self.doc.ok("POST", f"{self.path}/records", body)["records"]]

    def delete(self, *ids: int) -> None:
        self.doc.ok("POST", f"{self.path}/records/delete", list(ids))

    def rows(self, **params: Any) -> list[dict[str, Any]]:
        if "filter" in params:
            params["filter"] = json.dumps(params["filter"])
        return list(self.doc.ok("GET", f"{self.path}/records", **params)["records"])

    def row(self, gid: str, **params: Any) -> dict[str, Any]:
        """The fields of the one row with that gid."""
        (found,) = self.rows(filter={"gid": [gid]}, **params)
        return dict(found["fields"])

    def columns(self) -> dict[str, Any]:
        """The fields of each column by its id."""
        return {one["id"]: one["fields"] for one in self.doc.ok("GET", f"{self.path}/columns")["columns"]}

    def change_column(self, name: str, **fields: Any) -> None:
        self.doc.ok("PATCH", f"{self.path}/columns", {"columns": [{"id": name, "fields": fields}]})

    def add_column(self, name: str, **fields: Any) -> str:
        body = {"columns": [{"id": name, "fields": fields}]}
        return str(self.doc.ok("POST", f"{self.path}/columns", body)["columns"][0]["id"])
