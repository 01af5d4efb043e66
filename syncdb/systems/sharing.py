"""Limits that several processes share: where one of them started us, it says in the environment who counts the requests."""

import os
from collections.abc import Mapping
from importlib import import_module

from syncdb.clock import Clock
from syncdb.errors import ConfigurationError
from syncdb.http import SharedLimits

VARIABLE = "SYNCDB_SHARED_LIMITS"  # MODULE:FUNCTION; no setting of a shop: whoever starts many runs gives it to each


def shared_limits(system: str, clock: Clock, env: Mapping[str, str] = os.environ) -> SharedLimits | None:
    """Who counts the requests to a system for us and others; None where nobody does. Raises ConfigurationError."""
    named = env.get(VARIABLE, "")
    if not named:
        return None
    module, _, function = named.partition(":")
    try:
        found: SharedLimits | None = getattr(import_module(module), function)(system, env, clock)
    except (ImportError, AttributeError, KeyError, ValueError) as why:
        raise ConfigurationError([f"{VARIABLE} cannot be used: {why}."], next_step=f"Take {VARIABLE} out.") from why
    return found
