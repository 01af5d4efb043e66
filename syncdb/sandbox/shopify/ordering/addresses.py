"""Addresses as apps give them, and as the shop keeps them."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.money import Node

COUNTRIES = {"CA": "Canada", "DE": "Germany", "GB": "United Kingdom", "IT": "Italy", "TR": "Turkey", "US": "United States"}


def address_in(given: dict[str, Any], number: int) -> Node:
    """A MailingAddressInput (or its older form with names of countries) as an address."""
    code = given.get("countryCode")
    country = given.get("country") or (COUNTRIES.get(code, code) if code else None)
    place = (given.get("address1"), given.get("city"), given.get("zip"), country, code, given.get("province"))
    node = anatomy.address(
        number,
        given.get("firstName") or "",
        given.get("lastName") or "",
        [part or "" for part in place] + [given.get("provinceCode") or ""],
        given.get("phone"),
        given.get("company"),
    )
    empty = {name: None for name in ("address1", "city", "zip", "country", "countryCodeV2") if not node[name]}
    return node | {"address2": given.get("address2"), **empty}
