"""Webhook subscriptions of this app in a shop: listed, made, changed and removed. The API shows those made through it only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import page_in, text_at, text_or_none_at
from syncdb.connectors.shopify.client import Answer, ShopifyClient, message_of
from syncdb.decoding import listed, mapping, text, understood
from syncdb.errors import RetryLater

LIST = """query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri format filter includeFields } pageInfo { hasNextPage endCursor }
  }
}"""
_ANSWER = "webhookSubscription { id } userErrors { field message }"
CREATE = f"""mutation Subscribe($topic: WebhookSubscriptionTopic!, $webhook: WebhookSubscriptionInput!) {{
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhook) {{ {_ANSWER} }}
}}"""
UPDATE = f"""mutation ChangeSubscription($id: ID!, $webhook: WebhookSubscriptionInput!) {{
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $webhook) {{ {_ANSWER} }}
}}"""
DELETE = """mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}"""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which events go where. `topic` is the API's name ("ORDERS_CREATE"), `fields` are all that a delivery's body holds."""

    topic: str
    uri: str
    fields: frozenset[str]
    format: str = "JSON"
    filter: str = ""

    @property
    def event(self) -> str:
        """The topic as deliveries and people name it ("orders/create")."""
        first, _, last = self.topic.lower().rpartition("_")
        return f"{first}/{last}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the shop's subscriptions those that are wanted; ids by what shall become of them."""

    create: tuple[Subscription, ...] = ()
    update: tuple[tuple[str, Subscription], ...] = ()
    delete: tuple[tuple[str, Subscription], ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.create or self.update or self.delete)


def difference(wanted: Sequence[Subscription], found: Mapping[str, Subscription]) -> Plan:
    """What is lacking, differs, or stands there twice. Pure; `found` by id.

    Subscriptions to other addresses are somebody else's. One to ours that is not wanted goes: it would be delivered twice.
    """
    ours = {one.uri for one in wanted}
    left = {id: one for id, one in found.items() if one.uri in ours}
    create, update = list[Subscription](), list[tuple[str, Subscription]]()
    for wish in wanted:
        same = [id for id, one in left.items() if one == wish]
        near = [id for id, one in left.items() if (one.topic, one.uri) == (wish.topic, wish.uri)]
        kept = next(iter(same or near), None)
        if kept is None:
            create.append(wish)
        elif left.pop(kept) != wish:
            update.append((kept, wish))
    return Plan(tuple(create), tuple(update), tuple(left.items()))


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Questions and orders to one shop. Each raises Refused, RetryLater and OutcomeUnknown."""

    client: ShopifyClient

    def all(self) -> dict[str, Subscription]:
        """All of this app, by id."""
        found: dict[str, Subscription] = {}
        after: str | None = None
        while True:
            answer = self.client.ask(LIST, lambda after=after: {"after": after}, "Listing webhooks")  # type: ignore[misc]
            if answer.errors or answer.data is None:
                raise RetryLater(f"Listing webhooks: Shopify answered in part only: {message_of(answer.errors)}")
            page = page_in(answer.data["webhookSubscriptions"])
            found |= {text_at(node, "id"): _subscription(node) for node in page.nodes if node is not None}
            if not page.more or not page.cursor:
                return found
            after = page.cursor

    def carry_out(self, plan: Plan) -> list[str]:
        """Do it; what Shopify refused, in its words, by topic. Removals come first: an address may be taken only once."""
        told = [self._send(DELETE, {"id": id}, one) for id, one in plan.delete]
        told += [self._send(UPDATE, {"id": id, "webhook": _input(one)}, one) for id, one in plan.update]
        told += [self._send(CREATE, {"topic": one.topic, "webhook": _input(one)}, one) for one in plan.create]
        return [why for why in told if why]

    def _send(self, document: str, variables: Mapping[str, Any], one: Subscription) -> str:
        answer = self.client.send(document, variables, f"Subscribing to {one.event}")
        refused = _refusals(answer)
        return f"{one.event}: {refused}" if refused else ""


def _input(one: Subscription) -> dict[str, Any]:
    return {"uri": one.uri, "format": one.format, "filter": one.filter, "includeFields": sorted(one.fields)}


@understood("Shopify")
def _subscription(node: Mapping[str, Any]) -> Subscription:
    fields = frozenset(text(name) for name in listed(node["includeFields"]))
    filter = text_or_none_at(node, "filter") or ""
    return Subscription(text_at(node, "topic"), text_at(node, "uri"), fields, text_at(node, "format"), filter)


@understood("Shopify")
def _refusals(answer: Answer) -> str:
    """What was refused of one mutation; empty where it took place."""
    if answer.errors or answer.data is None:
        return message_of(answer.errors)
    payload = mapping(next(iter(answer.data.values())))
    return "; ".join(text(mapping(one)["message"]) for one in listed(payload["userErrors"]))
