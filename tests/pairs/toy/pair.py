"""Two files of goods in step, both ways: the declaration."""

from syncdb.pairs.base import PairType, Words
from tests.pairs.toy.system import JSON_FILE

SHELF = JSON_FILE.instance("shelf", {"json_file": "file"}, "Shelf")
BOOK = JSON_FILE.instance("book", {"json_file": "file"}, "Book")

TOY = PairType(
    name="toy",
    title="Shelf and book",
    about="A shelf and its book in step",
    summary="Keep a shelf and its book in step, both ways.",
    script="toy_sync.py",
    command="toy",
    systems=(SHELF, BOOK),
    keys=(),
    named_by="book_file",
    words=Words("the book", "Book", record="article"),
    tracks_orders=False,
    docs="docs/adding-a-pair.md",
    job="toy",
    implementation="tests.pairs.toy.implementation",
    entities=("goods",),
)
