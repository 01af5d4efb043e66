"""All that can go wrong with a bulk operation, one function each."""

from collections.abc import Callable
from dataclasses import replace

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.bulk import AT_ONCE, FOLDER, BulkDesk, Operation
from tests.reliability.world import ProofWorld

Lines = list[bytes]
SWITCHES = ("lasts", "ending", "endings", "at_once", "order", "damage", "leaves_out", "cut_after", "reachable", "address_lasts")
LAYOUTS = ("after", "before", "parents_first", "mixed")


def _fetch(kind: str, times: int | None = 1) -> Fault:
    return Fault(kind, lambda seen: seen.path.startswith(FOLDER), times=times)  # type: ignore[arg-type]


def _mutation(kind: str, times: int | None = 1) -> Fault:
    return Fault(kind, "shopify write", times=times)  # type: ignore[arg-type]


def refused_at_submit(world: ProofWorld, desk: BulkDesk) -> None:
    world.faults.add(_mutation("forbidden", None))


def out_of_reach_at_submit(world: ProofWorld, desk: BulkDesk) -> None:
    world.faults.add(_mutation("refuse", None))


def submit_not_answered(world: ProofWorld, desk: BulkDesk) -> None:
    """It is sent again: one operation too many runs."""
    world.faults.add(_mutation("apply_then_cut"))


def all_places_taken(world: ProofWorld, desk: BulkDesk) -> None:
    for number in range(AT_ONCE):
        gid = f"gid://shopify/BulkOperation/{number}"
        desk.operations[gid] = Operation(gid, "", "", world.time + 1e9, "COMPLETED", False, lambda: ([], 0))


def no_headway(world: ProofWorld, desk: BulkDesk) -> None:
    desk.lasts = 1e9


def ends_failed(world: ProofWorld, desk: BulkDesk) -> None:
    desk.ending = "FAILED"


def ends_cancelled(world: ProofWorld, desk: BulkDesk) -> None:
    desk.ending = "CANCELED"


def ends_expired(world: ProofWorld, desk: BulkDesk) -> None:
    desk.ending = "EXPIRED"


def the_second_fails(world: ProofWorld, desk: BulkDesk) -> None:
    desk.endings = ["COMPLETED", "FAILED"]


def the_second_fails_twice(world: ProofWorld, desk: BulkDesk) -> None:
    """Three are submitted at least before it is its turn again, if there are as many spans."""
    desk.endings = ["COMPLETED", "FAILED", "COMPLETED", "COMPLETED", "FAILED"]


def the_first_takes_too_long(world: ProofWorld, desk: BulkDesk) -> None:
    desk.endings = ["TIMEOUT"]


def all_take_too_long(world: ProofWorld, desk: BulkDesk) -> None:
    desk.ending = "TIMEOUT"


def one_at_a_time(world: ProofWorld, desk: BulkDesk) -> None:
    desk.at_once = 1


def addresses_run_out_soon(world: ProofWorld, desk: BulkDesk) -> None:
    desk.endings, desk.lasts, desk.address_lasts = ["FAILED"], 20.0, 5.0


def orders_left_out(world: ProofWorld, desk: BulkDesk) -> None:
    desk.leaves_out = 1


def address_run_out(world: ProofWorld, desk: BulkDesk) -> None:
    desk.reachable = False


def truncated(world: ProofWorld, desk: BulkDesk) -> None:
    desk.damage = lambda lines: [*lines[:-1], lines[-1][:-9]] if lines else lines


def a_line_too_few(world: ProofWorld, desk: BulkDesk) -> None:
    desk.damage = lambda lines: lines[:-1]


def a_line_doubled(world: ProofWorld, desk: BulkDesk) -> None:
    desk.damage = lambda lines: [*lines, lines[-1]] if lines else lines


def an_order_for_another(world: ProofWorld, desk: BulkDesk) -> None:
    """As many lines and orders as promised, but one order's lines have no order, and another order stands there twice."""

    def damage(lines: Lines) -> Lines:
        orders = [place for place, line in enumerate(lines) if b"__parentId" not in line]
        if len(orders) < 2:
            return lines
        return [lines[orders[0]] if place == orders[-1] else line for place, line in enumerate(lines)]

    desk.damage = damage


def senseless_lines(world: ProofWorld, desk: BulkDesk) -> None:
    desk.damage = lambda lines: [b"<html>" + line[6:] for line in lines]


def fetch_cut(world: ProofWorld, desk: BulkDesk) -> None:
    world.faults.add(_fetch("apply_then_cut"))


def fetch_broken_off(world: ProofWorld, desk: BulkDesk) -> None:
    desk.cut_after = 700


def storage_down(world: ProofWorld, desk: BulkDesk) -> None:
    world.faults.add(_fetch("refuse", None))


def a_sign_in_page_instead(world: ProofWorld, desk: BulkDesk) -> None:
    world.faults.add(_fetch("html_200", None))


TROUBLES: tuple[Callable[[ProofWorld, BulkDesk], None], ...] = (
    refused_at_submit, out_of_reach_at_submit, submit_not_answered, all_places_taken, no_headway, ends_failed, ends_cancelled,
    ends_expired, orders_left_out, address_run_out, truncated, a_line_too_few, a_line_doubled, an_order_for_another,
    senseless_lines, fetch_cut, fetch_broken_off, storage_down, a_sign_in_page_instead, the_second_fails, the_second_fails_twice,
    the_first_takes_too_long, all_take_too_long, one_at_a_time, addresses_run_out_soon,
)  # fmt: skip


def moved_before_the_fetch(world: ProofWorld, act: Callable[[], object]) -> None:
    """The shop changes between the end of the operation and the fetch of its result."""
    world.faults.add(replace(_fetch("meanwhile"), action=act))


def settle_down(desk: BulkDesk) -> None:
    """Bulk operations work again; what ran is over."""
    usual = BulkDesk(desk.clock)
    for switch in SWITCHES:
        setattr(desk, switch, getattr(usual, switch))
    desk.operations.clear()
