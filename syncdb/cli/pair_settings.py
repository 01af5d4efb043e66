"""The settings that a pair's command works with."""

from collections.abc import Mapping
from pathlib import Path

from syncdb.cli.pair_options import RunOptions
from syncdb.config.settings import RunSettings
from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.pairs.base import PairType


def pair_called(name: str) -> PairType:
    """The pair of this name, which is known to be there."""
    found = registry.pair_named(name)
    assert found is not None, f"no pair is called {name}"
    return found


def settings_of(pair: PairType, options: RunOptions, env: Mapping[str, str]) -> RunSettings:
    """The settings of the pair. Raises ConfigurationError for these, or for a field that it does not keep in step."""
    implementation = pair.load_implementation()
    settings: RunSettings = implementation.load({"lookback_days": options.lookback_days}, env, Path.cwd(), options.config)
    unknown = implementation.unknown_fields(settings, options.fields)
    if unknown:
        raise ConfigurationError(
            [f"--fields: {name} is no entity or field that is kept in step.{_near(pair, name)}" for name in unknown],
            next_step=f"The configuration says what is kept in step; {pair.docs} lists what can be.",
        )
    return settings


def _near(pair: PairType, name: str) -> str:
    """What an unknown name may have been meant for."""
    from difflib import get_close_matches

    from syncdb.mapping.entities import ENTITIES
    from syncdb.mapping.people import PEOPLE

    offered = {**ENTITIES, **PEOPLE}
    known = [*pair.entities, *(field for entity in pair.entities if entity in offered for field in offered[entity].by_name)]
    near = get_close_matches(name.rpartition(".")[2].lower(), known, 1)
    return f" Did you mean {near[0]}?" if near else ""
