"""Every statement about Grist is tried on the sandbox and, where the environment names one, on a real server too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.grist.places import Doc, Place, names, place


@pytest.fixture(scope="session", params=names())
def server(request: pytest.FixtureRequest) -> Iterator[Place]:
    with place(request.param) as one:
        yield one


@pytest.fixture(scope="module")
def doc(server: Place) -> Iterator[Doc]:
    """A document of the module's own. Its tests make their own tables in it."""
    with server.document() as made:
        yield made
