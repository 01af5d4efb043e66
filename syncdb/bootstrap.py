"""Starting a command where a package that it needs may not be installed. Imports nothing that is not Python's own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def telling_what_is_missing() -> Iterator[None]:
    """Where an import fails for lack of a package, say how to install it and end with exit code 2."""
    try:
        yield
    except ModuleNotFoundError as missing:
        sys.stderr.write(
            f"syncdb cannot start: the package {missing.name} is not installed for {sys.executable}.\n"
            "What to do: python -m pip install -r requirements.txt, or use the environment that `python run.py demo` made.\n"
        )
        sys.exit(2)
