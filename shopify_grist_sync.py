"""Keep a shop and a Grist document in step, both ways. See docs/grist.md; exit codes are in docs/exit-codes.md."""

from syncdb.bootstrap import telling_what_is_missing


def main() -> None:
    """Run the command, or say how to install what is missing."""
    with telling_what_is_missing():
        from syncdb.cli.run_pair import main as command
    command("grist")


if __name__ == "__main__":
    main()
