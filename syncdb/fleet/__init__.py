"""Many shops on many machines: a PostgreSQL database says which shop is due where, workers start the ordinary command for it.

Each shop keeps its own ledger on the local disk of its home. No two workers ever run one shop: see docs/fleet.md.
"""
