"""Which products of two stores are taken for the same, as a page for whoever looks before the first run."""

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path

from syncdb.engine.report import Note
from syncdb.ledger import Ledger
from syncdb.ledger.links import Link
from syncdb.pairs.shopify_stores.shops import OpenedShop, Shops

FOLDER, PAGE = "test_output", "pairing.html"
BLOCK = 500
STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7c; --line: #d5dce5; --back: #fff; --head: #f4f6f9;
  --blue: #2f6fb4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #9aa7b7; --line: #36404d; --back: #14181e; --head: #1d232b;
  --blue: #7db3ee; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 0 auto;
  max-width: 900px; padding: 1rem; }
h1 { font-size: 1.3rem; } table { border-collapse: collapse; width: 100%; } a { color: var(--blue); }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { position: sticky; top: 0; background: var(--head); } p { color: var(--soft); }
@media (max-width: 600px) { tr:first-child { display: none; } td { display: block; border: 0; padding: .1rem 0; }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .5rem 0; } td::before { content: attr(data-of) " "; } }
"""


def leave_pairing(ledger: Ledger, shops: Shops, folder: Path) -> Note:
    """Write the page into the folder of dry runs, readable by its owner only; what it says, in a sentence."""
    place = folder / FOLDER / PAGE
    place.parent.mkdir(mode=0o700, exist_ok=True)
    place.unlink(missing_ok=True)
    links = ledger.links(shops.pair_name("products")).all()
    with os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.writelines(_page(ledger, shops, links))
    told = f"{_many(links)} taken for the same in {shops.left.store.name} and {shops.right.store.name}"
    return Note("pairing", f"{told}: {place}", "What is ambiguous is among what is left for a person.")


def _many(links: list[Link]) -> str:
    return "1 product is" if len(links) == 1 else f"{len(links)} products are"


def _page(ledger: Ledger, shops: Shops, links: list[Link]) -> Iterator[str]:
    names = (shops.left.store.name, shops.right.store.name)
    heads = "".join(f"<th>{escape(head)}</th>" for head in ("Product", *names))
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<!doctype html><html lang="en">{meta}<title>Pairing</title><style>{STYLE}</style>\n'
    yield f"<h1>{_many(links)} the same in both stores</h1>\n<p>Each number opens the product in its store's admin.</p>\n"
    yield f"<table><tr>{heads}</tr>\n"
    for start in range(0, len(links), BLOCK):
        block = links[start : start + BLOCK]
        titles = _titles(ledger, shops, block)
        for one in block:
            title = escape(titles.get(one.key, "(the titles differ)"))
            own = zip(names, (shops.left, shops.right), (one.left_id, one.right_id), strict=True)
            cells = "".join(f'<td data-of="{escape(name)}">{_link(shop, id)}</td>' for name, shop, id in own)
            yield f"<tr><td>{title}</td>{cells}</tr>\n"
    yield "</table></html>\n"


def _link(shop: OpenedShop, id: str) -> str:
    number = escape(id.rpartition("/")[2])
    return f'<a href="https://{escape(shop.shop.domain)}/admin/products/{number}">{number}</a>'


def _titles(ledger: Ledger, shops: Shops, links: list[Link]) -> dict[str, str]:
    """By key, the title where both stores show the same."""
    known = ledger.records(shops.pair_name("products")).known([one.key for one in links])
    titles = {key: one.base.fields.get("title") for key, one in known.items() if one.base is not None}
    return {key: str(title) for key, title in titles.items() if title}
