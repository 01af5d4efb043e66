"""A shop and a Grist document, both ways: the declaration."""

import syncdb.config.validators as validators
from syncdb.config.keys import Key
from syncdb.orders.personal_records import CUSTOMER, DRAFT, PersonalRecords
from syncdb.pairs.base import PairType, Words
from syncdb.systems.grist.keys import GRIST, document_id
from syncdb.systems.questions import Question, Topic
from syncdb.systems.shopify.keys import SHOPIFY, SHOPIFY_WRITES

_PLAIN = {"name", "status", "total", "tax", "shipping", "discounts", "pieces", "tags", "order"}
PEOPLE = (
    PersonalRecords("customers", CUSTOMER, frozenset()),
    PersonalRecords("draft_orders", DRAFT, frozenset({*_PLAIN, "invoice_sent_at", "completed_at", "created_at"})),
)

SHOPIFY_GRIST = PairType(
    name="grist",
    title="Grist",
    about="A shop and a Grist document in step",
    summary="Keep a shop and a Grist document in step, both ways.",
    script="shopify_grist_sync.py",
    command="grist",
    systems=(SHOPIFY, GRIST),
    keys=(
        Key(
            "grist_document", "GRIST_DOCUMENT", document_id, None,
            "The document: its id or its address; with `grist_workspace` its name.",
            needed="Open the document in Grist and copy its address.", template="your-document",
        ),
        Key(
            "grist_workspace", "GRIST_WORKSPACE", validators.whole(1, 2**31), None,
            "The number of the workspace in which a document of that name is looked for, and made if there is none.",
        ),
        Key(
            "grist_sync", "GRIST_SYNC", validators.json_object, None,
            "What is kept in step, in which tables and columns, by which rules (docs/grist.md). Left out: products, variants, "
            "stock and collections with their usual fields.",
        ),
        SHOPIFY_WRITES,
    ),
    named_by="grist_document",
    words=Words("Grist", "Grist", left="shop", allowed_by="shopify_writes"),
    tracks_orders=True,
    typed_columns=True,
    docs="docs/grist.md",
    job="grist",
    implementation="syncdb.pairs.shopify_grist.implementation",
    topics=(
        Topic(
            "document",
            (
                Question(
                    "grist_workspace", "Number of the workspace, if the document shall be found by its name (empty: no)",
                    needed=False, option="--workspace", metavar="NUMBER",
                ),
                Question("grist_document", "The document's address (or its id or name)", option="--document", metavar="ADDRESS"),
            ),
            "The document. Open it in the browser and copy its address. Without more settings products, variants, stock and "
            "collections are kept in step; docs/grist.md says how to choose, also orders.",
            untried="Make the API key's owner an Editor of the document",
            replaced="What runs wrote to the document before stays there as it is and is kept true no more; the next run begins "
            "anew in the new one.",
        ),
        Topic(
            "writes",
            (
                Question(
                    "shopify_writes", "What may be written to the shop, such as inventory,variants.price (empty: nothing)",
                    needed=False, option="--writes", metavar="NAMES",
                ),
            ),
        ),
    ),
    entities=("products", "variants", "inventory", "collections", "customers", "draft_orders", "pictures", "orders"),
    people=PEOPLE,
)  # fmt: skip
