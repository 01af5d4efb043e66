"""Bring a shop's orders into a Google Sheet and keep them true. See README.md; exit codes are in docs/exit-codes.md."""

import sys


def main(always_test: bool = False) -> None:
    """Run the command, or say how to install what is missing."""
    try:
        from syncdb.manager.sync_command import main as command
    except ModuleNotFoundError as missing:
        sys.stderr.write(
            f"syncdb cannot start: the package {missing.name} is not installed for {sys.executable}.\n"
            "What to do: python -m pip install -r requirements.txt, or use the environment that `python run.py demo` made.\n"
        )
        sys.exit(2)
    command(always_test=always_test)


if __name__ == "__main__":
    main()
