"""One look at how things stand: what people must be told is written down, then sent; what did not arrive is tried again."""

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.alerts.outgoing import NotDelivered, Outgoing
from syncdb.errors import LedgerBusy, SyncdbError
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.ledger.web import alerts, jobs
from syncdb.ledger.web.alerts import Changes, Kept, Message, Trouble
from syncdb.ledger.web.file import web_path
from syncdb.logs import LogRedaction
from syncdb.services.alerts.decisions import decide
from syncdb.services.alerts.digest import LAST, digest, digest_due
from syncdb.services.alerts.settings import AlertSettings, alert_settings
from syncdb.services.alerts.troubles import Seen, troubles
from syncdb.services.attention import Attention, attention
from syncdb.services.calendar import Calendar
from syncdb.services.ledger_location import LedgerLocation, find_ledger
from syncdb.services.status import Status, read_status

# after how many minutes a message that did not arrive is tried again; then it is given up
AGAIN = (1, 5, 15, 60, 240, 720, 1440)
NOTICED = 3  # tries after which it counts as trouble of the way
MOST_AT_ONCE = 50
HOUR = timedelta(hours=1)
log = logging.getLogger("syncdb.alerts")


@dataclass(frozen=True, slots=True)
class Alerting:
    """Where things stand and where people are told. Every method raises LedgerUnusable and LedgerBusy for web.db."""

    place: LedgerLocation
    settings: AlertSettings
    clock: Clock = SYSTEM
    secrets: Sequence[str] = field(default=(), repr=False)

    @property
    def path(self) -> Path:
        """The web.db."""
        return web_path(self.place.ledger)

    def look(self, refused: frozenset[str] = frozenset()) -> Changes:
        """Look, write down what is to be told, and send what is due. `refused` as in Seen."""
        now = self.clock.now()
        changes = self._decided(refused, now)
        self.deliver()
        return changes

    def deliver(self) -> list[tuple[str, str]]:
        """Send what is due; for each try, the way and why it failed (empty where it arrived)."""
        ways = {one.name: one for one in self.settings.ways}
        done: list[tuple[str, str]] = []
        while ways and len(done) < MOST_AT_ONCE and (due := alerts.claim(self.path, ways, self.clock.now())) is not None:
            message, name, tries = due
            try:
                ways[name].send(_outgoing(message))
            except NotDelivered as why:
                self._not_delivered(message, name, tries, str(why))
                done.append((name, self._hidden(str(why))))
            else:
                alerts.sent(self.path, message.id, name, self.clock.now())
                done.append((name, ""))
        return done

    def announce(self, message: Message) -> None:
        """Write down a message that is about no trouble."""
        alerts.look(self.path, self.clock.now(), self._names, lambda kept: Changes(messages=[message]))

    @property
    def _names(self) -> list[str]:
        return [one.name for one in self.settings.ways]

    def _decided(self, refused: frozenset[str], now: datetime) -> Changes:
        try:
            with reading(self.place.ledger) as reader:
                state = read_status(reader, self.place, now)
                return alerts.look(self.path, now, self._names, lambda kept: self._of(reader, state, kept, refused))
        except LedgerBusy:
            return Changes()
        except SyncdbError as error:
            if not os.path.exists(self.place.ledger):
                return alerts.look(self.path, now, self._names, lambda kept: self._without_ledger(kept, now))
            broken = self._plain(Trouble("", "", "ledger_unusable", str(error), error.next_step))
            link = self.settings.link
            return alerts.look(self.path, now, self._names, lambda kept: decide([broken], kept, now, link, whole=False))

    def _of(self, reader: LedgerReader, state: Status, kept: Kept, refused: frozenset[str]) -> Changes:
        """What comes of a status that could be read."""
        found, now = attention(state), state.now
        counted = _counted(state)
        seen = Seen(
            state,
            found,
            jobs.latest(self.path, 50),
            shutil.disk_usage(self.place.ledger.parent).free,
            refused,
            turned_away(counted, kept.remembered, now),
            alerts.failing(self.path, NOTICED) if len(self.settings.ways) > 1 else (),
        )
        needed = [self._plain(one) for one in troubles(seen, kept.firing)]
        changes = decide(needed, kept, now, self.settings.link)
        remembered = {name: value for name, value in counted.items() if _is_old(name, kept.remembered, now)}
        return self._with_digest(reader, state, found, kept, replace(changes, remembered=remembered))

    def _without_ledger(self, kept: Kept, now: datetime) -> Changes:
        """Before the first run there are only those that could not begin."""
        needed: list[Trouble] = []
        for job in jobs.latest(self.path, 1):
            if job.exit_code in (1, 2):
                needed.append(self._plain(Trouble("", job.pair, "run_refused", job.said, f"Try it: {job.command}")))
        return decide(needed, kept, now, self.settings.link)

    def _with_digest(
        self, reader: LedgerReader, state: Status, found: Sequence[Attention], kept: Kept, changes: Changes
    ) -> Changes:
        """The digest, too, where it is due."""
        zone = Calendar.of((state.shop or {}).get("zone"), state.now).zone
        last = kept.remembered.get(LAST)
        if last is None:  # the first one comes with the next day
            today = state.now.astimezone(zone).date().isoformat()
            return replace(changes, remembered={**changes.remembered, LAST: today})
        due = digest_due(self.settings.digest, self.settings.digest_at, last[0], state.now, zone)
        if due is None:
            return changes
        plain = [replace(one, message=self._hidden(one.message)) for one in found]
        message = digest(reader, state, plain, due, zone, self.settings.link)
        messages = [*changes.messages, *([message] if message else [])]
        return replace(changes, messages=messages, remembered={**changes.remembered, LAST: due.day.isoformat()})

    def _not_delivered(self, message: Message, name: str, tries: int, why: str) -> None:
        again = AGAIN[tries - 1] if tries <= len(AGAIN) else None
        log.warning("a message could not be sent by %s: %s", name, why)
        again_at = self.clock.now() + timedelta(minutes=again) if again else None
        alerts.failed(self.path, message.id, name, self._hidden(why), again_at)

    def _plain(self, trouble: Trouble) -> Trouble:
        return replace(trouble, message=self._hidden(trouble.message), remedy=self._hidden(trouble.remedy))

    def _hidden(self, text: str) -> str:
        return LogRedaction([*self.settings.secrets, *self.secrets])(text)


def alerting(
    config: Path | None,
    db: Path | None,
    env: Mapping[str, str],
    directory: Path,
    clock: Clock = SYSTEM,
    secrets: Sequence[str] = (),
) -> Alerting:
    """As it is configured. Raises ConfigurationError where the ledger's place cannot be known."""
    return Alerting(find_ledger(config, db, env), alert_settings(config, env, directory), clock, secrets)


def turned_away(totals: Mapping[str, str], remembered: Mapping[str, tuple[str, datetime]], now: datetime) -> dict[str, int]:
    """How many webhooks of each source were turned away since it was last remembered, an hour ago at most."""
    found: dict[str, int] = {}
    for name, total in totals.items():
        if name in remembered and not _is_old(name, remembered, now):
            found[name.removeprefix("refused:")] = int(total) - int(remembered[name][0])
    return found


def _counted(state: Status) -> dict[str, str]:
    totals: dict[str, int] = {}
    for one in state.inbox.refused:
        totals[f"refused:{one.source}"] = totals.get(f"refused:{one.source}", 0) + one.times
    return {name: str(total) for name, total in totals.items()}


def _is_old(name: str, remembered: Mapping[str, tuple[str, datetime]], now: datetime) -> bool:
    return name not in remembered or now - remembered[name][1] > HOUR


def _outgoing(message: Message) -> Outgoing:
    """The id holds the moment, too: numbers begin anew where web.db was deleted."""
    at = str(message.data.get("at", message.data.get("until", "")))
    return Outgoing(f"{message.id}-{''.join(filter(str.isalnum, at))}", message.subject, message.body, message.data)
