"""Compare base, left and right of one record, field by field. Pure: it decides nothing."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from syncdb.model import Difference, Found, Moved, Record
from syncdb.values import Value, canonical, same


def observed(base: Record | None, shown: Record, name: str) -> tuple[bool, Value]:
    """What a side says about a field. One that was not observed stands for the base; without one it says nothing."""
    if name in shown.fields:
        return True, shown.fields[name]
    if base is not None and name in base.fields:
        return True, base.fields[name]
    return False, None


def compare(
    base: Record | None, left: Record, right: Record, names: Iterable[str], counted: Collection[str] = ()
) -> tuple[list[Difference], dict[str, Value]]:
    """The fields on which the sides differ, and those on which they agree but which the base does not hold yet.

    Agreement is taken whatever the base says: both sides showed it. Only of the `counted` fields each side's movement counts,
    also where both moved alike: that is a difference, too.
    """
    differences: list[Difference] = []
    agreed: dict[str, Value] = {}
    for name in names:
        says_left, on_left = observed(base, left, name)
        says_right, on_right = observed(base, right, name)
        if not (says_left and says_right):
            continue
        if same(on_left, on_right) and not (name in counted and _moved_as_number(base, name, on_left)):
            if not _in_base(base, name, on_left):
                agreed[name] = on_left
            continue
        differences.append(
            Difference(left.key, name, _value(base, name), on_left, on_right, _who_moved(base, name, on_left, on_right))
        )
    return differences, agreed


def number(value: Value) -> int | Decimal | None:
    """A value with which one can count; None for any other."""
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def words_in(value: Value) -> dict[str, str]:
    """The words of a list in one text (`a, b`) as they are written, by what makes two of them the same: capitals do not count."""
    words = [word.strip() for word in str(canonical(value) or "").split(",")]
    return {word.casefold(): word for word in words if word}


def entries_in(value: Value) -> dict[str, str]:
    """The entries of a text that has a line for each (`name = value`), by their names."""
    return {line.partition(" = ")[0]: line for line in str(canonical(value) or "").split("\n") if line}


def edited_since(base: Record, there: Found, given: frozenset[str]) -> bool:
    """Whether what stands there may be somebody's edit: it differs from the base, was never agreed on, or cannot be read.

    `given` are fields that only the other side sets: emptied, they hold nothing that could be lost (a reference is emptied by
    its system when what it refers to goes).
    """
    if there.frozen:
        return True
    moved = {name: value for name, value in there.record.fields.items() if not _in_base(base, name, value)}
    emptied = {name for name, value in moved.items() if canonical(value) is None}
    never_agreed = moved.keys() - base.fields.keys()
    harmless = (emptied & given) | (never_agreed & (emptied | there.blank | there.computed))
    return bool(moved.keys() - harmless)


def edited_besides(base: Record, there: Found, name: str) -> bool:
    """Whether anything else than this field differs there from what was agreed."""
    return any(
        one != name and one in base.fields and not _in_base(base, one, value) for one, value in there.record.fields.items()
    )


def _who_moved(base: Record | None, name: str, left: Value, right: Value) -> Moved:
    if base is None or name not in base.fields:
        return Moved.NO_BASE
    if same(base.fields[name], right):
        return Moved.LEFT
    if same(base.fields[name], left):
        return Moved.RIGHT
    return Moved.BOTH


def _moved_as_number(base: Record | None, name: str, shown: Value) -> bool:
    """Whether a number left a number that was agreed."""
    known = number(_value(base, name))
    return known is not None and number(shown) is not None and known != shown


def _in_base(base: Record | None, name: str, value: Value) -> bool:
    return base is not None and name in base.fields and same(base.fields[name], value)


def _value(base: Record | None, name: str) -> Value:
    return base.fields.get(name) if base is not None else None
