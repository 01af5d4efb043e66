"""Copies of an order in the forms of the wire."""

import json

import pytest

from benchmarks.copies import STRIDE, Copy, Template, written


def test_percent_signs_and_other_numbers_stay() -> None:
    text = b'{"id":9007199254740993,"name":"#1001.1","number":1,"order_number":1001,"zip":"100 %d","link":"009007199254740993"}'
    form = Template.of(text, {"number": 1001, "shippingAddress": None, "customer": None, "phone": None})
    assert form.copy(Copy(0, 1001)) == text
    assert json.loads(form.copy(Copy(1, 2001))) == json.loads(text) | {
        "id": 9007199254740993 + STRIDE,
        "name": "#2001.1",
        "number": 1001,
        "order_number": 2001,
        "link": "009007199250000001",
    }


@pytest.mark.parametrize(("cents", "text"), [(0, b"0.0"), (1200, b"12.0"), (1250, b"12.5"), (5, b"0.05"), (-1999, b"-19.99")])
def test_an_amount_is_written_as_the_shop_does(cents: int, text: bytes) -> None:
    assert written(cents) == text
