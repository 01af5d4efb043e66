"""Two files of goods in step, both ways: the declaration."""

from syncdb.pairs.base import PairType, Words
from syncdb_toy.system import JSON_FILE

SHELF = JSON_FILE.instance("shelf", {"json_file": "file"}, "Shelf")
BOOK = JSON_FILE.instance("book", {"json_file": "file"}, "Book")

TOY = PairType(
    name="toy",
    title="Shelf and book",
    about="A shelf and its book in step",
    summary="Keep a shelf and its book in step, both ways.",
    script="",
    command="toy",
    systems=(SHELF, BOOK),
    keys=(),
    named_by="book_file",
    words=Words("the book", "Book", record="article"),
    tracks_orders=False,
    docs="examples/syncdb-toy/README.md",
    job="toy",
    implementation="syncdb_toy.implementation",
    entities=("goods",),
)
