"""Options of products as a kind of record of its own: what of them can be kept in step."""

from syncdb.mapping.entities import ASK, Entity, EntityField, ShownAs
from syncdb.values import Kind

NAME, OWNER = "options", "products"
OPTIONS = Entity(
    NAME, "Options", "product's options",
    (
        EntityField("options", "Options", Kind.TEXT, ShownAs.TEXT,
                    "The names of the options in their order, and the values of the variants that both stores have, in theirs.",
                    rule=ASK),
    ),
)  # fmt: skip
