"""What products belong to, as kinds of records of their own: publications that show them, collections chosen by hand."""

from syncdb.mapping.entities import Entity, EntityField, ShownAs
from syncdb.model import Owner, Rule, Tie
from syncdb.values import Kind

MERGED = Rule(Owner.BOTH, tie=Tie.MERGE)  # what either store adds and takes away
PUBLICATIONS = Entity(
    "publications", "Publications", "product's publications",
    (
        EntityField("publications", "Published in", Kind.TEXT, ShownAs.TEXT,
                    "The publications (sales channels) of the same name that show the product.", rule=MERGED),
    ),
)  # fmt: skip
MEMBERSHIPS = Entity(
    "memberships", "Collections of products", "product's collections",
    (
        EntityField("memberships", "In collections", Kind.TEXT, ShownAs.TEXT,
                    "The collections chosen by hand that both stores have and that hold the product.", rule=MERGED),
    ),
)  # fmt: skip
