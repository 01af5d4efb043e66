"""Everything that is asked of an order. Field names and types: Shopify Admin API, 2026-01 to 2026-10.

Parts that need permissions of their own are asked for where a column shows them (`ALONG`).
The buyer's money is asked for where a column shows it, of what no column shows only what says something in an order's history.
Left out on purpose: what changes without the order being touched (a customer's number of orders, a customer's tags), what would
let someone in (order status page links carry a key), and objects that need permissions few apps have (staff members).
"""

from collections.abc import Mapping, Sequence

from syncdb.connectors.shopify.leaves import (
    AMOUNT,
    ATTRIBUTES,
    BOTH_MONEYS,
    COUNTED,
    DISCOUNT_VALUE,
    ID,
    MOMENT,
    MONEY,
    NUMBER,
    PLAIN,
    SORTED_TEXTS,
    TEXTS,
    TYPE_NAME,
    inner,
    metafield,
)
from syncdb.connectors.shopify.shape import Leaf, Many, On, One, Paged, Shape


def _each(shape: Leaf, names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), shape)


ADDRESS = One(
    {
        **_each(PLAIN, "name firstName lastName company phone"),
        **_each(PLAIN, "address1 address2 city zip province provinceCode country countryCodeV2"),
    }
)

CUSTOMER = One(
    {
        "id": ID,
        "displayName": PLAIN,
        "firstName": PLAIN,
        "lastName": PLAIN,
        "defaultEmailAddress": inner("emailAddress"),
        "defaultPhoneNumber": inner("phoneNumber"),
    }
)

TAX_LINES = Many({"title": PLAIN, "rate": NUMBER, "priceSet": MONEY})

ALLOCATIONS = Many({"allocatedAmountSet": MONEY})

LINE_ITEM: dict[str, Shape] = {
    "id": ID,
    **_each(PLAIN, "title variantTitle name sku vendor"),
    **_each(PLAIN, "quantity currentQuantity unfulfilledQuantity"),
    **_each(PLAIN, "isGiftCard requiresShipping taxable"),
    "originalUnitPriceSet": BOTH_MONEYS,
    "originalTotalSet": MONEY,
    "discountAllocations": ALLOCATIONS,
    "taxLines": TAX_LINES,
    "duties": Many({"id": ID, "price": MONEY}),
    "customAttributes": ATTRIBUTES,
    "product": One({"id": ID, "productType": PLAIN}),
    "variant": One({"id": ID, "barcode": PLAIN}),
    "lineItemGroup": One({"id": ID, "title": PLAIN, "variantSku": PLAIN}),
    "sellingPlan": inner("name"),
}

REFUND: dict[str, Shape] = {
    "id": ID,
    "createdAt": MOMENT,
    "processedAt": MOMENT,
    "note": PLAIN,
    "totalRefundedSet": MONEY,
    "refundLineItems": Paged(
        {
            "quantity": PLAIN,
            "restockType": PLAIN,
            "lineItem": One({"id": ID}),
            "subtotalSet": MONEY,
            "totalTaxSet": MONEY,
        },
        first=10,
    ),
    "orderAdjustments": Paged({"id": ID, "reason": PLAIN, "amountSet": MONEY, "taxAmountSet": MONEY}, first=2),
    "refundShippingLines": Paged({"id": ID, "subtotalAmountSet": MONEY, "taxAmountSet": MONEY}, first=2),
    # the refund's own total counts payments whatever became of them
    "transactions": Paged({"id": ID, "kind": PLAIN, "status": PLAIN, "amountSet": MONEY}, first=2),
}

FULFILLMENT: dict[str, Shape] = {
    "id": ID,
    "name": PLAIN,
    "status": PLAIN,
    "displayStatus": PLAIN,
    **_each(MOMENT, "createdAt updatedAt deliveredAt estimatedDeliveryAt inTransitAt"),
    "trackingInfo": Many({"company": PLAIN, "number": PLAIN, "url": PLAIN}),
    "location": One({"name": PLAIN}),
    "fulfillmentLineItems": Paged({"id": ID, "quantity": PLAIN, "lineItem": One({"id": ID})}, first=10),
}

TRANSACTION: dict[str, Shape] = {
    "id": ID,
    **_each(PLAIN, "kind status gateway formattedGateway test"),
    "createdAt": MOMENT,
    "processedAt": MOMENT,
    "amountSet": BOTH_MONEYS,
}

SHIPPING_LINE: dict[str, Shape] = {
    "id": ID,
    **_each(PLAIN, "title code source isRemoved"),
    "currentDiscountedPriceSet": MONEY,
}


DISCOUNT: dict[str, Shape] = {
    "index": PLAIN,
    "allocationMethod": PLAIN,
    "targetSelection": PLAIN,
    "targetType": PLAIN,
    "value": DISCOUNT_VALUE,
    "type": TYPE_NAME,
    "DiscountCodeApplication": On({"code": PLAIN}),
    "ManualDiscountApplication": On({"title": PLAIN}),
    "AutomaticDiscountApplication": On({"title": PLAIN}),
    "ScriptDiscountApplication": On({"title": PLAIN}),
}

_SHOWN_IN_BOTH = "currentSubtotalPriceSet currentShippingPriceSet currentTotalTaxSet currentTotalPriceSet totalRefundedSet"
_AMOUNTS = """
    currentTotalDiscountsSet currentTotalDutiesSet originalTotalDutiesSet
    currentTotalAdditionalFeesSet originalTotalAdditionalFeesSet originalTotalPriceSet
    subtotalPriceSet totalDiscountsSet totalShippingPriceSet totalTaxSet
    totalReceivedSet totalOutstandingSet totalRefundedShippingSet netPaymentSet totalCapturableSet totalTipReceivedSet
"""

ORDER: dict[str, Shape] = {
    "id": ID,
    "updatedAt": MOMENT,
    **_each(PLAIN, "name number confirmationNumber poNumber sourceName sourceIdentifier"),
    **_each(MOMENT, "createdAt processedAt closedAt cancelledAt"),
    **_each(PLAIN, "cancelReason displayFinancialStatus displayFulfillmentStatus returnStatus"),
    **_each(PLAIN, "closed confirmed test edited taxesIncluded taxExempt fullyPaid"),
    **_each(PLAIN, "email phone note customerLocale registeredSourceUrl"),
    **_each(PLAIN, "currencyCode presentmentCurrencyCode"),
    "currentSubtotalLineItemsQuantity": PLAIN,
    "currentTotalWeight": COUNTED,
    "tags": SORTED_TEXTS,
    "discountCodes": TEXTS,
    "paymentGatewayNames": TEXTS,
    "customAttributes": ATTRIBUTES,
    **_each(BOTH_MONEYS, _SHOWN_IN_BOTH),
    **_each(MONEY, _AMOUNTS),
    "additionalFees": Many({"id": ID, "name": PLAIN, "price": MONEY}),
    "totalCashRoundingAdjustment": One({"paymentSet": MONEY, "refundSet": MONEY}),
    "currentTaxLines": TAX_LINES,
    "customer": CUSTOMER,
    "shippingAddress": ADDRESS,
    "billingAddress": ADDRESS,
    "app": inner("name"),
    "retailLocation": One({"name": PLAIN}),
    "risk": inner("recommendation"),
    "lineItems": Paged(LINE_ITEM, first=10),
    "shippingLines": Paged(SHIPPING_LINE, first=3, arguments=", includeRemovals: true"),
    "discountApplications": Paged(DISCOUNT, first=5),
    "refunds": Many(REFUND, first=20),
    "fulfillments": Many(FULFILLMENT, first=20),
    "transactions": Many(TRANSACTION, first=50),
}

# Without these an order cannot be told from another or from its older self: a shop that withholds them cannot be read.
INDISPENSABLE = frozenset({("id",), ("updatedAt",), ("lineItems",), ("lineItems", "id")})


# What is read along only where it is wanted, by where it stands in a snapshot.
_VISIT = One(
    {**_each(PLAIN, "source referrerUrl landingPage"), "utmParameters": One(_each(PLAIN, "source medium campaign"))},
)
_WITH_COST = One(
    {"id": ID, "barcode": PLAIN, "inventoryItem": One({"unitCost": AMOUNT})},
)
ALONG: Mapping[str, dict[str, Shape]] = {
    "payment_terms": {"paymentTerms": inner("paymentTermsName")},
    "customer_journey_summary": {
        "customerJourneySummary": One({"firstVisit": One({"source": PLAIN}), "lastVisit": _VISIT}),
    },
    "line_items.variant.inventory_item": {"lineItems": Paged({**LINE_ITEM, "variant": _WITH_COST}, first=10)},
}


def order_shape(metafields: Sequence[tuple[str, str]] = (), along: Sequence[str] = ()) -> dict[str, Shape]:
    """The shape of an order with parts `along`, and with metafields (namespace, key) under aliases in the order given."""
    parts = {name: shape for one in along for name, shape in ALONG[one].items()}
    return {**ORDER, **parts, **{f"metafield_{number}": metafield(*name) for number, name in enumerate(metafields)}}
