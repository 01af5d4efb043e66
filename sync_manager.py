"""Ask the ledger how things stand, and look after it. See docs/manager.md, or: python sync_manager.py --help."""

from syncdb.bootstrap import telling_what_is_missing


def main() -> None:
    """Run the command, or say how to install what is missing."""
    with telling_what_is_missing():
        from syncdb.cli.app import main as command
    command()


if __name__ == "__main__":
    main()
