"""How wide columns of a Grist document are made."""

from syncdb.connectors.grist import TableColumn
from syncdb.connectors.grist.layout import CHANGED
from syncdb.mapping.entities import ENTITIES, KEY_LABEL
from syncdb.pairs.shopify_grist.widths import MOST, widths_of


def test_no_column_is_cut_at_its_heading_or_too_wide_to_read_beside_others() -> None:
    for entity in ENTITIES.values():
        columns = [TableColumn(one.name, one.label) for one in entity.fields]
        widths = widths_of(entity.name, columns, KEY_LABEL, "Changed by people")
        assert set(widths) == {"", CHANGED, *(one.name for one in entity.fields)}
        for one in columns:
            assert max(80, 7 * len(one.label) + 20) <= widths[one.name] <= MOST, one.label


def test_what_a_column_holds_tells_how_wide_it_is() -> None:
    columns = (
        TableColumn("title", "Title"), TableColumn("price", "Price", "Numeric"), TableColumn("sold", "Sold", "Bool"),
        TableColumn("order_name", "Order"), TableColumn("metafields.custom.care_note", "Care"),
        TableColumn("note", "Note", "Choice"),
    )  # fmt: skip
    assert widths_of("orders", columns, "Shopify ID", "") == {
        "": 180, "title": 260, "price": 100, "sold": 80, "order_name": 110, "metafields.custom.care_note": 320, "note": 110,
    }  # fmt: skip
