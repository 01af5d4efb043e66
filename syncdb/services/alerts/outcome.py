"""How a run ended, for those who are told; and whether anybody is. Light: each run asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from syncdb.config.alerting import ALERTING
from syncdb.config.reading import read
from syncdb.errors import Exit, Refused, SyncdbError
from syncdb.pairs import registry

TARGETS = ("alert_mail_to", "alert_webhook_url", "alert_ping_url", "alert_apprise")


@dataclass(slots=True)
class Outcome:
    """How a run ended, said before it is left. `refused`: a system said no for a lasting reason."""

    code: Exit = Exit.DONE
    refused: bool = False

    def take(self, code: Exit, failure: SyncdbError | None) -> None:
        self.code, self.refused = code, isinstance(failure, Refused)


def anybody(config: Path | None, env: Mapping[str, str], directory: Path) -> bool:
    """Whether there is somewhere to tell it, as far as the settings can be read."""
    reading = read(ALERTING, registry.known_keys(), {}, env, directory, config)
    return any(reading.rank(name) is not None for name in TARGETS)
