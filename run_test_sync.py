"""A dry run: what `shopify_sheets_sync.py --test` does."""

from shopify_sheets_sync import main

if __name__ == "__main__":
    main(always_test=True)
