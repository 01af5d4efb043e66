"""Bring products and stock from Sentos into a shop, its orders into Sentos. See docs/sentos.md and docs/exit-codes.md."""

from syncdb.bootstrap import run_pair

if __name__ == "__main__":
    run_pair("sentos")
