"""Media of products as a kind of record of its own: what can be kept in step of them."""

from syncdb.mapping.entities import ASK, Entity, EntityField, ShownAs
from syncdb.values import Kind

NAME, OWNER = "media", "products"
SENDING = "write_files"  # the permission to send media to a shop
MEDIA = Entity(
    NAME, "Media", "product's media",
    (
        EntityField("media", "Media", Kind.TEXT, ShownAs.TEXT,
                    "Pictures, videos and 3D models by their bytes, with alt texts, in their order.", rule=ASK),
        EntityField("pictures", "Pictures of variants", Kind.TEXT, ShownAs.TEXT, "Which picture shows which variant.", rule=ASK),
    ),
)  # fmt: skip
