"""Bring a shop's orders into a workbook on this computer. See docs/workbook.md; exit codes are in docs/exit-codes.md."""

from syncdb.bootstrap import run_pair

if __name__ == "__main__":
    run_pair("workbook")
