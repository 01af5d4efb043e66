"""What holds for every test."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pytest
from google.auth.crypt._cryptography_rsa import RSASigner

from tests import seeds

pytest_plugins = ["tests.postgres"]


def pytest_configure() -> None:
    seeds.choose()
    without_proxies()


def without_proxies() -> None:
    """Tests speak to this computer alone: without this the variables of proxies are gone through twice for each request."""
    os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost,::1")


def pytest_report_header() -> str:
    return f"random histories: {seeds.VARIABLE}={os.environ[seeds.VARIABLE]}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Also a run that is all right tells which new histories it played."""
    reports = [one for group in terminalreporter.stats.values() for one in group]
    played = {found for one in reports for name, found in getattr(one, "user_properties", ()) if name == seeds.VARIABLE}
    for number in sorted(played):
        terminalreporter.write_line(
            f"New random histories were played: {seeds.VARIABLE}={number} plays them again, {seeds.VARIABLE}={seeds.FIXED} none."
        )


def pytest_collection_finish() -> None:
    keep_what_is_imported()


def keep_what_is_imported() -> None:
    """It stays: the garbage collector need not go through it again and again (an eighth of the time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@contextmanager
def read_keys_once() -> Iterator[None]:
    """Google's library checks the primes of a key whenever it reads one, which takes longer than all the rest of a small run."""
    read = RSASigner.from_string
    read_once = lru_cache(maxsize=32)(read)

    def from_string(key: Any, key_id: Any = None) -> RSASigner:
        # what is no text is refused by the library itself
        return read_once(key, key_id) if isinstance(key, str | bytes) and isinstance(key_id, str | None) else read(key, key_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RSASigner, "from_string", staticmethod(from_string))
        yield


@pytest.fixture(scope="session", autouse=True)
def keys_are_read_once() -> Iterator[None]:
    with read_keys_once():
        yield
