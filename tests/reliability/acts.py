"""What people do to a sheet and what befalls a shop, by a few small numbers each: so a history can be drawn, told and reduced."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from syncdb.connectors.tabular.a1 import letters
from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.shopify.generate import new_order as new_order_at
from tests.reliability.world import ProofWorld


@dataclass(frozen=True, slots=True)
class Hand:
    """A colleague's hand on the sheet: `a` and `b` choose where."""

    world: ProofWorld
    a: int
    b: int

    @property
    def them(self) -> Colleague:
        return self.world.colleague

    @property
    def row(self) -> int:
        return self.world.below(self.a)

    @property
    def other_row(self) -> int:
        return self.world.below(self.b)

    @property
    def column(self) -> str:
        return letters(self.a % max(1, self.world.width()))

    @property
    def managed(self) -> str:
        """A managed column other than the key."""
        return self.world.letter(self.world.labels()[self.world.columns[self.b % len(self.world.columns)]])

    @property
    def own(self) -> str:
        """The first column right of everything, added to the tab where it has none left."""
        return self.world.blank_column()


def sort(hand: Hand) -> None:
    hand.them.sort(hand.column, descending=bool(hand.b % 2), header_rows=hand.world.head())


def insert_rows(hand: Hand) -> None:
    hand.them.insert_rows(hand.row, 1 + hand.b % 2)


def delete_row(hand: Hand) -> None:
    hand.them.delete_rows(hand.row)


def move_row(hand: Hand) -> None:
    hand.them.move_rows(hand.row, 1, hand.other_row)


def insert_column(hand: Hand) -> None:
    hand.them.insert_columns(hand.column)


def move_column(hand: Hand) -> None:
    hand.them.move_columns(hand.column, 1, letters(hand.b % max(1, hand.world.width())))


def overwrite(hand: Hand) -> None:
    hand.them.type(f"{hand.managed}{hand.row}", ("mine", "17", "2026-01-01", "=1+1", "'007")[hand.a % 5])


def empty(hand: Hand) -> None:
    hand.them.clear(f"{hand.managed}{hand.row}")


def annotate(hand: Hand) -> None:
    hand.them.type(f"{hand.own}{hand.row}", f"call {hand.b}")


def own_formula(hand: Hand) -> None:
    hand.them.type(f"{hand.own}{hand.row}", f'={hand.managed}{hand.row}&"!"')


def decorate(hand: Hand) -> None:
    cell = f"{hand.managed}{hand.row}"
    hand.them.note(cell, f"who did this? {hand.b}")
    hand.them.colour(cell)
    hand.them.dropdown(cell, "a", "b")


def copy_row(hand: Hand) -> None:
    last = len(hand.world.grid())
    hand.them.insert_rows(last + 1)
    hand.them.copy_rows(hand.row, 1, last + 1)


def paste_over(hand: Hand) -> None:
    hand.them.copy_rows(hand.row, 1, hand.other_row)


def drop_key(hand: Hand) -> None:
    hand.them.clear(f"{hand.world.letter('Line ID')}{hand.row}")


def own_row(hand: Hand) -> None:
    row = hand.row
    hand.them.insert_rows(row)
    hand.them.type(f"{hand.world.letter('Line ID')}{row}", f"MINE-{hand.b}")
    hand.them.type(f"{hand.managed}{row}", f"our own {hand.a}")


def subtotal(hand: Hand) -> None:
    row = hand.row
    hand.them.insert_rows(row)
    hand.them.type(f"{hand.managed}{row}", f"=COUNTA({hand.managed}1:{hand.managed}{row - 1})")
    hand.them.type(f"{hand.own}{row}", f"subtotal {hand.a}")


def title_above(hand: Hand) -> None:
    if hand.world.head() < 4:  # headers are looked for in the first rows only (documented)
        hand.them.insert_rows(1)
        hand.them.type("A1", f"Our shop {hand.b}")


def hide_and_filter(hand: Hand) -> None:
    hand.them.hide_rows(hand.row)
    hand.them.filter()


PEOPLE: tuple[Callable[[Hand], None], ...] = (
    sort, insert_rows, delete_row, move_row, insert_column, move_column, overwrite, empty, annotate, own_formula, decorate,
    copy_row, paste_over, drop_key, own_row, subtotal, title_above, hide_and_filter,
)  # fmt: skip


def retype(hand: Hand) -> None:
    hand.them.type(f"{hand.managed}{hand.row}", "mine")


def own_row_beside(hand: Hand) -> None:
    """A new row with a key of their own and text right of our columns."""
    row = hand.row
    hand.them.insert_rows(row)
    hand.them.type(f"{hand.world.letter('Line ID')}{row}", f"MINE-{hand.b}")
    hand.them.type(f"{hand.own}{row}", f"our own {hand.a}")


# What may come between a look and a write. A formula or text typed in that very second into the very cell that is written is
# not among it: Sheets has no compare-and-set, so that keystroke is lost (docs/reliability.md).
IN_THE_MOMENT: tuple[Callable[[Hand], None], ...] = (
    sort, insert_rows, delete_row, move_row, insert_column, move_column, retype, annotate, copy_row, own_row_beside,
)  # fmt: skip


def new_order(world: ProofWorld, number: int) -> None:
    world.new_order(number)


def change(world: ProofWorld, number: int) -> None:
    if world.shop.orders:
        world.shop.random_change(random.Random(number))


def delete(world: ProofWorld, number: int) -> None:
    gid = world.order(number)
    if gid is not None and len(world.shop.orders) > 2:
        world.shop.delete(gid)


def bring_late(world: ProofWorld, number: int) -> None:
    """A new order that searches do not show for up to two hours."""
    gid = world.new_order(number)
    world.shop.hide_from_index(gid, world.time + 600 * (1 + number % 12))


def lag(world: ProofWorld, number: int) -> None:
    world.shop.index_lag = (0.0, 30.0, 600.0)[number % 3]


def change_unseen(world: ProofWorld, number: int) -> None:
    gid = world.order(number)
    if gid is not None and world.shop.orders[gid]["fulfillments"]:
        world.shop.touch_child_without_bump(gid)


def fail(world: ProofWorld, number: int) -> None:
    gid = world.order(number)
    if gid is not None:
        world.shop.fail_order(gid)


def withhold(world: ProofWorld, number: int) -> None:
    gid = world.order(number)
    if gid is not None:
        world.shop.withhold(gid, ("note", "tags", "lineItems", "displayFinancialStatus")[number % 4])


def revive(world: ProofWorld, number: int) -> None:
    """An order of ten weeks ago, which an app without read_all_orders may not see, is changed now."""
    made = world.sandbox.now() - timedelta(days=70)
    gid = str(new_order_at(world.shop, random.Random(number), made, 30)["id"])
    world.shop.add_tag(gid, "revived")


SHOP: tuple[Callable[[ProofWorld, int], None], ...] = (
    new_order, change, change, change, delete, bring_late, lag, change_unseen, fail, withhold, revive,
)  # fmt: skip
# after these, an hourly run need not show everything yet
HIDING = frozenset({bring_late, lag, change_unseen, fail, withhold, delete})
