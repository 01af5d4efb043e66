"""What columns of an order are made with: each says where its value comes from and what it needs of the order."""

from syncdb.mapping.columns import OrderColumn, Pick, buyer_money, money, text, words
from syncdb.values import Kind

TEXT, IDENTIFIER, COUNT, MONEY, MOMENT, FLAG = Kind.TEXT, Kind.IDENTIFIER, Kind.COUNT, Kind.MONEY, Kind.MOMENT, Kind.FLAG


def of(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    """A column that is made from any of `needs`."""
    return OrderColumn(name, label, kind, "order", pick, meaning, needs)


def every(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    """A column that is made from all of `needs`: where one of them is withheld it says nothing."""
    return OrderColumn(name, label, kind, "order", pick, meaning, needs, every=True)


def at(name: str, label: str, kind: Kind, path: str, meaning: str) -> OrderColumn:
    """A column that shows one part of the order, at `path`."""
    pick = {MONEY: money(path)}.get(kind, text(path))
    return OrderColumn(name, label, kind, "order", pick, meaning, (path,))


def status(name: str, label: str, path: str, meaning: str) -> OrderColumn:
    """A column that shows one state in words."""
    return OrderColumn(name, label, TEXT, "order", words(path), meaning, (path,))


def buyer(name: str, label: str, path: str, meaning: str) -> OrderColumn:
    """An amount in the buyer's currency."""
    return OrderColumn(name, label, MONEY, "order", buyer_money(path), meaning, (path,), buyer=True)
