"""A pair's implementation of which only the actions about the database are used."""

from dataclasses import replace

from syncdb.pairs.shopify_erp.database_actions import DATABASE_ACTIONS
from syncdb.pairs.shopify_sentos.implementation import IMPLEMENTATION as OTHER

IMPLEMENTATION = replace(OTHER, actions=DATABASE_ACTIONS)
