"""Orders as clients make and change them: what is checked, what is kept, what they do to the stock."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from syncdb.sandbox.sentos.books import Books, Json
from syncdb.sandbox.sentos.habits import Habits
from syncdb.sandbox.sentos.wire import Refusal

PAYMENTS = ("KREDIKARTI/BANKAKARTI", "EFT/HAVALE", "NAKIT", "KAPIDAODEME/NAKIT", "KAPIDAODEME/KREDIKARTI")
STATUSES = (1, 2, 3, 4, 5, 6, 99)
SHIPPED, CANCELLED = 5, 6


def create(books: Books, habits: Habits, body: Json) -> Json:
    """A new order, or the one there is with that order_id, as the habits say. Raises Refusal."""
    _check(books, body)
    known = books.with_order_id(str(body["order_id"])) if body.get("order_id") else []
    if known and habits.same_order_id == "refused":
        raise Refusal(422, "Bu sipariş daha önce kaydedilmiş", {"order_id": ["zaten mevcut"]})
    if known and habits.same_order_id == "same":
        return known[0]
    made = _kept(books, habits, body)
    books.orders[made["id"]] = made
    if habits.takes_stock == "create" and made["status"] != CANCELLED:
        _take(books, made)
    return made


def _check(books: Books, body: Json) -> None:
    wrong: Json = {}
    if body.get("payment_method") not in PAYMENTS:
        wrong["payment_method"] = ["geçersiz"]
    if body.get("channel_id") not in books.channels:
        wrong["channel_id"] = ["geçersiz"]
    if body.get("status") not in STATUSES:
        wrong["status"] = ["geçersiz"]
    address = body.get("invoice_address") or {}
    for place in ("invoice_address", "shipment_address"):
        for name in ("name", "phone", "address", "city"):
            if not (body.get(place) or {}).get(name):
                wrong[f"{place}.{name}"] = ["zorunlu"]
    if books.identity_needed and not (address.get("turkishIdentityNumber") or address.get("taxNumber")):
        wrong["invoice_address.turkishIdentityNumber"] = ["zorunlu"]
    if not body.get("lines"):
        wrong["lines"] = ["zorunlu"]
    for number, line in enumerate(body.get("lines") or []):
        wrong |= _wrong_line(books, line, number)
    if wrong:
        raise Refusal(422, "Hata", wrong)


def _wrong_line(books: Books, line: Json, place: int) -> Json:
    wrong: Json = {}
    if books.with_sku(str(line.get("sku"))) is None:
        wrong[f"lines.{place}.sku"] = ["bulunamadı"]
    if line.get("warehouse_id") not in books.warehouses:
        wrong[f"lines.{place}.warehouse_id"] = ["geçersiz"]
    if not isinstance(line.get("quantity"), int) or line["quantity"] < 1:
        wrong[f"lines.{place}.quantity"] = ["geçersiz"]
    if amount(line.get("price")) is None:
        wrong[f"lines.{place}.price"] = ["geçersiz"]
    return wrong


def amount(value: Any) -> Decimal | None:
    """What a client sent as an amount of money; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None


def _kept(books: Books, habits: Habits, body: Json) -> Json:
    lines = [_line(books, line, place) for place, line in enumerate(body["lines"])]
    shipping = amount(body.get("shipping_total")) or Decimal(0)
    total = sum((line["amount"] for line in lines), Decimal(0)) + (shipping if habits.total_with_shipping else 0)
    now, id = books.local_time(), books.new_id() + 86_800
    nobody: Json = {"cargo_company": None, "tracking_number": None, "tracking_link": None}
    return {
        "id": id,
        "order_id": str(body.get("order_id") or ""),
        "order_code": str(body.get("order_code") or id),
        "package_code": None,
        "status": body["status"],
        "source": books.channels[body["channel_id"]],
        "shop": "Demo Mağaza",
        "order_type": "Normal",
        "order_date": body.get("order_date") or now,
        "created_at": now,
        "updated_at": now,
        "ship_due_date": None,
        "total": total,
        "shipping_total": shipping,
        "carrying_charge": Decimal(0),
        "service_fee": Decimal(0),
        "cargo_provider": "",
        "cargo_number": "",
        "tracking_info": nobody,
        "has_invoice": "no",
        "payment_method": body["payment_method"],
        "note": body.get("note") or "",
        "customer": {"id": id + 1, **(body.get("customer") or {})},
        "invoice_address": {"id": 1, **body["invoice_address"]},
        "shipment_address": {"id": 2, **body["shipment_address"]},
        "lines": lines,
        "_at": books.clock(),
        "_taken": False,
    }


def _line(books: Books, line: Json, place: int) -> Json:
    found = books.with_sku(str(line["sku"]))
    assert found is not None, "it was checked"
    product, article = found
    price = amount(line["price"]) or Decimal(0)
    return {
        "id": 0,  # observed by a client: it may be 0 for all of them
        "orderlineid": str(9000 + place),
        "sku": article.sku,
        "barcode": article.barcode,
        "status": "accepted",
        "name": line.get("name") or product.name,
        "quantity": line["quantity"],
        "list_price": price,
        "price": price,
        "discount": Decimal(0),
        "amount": price * line["quantity"],
        "currency": "TL",
        "vat_rate": line.get("vat_rate", product.vat_rate),
        "color": article.color,
        "model": None,
        "images": [],
        "_warehouse": line["warehouse_id"],
    }


def change(books: Books, habits: Habits, order: Json, body: Json) -> Json:
    """A new status, with tracking where it is on its way. Raises Refusal."""
    status = body.get("status", order["status"])
    if status not in STATUSES:
        raise Refusal(422, "Hata", {"status": ["geçersiz"]})
    data = body.get("data") or {}
    if status == SHIPPED and order["status"] != SHIPPED:
        order["tracking_info"] = {
            "cargo_company": data.get("cargo_company"),
            "tracking_number": data.get("tracking_number"),
            "tracking_link": data.get("tracking_url"),
        }
        order["cargo_provider"], order["cargo_number"] = data.get("cargo_company") or "", data.get("tracking_number") or ""
        if habits.takes_stock == "ship":
            _take(books, order)
    if status == CANCELLED and order["_taken"]:
        _take(books, order, back=True)
    order["status"] = status
    if habits.tells_moves:
        order["updated_at"] = books.local_time()
    return order


def _take(books: Books, order: Json, *, back: bool = False) -> None:
    for line in order["lines"]:
        books.move(line["sku"], line["_warehouse"], line["quantity"] * (1 if back else -1))
    order["_taken"] = not back
