"""From answered nodes to complete snapshots: filled up, read again where they moved, held back where they cannot be had whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.order_source import Quarantined
from syncdb.connectors.shopify.asking import Asking
from syncdb.connectors.shopify.client import TooCostly, message_of
from syncdb.connectors.shopify.drain import Drain, Edited, HeldBack
from syncdb.connectors.shopify.normalise import cannot_be_read, kept
from syncdb.connectors.shopify.shape import bare_id
from syncdb.connectors.shopify.trouble import OrderErrors, partial_notices
from syncdb.order_snapshot import OrderSnapshot

READINGS = 3  # how often an order is read that is edited under our hands
AT_ONCE = 25  # orders asked for by id in one query


@dataclass(slots=True)
class GatheredOrders:
    """Orders of one answer: usable nodes, those held back, and global ids that nothing was found for."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    held: list[Quarantined] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    partial: bool = False

    def __iadd__(self, other: "GatheredOrders") -> "GatheredOrders":
        self.nodes += other.nodes
        self.held += other.held
        self.absent += other.absent
        self.partial = self.partial or other.partial
        return self


def usable(nodes: Sequence[dict[str, Any] | None], trouble: OrderErrors) -> GatheredOrders:
    """The nodes of an answer, without those whose part of it failed."""
    batch = GatheredOrders(partial=bool(trouble.loose))
    for position, node in enumerate(nodes):
        if node and position not in trouble.broken:
            batch.nodes.append(node)
        elif node:
            batch.held.append(_held_back(node, trouble.broken[position]))
    return batch


@dataclass(slots=True)
class Gatherer:
    """Makes complete snapshots."""

    asking: Asking
    _drain: Drain = field(init=False)

    def __post_init__(self) -> None:
        self._drain = Drain(self.asking.client)

    def by_ids(self, gids: Sequence[str]) -> GatheredOrders:
        """Single orders. Where a query for several fails as a whole, each half is asked for alone, down to the one that fails."""
        batch = GatheredOrders()
        for start in range(0, len(gids), AT_ONCE):
            batch += self._some(gids[start : start + AT_ONCE])
        return batch

    def complete(self, nodes: Iterable[dict[str, Any]]) -> tuple[list[OrderSnapshot], list[Quarantined]]:
        """These orders with all that belongs to them, and those that are held back instead."""
        orders, held_back = list[OrderSnapshot](), list[Quarantined]()
        for node in nodes:
            order = self._kept(node)
            if isinstance(order, OrderSnapshot):
                orders.append(order)
            else:
                held_back.append(order)
        return orders, held_back

    def _kept(self, node: dict[str, Any]) -> OrderSnapshot | Quarantined:
        try:
            return kept(self._whole(node), self.asking.sight)
        except HeldBack as reason:
            return _held_back(node, str(reason))
        except ValueError as error:
            return _held_back(node, cannot_be_read(error))

    def _some(self, gids: Sequence[str]) -> GatheredOrders:
        try:
            answer, trouble = self.asking.ids(gids)
        except TooCostly as error:
            return self._halves(gids, f"it alone costs more than one query may: {error}")
        for notice in partial_notices(answer, trouble):
            self.asking.tell(notice)
        nodes = (answer.data or {}).get("nodes")
        if nodes is None:
            return self._halves(gids, f"Shopify could not answer for it ({message_of(answer.errors) or 'no reason given'})")
        batch = usable(nodes, trouble)
        for position, (gid, node) in enumerate(zip(gids, nodes, strict=True)):
            if not node and position in trouble.broken:
                batch.held.append(Quarantined(bare_id(gid), "", trouble.broken[position]))
            elif not node:
                batch.absent.append(gid)
        return batch

    def _halves(self, gids: Sequence[str], why: str) -> GatheredOrders:
        if len(gids) <= 1:
            return GatheredOrders(held=[Quarantined(bare_id(gid), "", why) for gid in gids])
        batch = self._some(gids[: len(gids) // 2])
        batch += self._some(gids[len(gids) // 2 :])
        return batch

    def _whole(self, node: Mapping[str, Any]) -> Any:
        from syncdb.connectors.shopify.reading import answered

        for _ in range(READINGS):
            parts = self.asking.documents.order
            order = answered(parts, node)
            try:
                self._drain.finish(parts, order)
            except Edited:
                node = self._again(node)
            else:
                return order
        raise HeldBack(f"it was edited each of the {READINGS} times that it was read")

    def _again(self, node: Mapping[str, Any]) -> dict[str, Any]:
        batch = self._some([node["id"]])
        if batch.held:
            raise HeldBack(batch.held[0].why)
        if not batch.nodes:
            raise HeldBack("it disappeared while it was being read")
        return batch.nodes[0]


def _held_back(node: Mapping[str, Any], why: str) -> Quarantined:
    return Quarantined(bare_id(node["id"]), str(node.get("name") or ""), why)
