"""Ask the ledger how things stand, and look after it. See docs/manager.md, or: python sync_manager.py --help."""

from syncdb.bootstrap import manager

if __name__ == "__main__":
    manager()
