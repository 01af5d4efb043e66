"""Who may send events here, and which pairs look at what each of them sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncdb.config.settings import RunSettings
from syncdb.errors import ConfigurationError
from syncdb.ledger.inbox.file import inbox_path
from syncdb.services.ledger_location import configured_pairs
from syncdb.services.usable_pairs import usable_pairs
from syncdb.services.validation import UsablePair
from syncdb.systems.sender import HOW, Sender


@dataclass(frozen=True, slots=True)
class EventSources:
    """`senders` by name. `readers` are, for each of them, the pairs that look at what it is about, by their names.

    `settings` are those of the first pair: ledger, log and token are the same for all. `pairs` are all that hear.
    """

    senders: Mapping[str, Sender]
    readers: Mapping[str, Sequence[str]]
    settings: RunSettings
    pairs: Sequence[UsablePair]

    @property
    def inbox(self) -> Path:
        """The file that events are kept in."""
        return inbox_path(self.settings.db_path)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, for the log's redaction."""
        return tuple({secret: None for one in self.pairs for secret in one.settings.secrets})


def event_sources(config: Path | None, env: Mapping[str, str], directory: Path) -> EventSources:
    """What is configured. Raises ConfigurationError with every problem: nothing is trusted without its secret."""
    pairs = usable_pairs(configured_pairs(config, env), {}, env, directory, config)
    able = [one for one in pairs if one.implementation.hearing is not None]
    if not able:
        raise ConfigurationError(["Nothing that sends webhooks is configured. Nothing was started."], next_step=HOW)
    senders: dict[str, Sender] = {}
    readers: dict[str, list[str]] = {}
    for one in able:
        assert one.implementation.hearing is not None
        for sender in one.implementation.hearing.senders(one.settings):
            senders[sender.name] = sender
            readers.setdefault(sender.name, []).append(one.pair.name)
    lacking = [
        f"{one.lacks} is not set: nothing that {one.name} sends could be trusted." for one in senders.values() if one.lacks
    ]
    if lacking:
        raise ConfigurationError(lacking, next_step=f"Give what its webhooks are signed with. {HOW}")
    return EventSources(senders, readers, able[0].settings, able)
