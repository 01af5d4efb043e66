"""Ask the ledger how things stand, and look after it. See docs/manager.md, or: python sync_manager.py --help."""

import sys


def main() -> None:
    """Run the command, or say how to install what is missing."""
    try:
        from syncdb.manager.app import main as command
    except ModuleNotFoundError as missing:
        sys.stderr.write(
            f"syncdb cannot start: the package {missing.name} is not installed for {sys.executable}.\n"
            "What to do: python -m pip install -r requirements.txt, or use the environment that `python run.py demo` made.\n"
        )
        sys.exit(2)
    command()


if __name__ == "__main__":
    main()
