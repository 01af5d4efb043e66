"""Times in which Shopify shows the app less or nothing at all, another run comes in between, or bulk reading fails."""

from collections.abc import Callable
from dataclasses import replace

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.bulk import BulkDesk
from syncdb.sandbox.shopify.tokens import Client, TokenDesk
from tests.reliability.bulk_troubles import moved_before_the_fetch, settle_down
from tests.reliability.judged import Judged, struck
from tests.reliability.neighbour import Neighbour
from tests.reliability.world import ProofWorld

ORDERS = {"read_orders", "write_orders", "read_all_orders"}
REFUSALS = ("scope", "uninstalled", "secret", "token", "approval")
LESS = ("Customer", "name", "address", "email", "read_customers", "read_products", "read_locations", "read_all_orders")


class Permissions:
    """What the app of a world may do, to be taken away and given back."""

    def __init__(self, world: ProofWorld) -> None:
        self.world = world
        self.less: set[str] = set()
        self._whole = self._desk.clients[self._id]

    @property
    def _desk(self) -> TokenDesk:
        return self.world.sandbox.shopify.tokens

    @property
    def _id(self) -> str:
        return self.world.sandbox.client_id

    def refuse(self, how: str) -> None:
        """Take everything away, also from tokens in use."""
        match how:
            case "scope":
                self._grant(replace(self._whole, scopes=self._whole.scopes - ORDERS))
            case "uninstalled":
                self._desk.expire()
                self._desk.clients.pop(self._id)
            case "secret":
                self._desk.expire()
                self._desk.add_client(self._id, replace(self._whole, secret="another"))
            case "token":
                self.world.faults.add(Fault("unauthorized", "shopify read", times=None))
            case "approval":
                self.world.faults.add(Fault("forbidden", "shopify read", times=None))

    def show(self, less: set[str]) -> None:
        """Withhold these kinds of protected data and these scopes, and nothing else."""
        self.less = set(less)
        self.world.sandbox.shopify.unapproved = frozenset(one for one in less if not one.startswith("read_"))
        writing = {one.replace("read_", "write_") for one in less}  # whoever may write may read
        self._grant(replace(self._whole, scopes=self._whole.scopes - less - writing))

    def give_back(self) -> None:
        """As it was before `refuse`."""
        self.world.faults.clear()
        self.show(self.less)

    def _grant(self, client: Client) -> None:
        self._desk.add_client(self._id, client)
        for token, (ends, _) in list(self._desk._granted.items()):
            self._desk._granted[token] = (ends, client.scopes)


def refused(judged: Judged, permissions: Permissions, how: str, after: int, number: int) -> None:
    """The app loses its permission in the middle of a run; the next run says so and writes nothing; then it has it back."""
    judged.shop(1, number)
    judged.told.append(f"the permission is lost ({how}) at request {after} of the shop")
    judged.world.faults.add(Fault("meanwhile", "shopify read", skip=after, action=lambda: permissions.refuse(how)))
    first = judged.run(full=bool(number % 2))
    assert first.code in (0, 3, 4), judged.story([first.text[-600:]])
    permissions.give_back()
    permissions.refuse(how)
    judged.shop(1, number + 1)
    ran = judged.run(full=True)
    assert (ran.code, ran.writes) == (4, 0), judged.story([f"without permission ({how})", ran.text[-600:]])
    permissions.give_back()
    judged.uneasy = True
    struck[f"permission lost: {how}"] += 1


def shown_less(judged: Judged, permissions: Permissions, what: str) -> None:
    """Something is withheld from now on, or shown again."""
    permissions.show(permissions.less ^ {what})
    judged.told.append(f"withheld: {sorted(permissions.less)}")
    judged.hidden = True
    struck[f"withheld: {what}" if what in permissions.less else "shown again"] += 1


def overlapped(judged: Judged, other: Neighbour, after: int) -> None:
    """While a run is in the middle of its requests another process runs the same command: it must leave, this one go on."""
    world, came = judged.world, list[tuple[int, str]]()
    environment = world.sandbox.environment() | world.env
    world.faults.add(Fault("meanwhile", "any", skip=after, action=lambda: came.append(other.runs(environment, world.time))))
    judged.told.append(f"another process comes at request {after}")
    ran = judged.run(full=True)
    world.faults.clear()
    assert [code for code, _ in came] == [7] * len(came), judged.story([str(came)])
    judged.uneasy = judged.uneasy or ran.code != 0
    struck["another process came in between"] += len(came)


def in_bulk(
    judged: Judged, trouble: Callable[[ProofWorld, BulkDesk], None], layout: str, *, full: bool, spans: bool = False
) -> None:
    """A run that reads in bulk, with something wrong with it: slower at worst, never another result."""
    world, desk = judged.world, judged.world.sandbox.shopify.bulk
    ready = world.in_bulk, world.in_spans
    world.in_bulk, world.in_spans, desk.order = True, spans, layout
    trouble(world, desk)
    judged.told.append(f"read in bulk ({layout}, {'spans' if spans else 'whole'}), {trouble.__name__}")
    judged.hourly(full=full)
    if world.faults.count("shopify", "write"):
        struck[f"bulk: {trouble.__name__}"] += 1
    world.faults.clear()
    settle_down(desk)
    world.in_bulk, world.in_spans = ready


def moved_in_bulk(judged: Judged, which: int, number: int) -> None:
    """The shop changes between the end of a bulk operation and the fetch of its result."""
    world = judged.world
    ready, world.in_bulk = world.in_bulk, True
    moved = list[str]()

    def act() -> None:
        judged.shop(which, number)
        moved.append("moved")

    moved_before_the_fetch(world, act)
    ran = judged.run(full=True)
    judged.uneasy = judged.uneasy or ran.code != 0 or bool(moved)
    struck["shop moved before a bulk result was fetched"] += len(moved)
    world.faults.clear()
    settle_down(world.sandbox.shopify.bulk)
    world.in_bulk = ready
