"""Bring a shop's orders into a Google Sheet and keep them true. See README.md; exit codes are in docs/exit-codes.md."""

from syncdb.bootstrap import telling_what_is_missing


def main(always_test: bool = False) -> None:
    """Run the command, or say how to install what is missing."""
    with telling_what_is_missing():
        from syncdb.cli.run_pair import main as command
    command("sheets", always_test=always_test)


if __name__ == "__main__":
    main()
