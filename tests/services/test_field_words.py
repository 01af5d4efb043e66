"""Fields of a stored order are told in the words of people who sell, not in those of the ledger."""

from syncdb.services.display import field_words


def test_fields_of_an_order_are_told_in_words() -> None:
    assert field_words("line_items.unfulfilled_quantity") == "items: unfulfilled quantity"
    assert field_words("current_tax_lines") == "present tax lines"
    assert field_words("display_financial_status") == "payment status"
    assert field_words("note") == "note"
