"""Which products of two stores are taken for the same, as a page for whoever looks before the first run."""

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path

from syncdb.engine.report import Note
from syncdb.ledger import Ledger
from syncdb.ledger.links import Link
from syncdb.pairs.shopify_stores.shops import Shops

FOLDER, PAGE = "test_output", "pairing.html"
BLOCK = 500
STYLE = "body{font-family:sans-serif}table{border-collapse:collapse}td,th{border:1px solid;padding:.3em .6em;text-align:left}"


def leave_pairing(ledger: Ledger, shops: Shops, folder: Path) -> Note:
    """Write the page into the folder of dry runs, readable by its owner only; what it says, in a sentence."""
    place = folder / FOLDER / PAGE
    place.parent.mkdir(mode=0o700, exist_ok=True)
    place.unlink(missing_ok=True)
    links = ledger.links(shops.pair_name("products")).all()
    with os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.writelines(_page(ledger, shops, links))
    told = f"{len(links)} products are taken for the same in {shops.left.store.name} and {shops.right.store.name}"
    return Note("pairing", f"{told}: {place}", "What is ambiguous is among what is left for a person.")


def _page(ledger: Ledger, shops: Shops, links: list[Link]) -> Iterator[str]:
    heads = "".join(f"<th>{escape(head)}</th>" for head in ("Product", shops.left.store.name, shops.right.store.name))
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Pairing</title><style>{STYLE}</style>\n'
    yield f"<h1>{len(links)} products that are the same in both stores</h1>\n<table><tr>{heads}</tr>\n"
    for start in range(0, len(links), BLOCK):
        block = links[start : start + BLOCK]
        titles = _titles(ledger, shops, block)
        for one in block:
            cells = (titles.get(one.key, "(the titles differ)"), one.left_id, one.right_id)
            yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n"
    yield "</table></html>\n"


def _titles(ledger: Ledger, shops: Shops, links: list[Link]) -> dict[str, str]:
    """By key, the title where both stores show the same."""
    known = ledger.records(shops.pair_name("products")).known([one.key for one in links])
    titles = {key: one.base.fields.get("title") for key, one in known.items() if one.base is not None}
    return {key: str(title) for key, title in titles.items() if title}
