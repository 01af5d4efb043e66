"""Bring a shop's orders into a Google Sheet and keep them true. See README.md; exit codes are in docs/exit-codes.md."""

from syncdb.bootstrap import run_pair

if __name__ == "__main__":
    run_pair("sheets")
