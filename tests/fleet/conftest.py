"""A database of its own for each fleet, on the server that the tests of the ERP use."""

import pytest

from tests.postgres import Server


@pytest.fixture
def database(erp_server: Server) -> str:
    """The address of an empty database."""
    return erp_server.url(erp_server.make())
