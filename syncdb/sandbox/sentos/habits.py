"""Everything about Sentos that nobody could tell for sure, as switches. The defaults are what most public clients tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["basic", "headers", "bearer", "token"]


@dataclass(frozen=True, slots=True)
class Habits:
    """How this Sentos behaves where the facts are in doubt.

    `accepts` are the ways of logging in that it takes. `listing`: pages with an envelope, or a bare list. `size_name` is the
    parameter it takes for a page's size (another name is ignored), `largest_page` what it cuts that to. `filters_in`: where GET
    parameters count. `order_filter` and `sku_filter`: whether a filter finds just the same, whatever contains it, everything
    (ignored) or nothing. `money`, `warehouse`, `stock`, `no_variants`, `no_errors` and `model` are spellings. `refuses_with` is
    the status of a refusal in the body. `same_order_id`: what becomes of a second order with a known order_id. `takes_stock`:
    when an order's pieces leave the stock. `total_with_shipping`: whether an order's total counts shipping. `drops_left_out`:
    whether a variant that a PUT leaves out is deleted. `single_order`: whether one order can be asked for by its number.
    `posts_a_minute`, `same_gets_a_minute`, `gets_a_second`: its limits, None for none; `retry_after`: whether it says how long to
    wait. `lag`: seconds until a new order is found by its order_id. `tells_moves`: whether an order that was moved on
    counts as updated. `pictures`: how they are served: as they are, without telling
    size and date (bare), by a redirect, for a login only, or named in the listing by a path instead of an address.
    """

    accepts: frozenset[Scheme] = frozenset({"basic"})
    listing: Literal["pages", "bare"] = "pages"
    size_name: Literal["size", "pageSize", "either"] = "size"
    largest_page: int = 100
    filters_in: Literal["query", "body", "either"] = "either"
    order_filter: Literal["exact", "contains", "ignored", "nothing"] = "exact"
    sku_filter: Literal["exact", "contains", "ignored"] = "contains"
    money: Literal["comma", "dot", "number", "thousands"] = "comma"
    warehouse: Literal["number", "object", "mixed"] = "mixed"
    stock: Literal["number", "text", "mixed"] = "mixed"
    no_variants: Literal["list", "null", "absent"] = "list"
    no_errors: Literal["list", "object", "null"] = "list"
    model: Literal["object", "text"] = "object"
    refuses_with: Literal[200, 422] = 422
    same_order_id: Literal["refused", "second", "same"] = "second"
    takes_stock: Literal["create", "ship", "never"] = "create"
    total_with_shipping: bool = False
    drops_left_out: bool = False
    single_order: bool = True
    posts_a_minute: int | None = 12
    same_gets_a_minute: int | None = 2
    gets_a_second: int | None = None
    retry_after: bool = True
    lag: float = 0.0
    tells_moves: bool = True
    pictures: Literal["plain", "bare", "redirect", "login", "path"] = "plain"
