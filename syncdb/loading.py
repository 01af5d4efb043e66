"""Loading modules for good: what they bring stays to the end of the process.

So the garbage collector is kept from looking through it, while they are loaded, at each collection afterwards and when the
process ends. That was a fifth of a short command's time.
"""

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


def loaded(name: str) -> ModuleType:
    """The module, loaded for good if it is not there yet."""
    if name in sys.modules:
        return sys.modules[name]
    with for_good():
        return importlib.import_module(name)


@contextmanager
def for_good() -> Iterator[None]:
    """What is made meanwhile is never looked at by the garbage collector again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
