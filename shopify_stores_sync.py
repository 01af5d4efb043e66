"""Keep two Shopify stores in step, both ways. See docs/two-stores.md; exit codes are in docs/exit-codes.md."""

from syncdb.bootstrap import run_pair

if __name__ == "__main__":
    run_pair("stores")
