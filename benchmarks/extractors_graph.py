"""The lines that a bulk query of tap-shopify gives: what its selection asks of an order, no field more and none less.

Its query asks for fields that the local shop does not carry (disputes, the services of a shipment, a customer's addresses);
`EXTRA` has them as an ordinary web order has them. A field that is in neither place fails the request: nothing is left out
unseen. The lines stand grouped, each child below its order. Shopify promises that only where `groupObjects` is asked for,
which the tap does not; it is the favourable case, for the tap gives each child to the order that came last.
"""

import json
from collections.abc import Iterator
from typing import Any

from graphql import FieldNode, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode, parse

Node = dict[str, Any]
CHILDREN = ("lineItems", "discountApplications")
EXTRA: Node = {
    "additionalFees": [],
    "disputes": [],
    "hasTimelineComment": False,
    "icon": None,
    "lineItemGroup": None,
    "merchantBusinessEntity": {
        "address": {
            "address1": "Oranienstr. 1",
            "address2": None,
            "city": "Berlin",
            "countryCode": "DE",
            "province": None,
            "zip": "10999",
        },
        "companyName": "Kayra GmbH",
        "displayName": "Kayra GmbH",
        "id": "gid://shopify/BusinessEntity/19289125099",
        "primary": True,
    },
    "merchantOfRecordApp": None,
    "multipassIdentifier": None,
    "service": {
        "serviceName": "Manual",
        "id": "gid://shopify/FulfillmentService/manual",
        "handle": "manual",
        "trackingSupport": False,
        "type": "MANUAL",
        "permitsSkuSharing": True,
        "inventoryManagement": False,
    },
    "shopifyProtect": None,
    "taxExemptions": [],
    "validationResultSummary": None,
    "customerJourneySummary": {
        "lastVisit": {
            "landingPage": "https://kayra-demo.myshopify.com/collections/all?utm_source=newsletter&utm_medium=email",
            "referrerUrl": "https://www.google.com/",
        }
    },
}
LOCATION: Node = {
    "activatable": False,
    "addressVerified": True,
    "address": {
        "address1": "Oranienstr. 1",
        "address2": None,
        "city": "Berlin",
        "country": "Germany",
        "countryCode": "DE",
        "formatted": ["Oranienstr. 1", "10999 Berlin", "Germany"],
        "latitude": 52.5,
        "longitude": 13.42,
        "phone": "",
        "province": None,
        "provinceCode": None,
        "zip": "10999",
    },
    "deactivatable": False,
    "deactivatedAt": None,
    "deletable": False,
    "fulfillmentService": None,
    "hasActiveInventory": True,
    "hasUnfulfilledOrders": True,
    "isFulfillmentService": False,
    "localPickupSettingsV2": None,
    "suggestedAddresses": [],
}


class Selection:
    """What a bulk query asks of each order."""

    def __init__(self, query: str) -> None:
        operation = parse(query).definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        self.order = _below(_below(_below(operation.selection_set, "orders"), "edges"), "node")

    def lines(self, order: Node) -> list[bytes]:
        """The order and its children, each a line of JSON."""
        found = [_line(_shown(order, self.order))]
        for name in CHILDREN:
            shape = _below(_below(_below(self.order, name), "edges"), "node")
            found += [_line(_shown(child, shape) | {"__parentId": order["id"]}) for child in order[name]]
        return found


def _below(shape: SelectionSetNode, name: str) -> SelectionSetNode:
    for part in shape.selections:
        if isinstance(part, FieldNode) and part.name.value == name and part.selection_set:
            return part.selection_set
    raise ValueError(f"the query does not ask for {name}")


def _shown(node: Node, shape: SelectionSetNode) -> Node:
    return dict(_fields(node, shape))


def _fields(node: Node, shape: SelectionSetNode) -> Iterator[tuple[str, Any]]:
    for part in shape.selections:
        if isinstance(part, InlineFragmentNode):
            if part.type_condition is not None and part.type_condition.name.value == node.get("__typename"):
                yield from _fields(node, part.selection_set)
        elif isinstance(part, FieldNode) and part.name.value not in CHILDREN:
            yield part.name.value, _value(_of(node, part.name.value), part.selection_set)


def _value(value: Any, shape: SelectionSetNode | None) -> Any:
    if shape is None or value is None:
        return value
    return [_shown(one, shape) for one in value] if isinstance(value, list) else _shown(value, shape)


def _of(node: Node, name: str) -> Any:
    if name in node:
        return node[name]
    if node.get("__typename") == "Location":
        return LOCATION[name]
    if node.get("__typename") == "Customer" and name == "addresses":
        return [node["defaultAddress"]]
    return EXTRA[name]


def _line(fields: Node) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
