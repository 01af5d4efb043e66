"""`python -m syncdb`: the manager, as `sync_manager.py` starts it."""

from syncdb.bootstrap import manager

if __name__ == "__main__":
    manager()
