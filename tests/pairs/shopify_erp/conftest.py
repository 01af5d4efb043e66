"""A local shop, as the tests of its connectors have it."""

from tests.connectors.shopify.conftest import world as world
