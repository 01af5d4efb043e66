"""A plan larger than memory is the same plan."""

import gc

from syncdb.engine.spool import Spool
from syncdb.model import Action, Operation, Plan, Side


def operations(count: int) -> list[Operation]:
    return [
        Operation(Side.RIGHT, Action.CREATE, str(n), None, {}, {"title": f"Läufer {n}", "count": n}, "new") for n in range(count)
    ]


def test_what_was_spilled_comes_back_in_order_again_and_again() -> None:
    spool = Spool(in_memory=3)
    for one in operations(10):
        spool.append(one)
    assert len(spool) == 10 and list(spool) == list(spool) == operations(10)
    spool.append(operations(11)[10])
    assert list(spool) == operations(11) and operations(11)[9] in spool
    first, second = iter(spool), iter(spool)
    assert [next(first), next(first), next(second), next(first)] == [*operations(2), operations(1)[0], operations(3)[2]]
    del first, second


def test_the_digest_is_that_of_the_plan_in_memory() -> None:
    spool = Spool(in_memory=2)
    for one in reversed(operations(7)):
        spool.append(one)
    assert Plan(spool).digest == Plan(tuple(operations(7))).digest != Plan(tuple(operations(6))).digest
    assert Plan(spool).count(Action.CREATE) == 7


def test_the_file_is_gone_with_the_spool() -> None:
    spool = Spool(in_memory=0)
    spool.append(operations(1)[0])
    file = spool._file
    assert file is not None and not file.closed
    del spool
    gc.collect()
    assert file.closed
