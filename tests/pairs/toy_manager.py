"""The manager as it is once a pair type more is registered."""

from syncdb.pairs import registry
from tests.pairs.toy.pair import TOY

registry.PAIRS = (*registry.PAIRS, TOY)  # the one line

from syncdb.cli.app import main  # noqa: E402  the commands read the registry as they are loaded

if __name__ == "__main__":
    main()
