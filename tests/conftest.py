"""What holds for every test."""

import gc
from collections.abc import Iterator
from functools import lru_cache

import pytest
from google.auth.crypt._cryptography_rsa import RSASigner


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collector need not go through it again and again (an eighth of the time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def keys_are_read_once() -> Iterator[None]:
    """Google's library checks the primes of a key whenever it reads one, which takes longer than all the rest of a small run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RSASigner, "from_string", staticmethod(lru_cache(maxsize=32)(RSASigner.from_string)))
        yield
