"""What the generator draws from: goods, people, places, markets and notes, awkward ones included."""

from __future__ import annotations

from dataclasses import dataclass

from syncdb.sandbox.shopify.anatomy import Item


@dataclass(frozen=True, slots=True)
class Market:
    """Where a customer buys: currency and its worth, tax rates, and whether prices include them."""

    currency: str
    rate: str
    rates: tuple[tuple[str, float], ...]
    included: bool
    locale: str
    places: tuple[tuple[str, str, str, str, str, str, str], ...]


MARKETS = (
    Market(
        "EUR",
        "1",
        (("DE MwSt", 0.19),),
        True,
        "de-DE",
        (
            ("Große Straße 7", "Köln", "50667", "Germany", "DE", "", ""),
            ("Prager Str. 12", "Dresden", "01069", "Germany", "DE", "", ""),
            ("Via Roma 3", "Milano", "00184", "Italy", "IT", "Milano", "MI"),
        ),
    ),
    Market(
        "USD",
        "1.0837",
        (("MA State Tax", 0.0625), ("Boston City Tax", 0.015)),
        False,
        "en-US",
        (("1 Beacon St", "Boston", "02108", "United States", "US", "Massachusetts", "MA"),),
    ),
    Market(
        "GBP",
        "0.8543",
        (("GB VAT", 0.2),),
        True,
        "en-GB",
        (("221B Baker St", "London", "NW1 6XE", "United Kingdom", "GB", "England", "ENG"),),
    ),
    Market(
        "JPY",
        "163.27",
        (("JP CT", 0.1),),
        False,
        "ja-JP",
        (("千代田1-1", "東京", "100-0001", "Japan", "JP", "Tōkyō", "JP-13"),),
    ),
)
MARKET_WEIGHTS = (14, 3, 2, 1)

ITEMS = (
    Item("Leinenhemd", "49.90", "0012-HEMD-M", "M / Blau", product_id=7_000_001, variant_id=44_000_001),
    Item("Leinenhemd", "49.90", "0012-HEMD-L", "L / Blau", product_id=7_000_001, variant_id=44_000_002),
    Item("Kaffeebohnen 1 kg", "18.50", "000451", None, "Rösterei Süd", 7_000_002, 44_000_003, grams=1000),
    Item("Tasse 🐈‍⬛ «Minou»", "14.00", "1E5", None, "Kayra", 7_000_003, 44_000_004, grams=400),
    Item("שולחן קטן", "129.00", "+TBL-01", "אלון", "נגרייה", 7_000_004, 44_000_005, grams=9000),
    Item("Socken, 3er-Pack", "11.99", "=SOCK-3", "39–42", product_id=7_000_005, variant_id=44_000_006),
    Item("Reparatur", "35.00", None, None, None, ships=False, grams=0, attributes=(("Gravur", "=SUM(A1:A9)"),)),
    Item("E-Book «Brot»", "9.99", "@EBOOK", None, "Kayra", 7_000_006, 44_000_007, ships=False, grams=0),
    Item("Poster 50×70", "24.95", "2026-03-01", "A2", product_id=7_000_007, variant_id=44_000_008),
)
GIFT_CARD = Item("Geschenkgutschein", "50.00", "GIFT-50", "50 €", product_id=7_000_008, variant_id=44_000_009, gift_card=True)
SAMPLE = Item("Farbmuster", "0.75", "0007", None, product_id=7_000_009, variant_id=44_000_010, grams=5)

PEOPLE = (
    ("Jürgen", "Weiß"),
    ("Zoë", "O'Hara"),
    ("محمد", "الفارسي"),
    ("נועה", "לוי"),
    ("🌸 Sakura", "田中"),
    ("Renée", "Dvořák-Łukasz"),
    ("İpek", "Şahin"),
    ("Anna", ""),
    ("Nguyễn", "Thị Minh"),
    ("=cmd", "+Test"),
)
PHONES = ("+4915112345678", "0049 30 0012345", "+12125550123", None)
COMPANIES = (None, None, None, "Kayra & Söhne GmbH", "=1+1 Ltd.")

NOTES = (
    '=HYPERLINK("https://example.com";"hier")',
    "+49 151 anrufen",
    "-10 % versprochen",
    "@Lager: bitte als Geschenk",
    "Bitte klingeln.\nZweiter Hof,\tlinks.\r\nDanke!",
    "Happy birthday 🎂🎉 — 生日快樂",
    "  führende und folgende Leerzeichen  ",
    "'0123",
    "1/2",
    "Lange Geschichte. " * 400,
)
TAGS = ("VIP", "wholesale", "Geschenk", "check address", "b2b", "sommer-2026")
CODES = ("SOMMER10", "VIP-20", "ÖKO5")
CARRIERS = (("DHL", "https://dhl.example/{}"), ("UPS", "https://ups.example/t/{}"), ("Hermes", "https://hermes.example/{}"))

ONLINE = ("web", "Online Store", 580111)
POINT_OF_SALE = ("pos", "Point of Sale", 129785)
DRAFT = ("shopify_draft_order", "Draft Orders", 1354745)
FOREIGN = ("subscription_contract", "Abo-App", 294517)
CHANNELS = (ONLINE, POINT_OF_SALE, DRAFT, FOREIGN)
CHANNEL_WEIGHTS = (80, 9, 7, 4)
