"""Random requests get the same answers from the sandbox as from a real Grist server, one after the other.

It needs a real server in the environment (see places.py). Hashes are left out of account.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from syncdb.sandbox.grist.own_tables import USUAL
from tests.sandbox.grist.places import WHY_SKIPPED, Doc, names, place

VALUES: list[Any] = [
    None, "", 0, 1, 5, 1.5, -2, True, False, "abc", "5", "1.50", "$12.5", "1,234.5", "true", "False",
    "2026-02-03", "2026-02-03 10:00", "2026-02-03T10:00:00Z", "02/03/2026", 1770112800, 1770112800.123, 2147483648,
    59.699999999999996, "a,b", '["a","b"]', ["d", 1770112800], ["x"],
]  # fmt: skip
KINDS = {
    "gid": "Text", "num": "Numeric", "int": "Int", "flag": "Bool", "day": "Date", "at": "DateTime:Europe/Berlin",
    "tags": "ChoiceList", "one": "Choice", "ref": "Ref:", "refs": "RefList:",
}  # fmt: skip
SPECIAL: dict[str, list[Any]] = {
    "ref": [None, 0, 1, 2, 999, -2, "abc", ["l", "k1", {"column": "gid"}], ["l", "k9", {"column": "gid"}]],
    "refs": [None, 1, ["L"], ["L", 1, 2], "abc", ["l", ["k1", "k2"], {"column": "gid"}], ["l", ["k1", "k9"], {"column": "gid"}]],
    "tags": [None, "", "a", "a, b", '["a","b"]', ["L"], ["L", "a", "b"], ["L", 1, 2], ["a"]],
}
UNLIKE = {"_grist_Tables", "_grist_Tables_column"}  # what is told of a new one
Asked = tuple[str, str, Any, dict[str, Any]]


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Doc, Doc]]:
    if "real" not in names():
        pytest.skip(WHY_SKIPPED)
    with ExitStack() as stack:
        docs = [stack.enter_context(stack.enter_context(place(name)).document()) for name in ("local", "real")]
        yield docs[0], docs[1]


def heard(doc: Doc, asked: Asked) -> Any:
    method, path, body, params = asked
    answer = doc.ask(method, path, body, **params)
    text = re.sub(r"0x7f[0-9a-f]+", "0x7f", re.sub(r'"[0-9a-f]{64}"', '"hash"', answer.text))
    return [answer.status_code, important(json.loads(text))]


def important(value: Any) -> Any:
    """Without what the sandbox does not have: the order of columns, the further details of an error in a cell."""
    if isinstance(value, dict):
        kept = {name: one for name, one in value.items() if name not in UNLIKE}
        if isinstance(kept.get("columns"), list):
            kept["columns"] = sorted(kept["columns"], key=lambda column: str(column.get("fields", {}).get("colRef")))
        rows = {name: sorted(one) for name, one in kept.items() if name.endswith("Rows") and isinstance(one, list)}
        return {name: important(one) for name, one in kept.items()} | rows
    if isinstance(value, list):
        return [important(one) for one in (value[:2] if value[:1] == ["E"] else value)]
    return value


def table(name: str) -> Asked:
    kinds = {one: kind + name if kind.startswith("Ref") else kind for one, kind in KINDS.items()}
    columns: list[dict[str, Any]] = [{"id": one, "fields": {"type": kind}} for one, kind in kinds.items()]
    columns.append({"id": "double", "fields": {"formula": "$num * 2", "isFormula": True, "type": "Numeric"}})
    return "POST", "/tables", {"tables": [{"id": name, "columns": columns}]}, {}


def write(rng: random.Random, name: str) -> Asked:
    """A request that writes, or is refused."""
    path = f"/tables/{name}/records"
    fields = {column: rng.choice(SPECIAL.get(column, VALUES)) for column in rng.sample(list(KINDS)[1:], rng.randint(1, 3))}
    noparse = {"noparse": 1} if rng.random() < 0.5 else {}
    match rng.randrange(7):
        case 0 | 1:
            keys = rng.sample(range(6), rng.randint(1, 4))
            records = [{"require": {"gid": f"k{key}"}, "fields": fields} for key in keys]
            return "PUT", path, {"records": records}, noparse | rng.choice([{}, {"noadd": 1}, {"noupdate": 1}])
        case 2:
            column = rng.choice(list(KINDS)[:-1])
            old = {column: rng.choice(SPECIAL.get(column, VALUES))}
            many = {"noadd": 1, "onmany": rng.choice(["first", "all", "none"])}
            return "PUT", path, {"records": [{"require": old, "fields": fields}]}, noparse | many
        case 3:
            return "POST", path, {"records": [{"fields": fields}, {"fields": {"gid": "k1"}}]}, noparse
        case 4:
            return "PATCH", path, {"records": [{"id": rng.randint(1, 8), "fields": fields}]}, noparse
        case 5:
            return "POST", f"{path}/delete", [rng.randint(1, 8)], {}
        case _:
            own = {"id": f"own{rng.randrange(3)}", "fields": {"type": rng.choice(["Text", "Numeric", "Any"])}}
            return "PUT", f"/tables/{name}/columns", {"columns": [own]}, {"noupdate": 1}


@pytest.mark.parametrize("seed", range(8))
def test_the_sandbox_answers_as_a_real_server(pair: tuple[Doc, Doc], seed: int) -> None:
    rng, name = random.Random(seed), f"T{'abcdefgh'[seed]}"
    ours, real = pair
    story: list[Asked] = [table(name)]
    for _ in range(40):
        story += [write(rng, name), ("GET", f"/tables/{name}/records", None, {})]
    back = {"left": f"HEAD~{rng.randint(1, 30)}"}
    story += [("GET", f"/tables/{name}/columns", None, {}), ("GET", "/tables", None, {}), ("GET", "/compare", None, back)]
    story += [("GET", f"/tables/{own}/records", None, {}) for own in USUAL]
    story += [("GET", "/compare", None, back | {"maxRows": "null"})]
    for n, asked in enumerate(story):
        assert heard(ours, asked) == heard(real, asked), story[max(0, n - 4) : n + 1]
