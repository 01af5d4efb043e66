"""A run that dies around each step, statements in the ERP's database and ends of its transactions among them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from syncdb.connectors.postgres.database import ErpDatabase
from tests.engine.hostile import Crash, Steps


@contextmanager
def dying_everywhere(steps: Steps, dying: Callable[[Steps], AbstractContextManager[None]]) -> Iterator[None]:
    """As `dying`, and around each statement and each end of a transaction in the ERP's database too."""
    real, dead = {name: getattr(ErpDatabase, name) for name in ("send", "_commit")}, [False]

    def around(name: str) -> Any:
        def called(*args: Any, **keywords: Any) -> Any:
            if dead[0]:
                raise Crash
            try:
                steps.here()
                answer = real[name](*args, **keywords)
                steps.here()
            except Crash:
                dead[0] = True
                raise
            return answer

        return called

    for name in real:
        setattr(ErpDatabase, name, around(name))
    try:
        with dying(steps):
            yield
    finally:
        for name, method in real.items():
            setattr(ErpDatabase, name, method)
