"""Configuration: JSON file, `.env`, environment and flags become one typed, checked result."""

from syncdb.config.keys import KEYS, Key
from syncdb.config.load import load, load_grist
from syncdb.config.settings import GristSettings, Settings, ShopSettings

__all__ = ["KEYS", "GristSettings", "Key", "Settings", "ShopSettings", "load", "load_grist"]
