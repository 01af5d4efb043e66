"""Keep a shop and a Grist document in step, both ways. See docs/grist.md; exit codes are in docs/exit-codes.md."""

from syncdb.bootstrap import run_pair

if __name__ == "__main__":
    run_pair("grist")
