"""A dry run: what `shopify_sheets_sync.py --test` does."""

from syncdb.bootstrap import run_pair

if __name__ == "__main__":
    run_pair("sheets", always_test=True)
