"""Both stores side by side as a page: what a demonstration leaves, and what the running sandbox shows in a browser."""

from collections.abc import Iterator
from html import escape

from werkzeug import Request, Response

from syncdb.sandbox.faults import Seen
from syncdb.sandbox.stores import LocalStore, TwoStores

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7c; --line: #d5dce5; --back: #fff; --head: #f4f6f9;
  --off: #b23b3b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #9aa7b7; --line: #36404d; --back: #14181e; --head: #1d232b;
  --off: #f2a3a3; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 0 auto; max-width: 1100px;
  padding: 1rem; }
h1 { font-size: 1.3rem; } .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); }
thead th { position: sticky; top: 0; background: var(--head); } tbody th { white-space: nowrap; font-weight: 600; }
td b { display: block; font-weight: 600; } td span { color: var(--soft); }
td.differs, td em { color: var(--off); font-style: normal; }
@media (max-width: 600px) { thead { display: none; } tr, td, tbody th { display: block; border: 0; padding: .1rem 0; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td::before { content: attr(data-of) ": "; color: var(--soft); } td b { display: inline; } }
"""
Shown = tuple[object, ...]


def shown(store: LocalStore) -> dict[str, Shown]:
    """By SKU: title, status, price, alt texts of the pictures and what can be sold, where it is stocked."""
    found: dict[str, Shown] = {}
    for variant in store.goods.variants.values():
        product, place = variant["product"], store.shop.location["id"]
        counts = [
            one["_counts"]["available"] for one in variant["inventoryItem"]["inventoryLevels"] if one["location"]["id"] == place
        ]
        pictures = tuple(one["alt"] for one in product["media"])
        found[str(variant["sku"])] = (product["title"], product["status"], variant["price"], pictures, *counts)
    return found


def page(sandbox: TwoStores) -> str:
    """Both stores as HTML; no script, everything escaped. What differs is marked."""
    stores = {one.name: shown(one) for one in (sandbox.taf, sandbox.afl)}
    heads = "".join(f"<th>{escape(name)}</th>" for name in ("SKU", *stores))
    rows = "".join(_row(sku, stores) for sku in sorted({sku for one in stores.values() for sku in one}))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html><html lang="en">{meta}<title>Two stores</title><style>{STYLE}</style>'
        f'<h1>Two stores in step</h1><div class="scroll">{table}</div></html>\n'
    )


def _row(sku: str, stores: dict[str, dict[str, Shown]]) -> str:
    kinds = len({one.get(sku) for one in stores.values()})
    cells = "".join(
        f'<td data-of="{escape(name)}"{" class=differs" if kinds > 1 else ""}>{"".join(_cell(one.get(sku)))}</td>'
        for name, one in stores.items()
    )
    return f"<tr><th>{escape(sku)}</th>{cells}</tr>"


def _cell(one: Shown | None) -> Iterator[str]:
    if one is None:
        yield "not here"
        return
    title, status, price, pictures, *counts = one
    assert isinstance(pictures, tuple)
    there = f"{counts[0]} available" if counts else "not stocked"
    many = f"{len(pictures)} picture{'' if len(pictures) == 1 else 's'}"
    off = "" if status == "ACTIVE" else f" <em>({escape(str(status).lower())})</em>"
    yield f"<b>{escape(str(title))}{off}</b> <span>{escape(str(price))} · {there} · {many}</span>"


class StoresPage:
    """GET / shows both stores as they are now."""

    system = "pages"

    def __init__(self, sandbox: TwoStores) -> None:
        self._sandbox = sandbox

    def kind(self, seen: Seen) -> str:
        return "page"

    def respond(self, request: Request) -> Response:
        return Response(page(self._sandbox), mimetype="text/html")

    def error(self, fault_kind: str) -> Response:
        status = {"unavailable": 503, "too_many": 429, "unauthorized": 401, "forbidden": 403}[fault_kind]
        return Response(escape(fault_kind), status, mimetype="text/html")
