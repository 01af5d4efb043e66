"""Configuration: JSON file, `.env`, environment and flags become one typed, checked result."""

from syncdb.config.keys import KEYS, Key
from syncdb.config.load import load
from syncdb.config.settings import Settings

__all__ = ["KEYS", "Key", "Settings", "load"]
