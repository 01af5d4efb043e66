"""Logging in: sessions of at most twelve hours, tries that are counted, and the code of a first start.

The secret of a session is in the person's cookie only; the file beside the ledger has its digest. A form carries a token that is
made from that secret, so nobody who does not know it can fill one in.
"""

import hashlib
import hmac
import logging
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from syncdb.errors import ConfigurationError, NeedsPerson
from syncdb.ledger.web import people
from syncdb.ledger.web.people import Account, Session
from syncdb.services import passwords
from syncdb.values import iso, moment

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
NOTED = timedelta(minutes=1)  # more often nobody's being here is written down
WINDOW, MOST_OF_ONE, MOST_OF_ALL = timedelta(minutes=1), 5, 20
CODE_LASTS, CODE_TRIES = timedelta(minutes=15), 5
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
log = logging.getLogger("syncdb.web")


@dataclass(slots=True)
class FirstCode:
    """The code that whoever started the program reads in its terminal. It makes one owner."""

    code: str
    made_at: datetime
    tries: int = 0

    @classmethod
    def new(cls, now: datetime) -> "FirstCode":
        letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
        return cls("-".join(letters[at : at + 4] for at in (0, 4, 8)), now)

    def usable(self, now: datetime) -> bool:
        return self.tries < CODE_TRIES and now - self.made_at < CODE_LASTS

    def fits(self, typed: str, now: datetime) -> bool:
        """Whether it is the code; each look counts."""
        if not self.usable(now):
            return False
        self.tries += 1
        plain = "".join(typed.upper().split()).replace("-", "").encode("utf-8", "replace")
        return hmac.compare_digest(plain, self.code.replace("-", "").encode())


@dataclass(slots=True)
class Door:
    """Who gets in. `path` is web.db; `code` stands while a first owner may be made."""

    path: Path
    code: FirstCode | None = None
    _one: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, name: str, password: str, address: str, now: datetime) -> str:
        """Log somebody in; returns the secret of the session. Raises NeedsPerson where that is not possible."""
        self._refuse_many(address, now)
        found = people.account(self.path, name.strip())
        if not passwords.fits(password, found.password if found else None) or found is None:
            self._failed(address, now)
            raise NeedsPerson("That name and that password do not belong together.", next_step="Try again.")
        log.info("%s (%s) logged in", found.name, found.role)
        return self._begin(found, now)

    def make_first(self, typed: str, name: str, password: str, address: str, now: datetime) -> str:
        """Make an owner of whoever read the code; returns the secret of their session. Raises NeedsPerson, ConfigurationError."""
        self._refuse_many(address, now)
        passwords.refuse_poor(password, _plain(name))  # first: a try of the code is not spent on it
        with self._one:
            if self.code is None or not self.code.fits(typed, now):
                self._failed(address, now)
                raise NeedsPerson(
                    "That is not the code, or it is no longer good. Nothing was made.",
                    next_step="The code stands in the terminal where `serve` was started; starting it again makes a new one.",
                )
            made = self.make(name, "owner", password, "the code", now)
            self.code = None
        return self._begin(made, now)

    def make(self, name: str, role: str, password: str, by: str, now: datetime) -> Account:
        """Keep an account. Raises ConfigurationError for a name or a password that cannot be used."""
        plain = _plain(name)
        passwords.refuse_poor(password, plain)
        found = people.account(self.path, plain)
        made = Account(found.name if found else plain, role, passwords.kept(password), iso(now), by)
        people.put_account(self.path, made)
        log.info("%s", _done(by, found, made))
        return made

    def renew(self, one: Account, now: datetime) -> str:
        """A new session for somebody whose sessions have just ended; its secret."""
        return self._begin(one, now)

    def again(self, name: str, password: str, address: str, now: datetime) -> None:
        """See that it is really this person. Raises NeedsPerson where it is not."""
        self._refuse_many(address, now)
        found = people.account(self.path, name)
        if not passwords.fits(password, found.password if found else None):
            self._failed(address, now)
            raise NeedsPerson("That is not your password. Nothing was changed.", next_step="Type it again.")

    def who(self, secret: str, now: datetime, *, used: bool = True) -> Session | None:
        """Whose session it is; None for one that there is not, or no longer. Not `used`: a page only reads itself again."""
        found = people.session(self.path, digest(secret)) if secret else None
        if found is None:
            return None
        if now - moment(found.seen_at) > IDLE or now - moment(found.made_at) > LONGEST:
            people.end_session(self.path, digest(secret))
            return None
        if used and now - moment(found.seen_at) > NOTED:
            people.seen(self.path, digest(secret), iso(now))
        return found

    def leave(self, secret: str) -> None:
        people.end_session(self.path, digest(secret))

    def _begin(self, one: Account, now: datetime) -> str:
        secret = secrets.token_urlsafe(32)
        people.begin_session(self.path, digest(secret), one.name, iso(now), iso(now - LONGEST))
        return secret

    def _refuse_many(self, address: str, now: datetime) -> None:
        own, everyone = people.failed_tries(self.path, iso(now - WINDOW), address)
        if own >= MOST_OF_ONE or everyone >= MOST_OF_ALL:
            raise NeedsPerson("Too many tries in vain. Nobody is let in for a minute.", next_step="Wait a minute.")

    def _failed(self, address: str, now: datetime) -> None:
        log.warning("a login failed, from %s", address)
        people.try_failed(self.path, address, iso(now), iso(now - WINDOW))


def _done(by: str, before: Account | None, made: Account) -> str:
    """What was done to an account, and by whom."""
    if before is None:
        return f"{by} made the account {made.name} ({made.role})"
    if before.name == by and before.role == made.role:
        return f"{by} changed their own password"
    if before.role == made.role:
        return f"{by} gave {made.name} ({made.role}) another password"
    return f"{by} changed the role of {made.name} from {before.role} to {made.role}, and gave them another password"


def _plain(name: str) -> str:
    """A name as it is kept. Raises ConfigurationError for one that cannot be used."""
    plain = " ".join(name.split())
    if not plain or len(plain) > 40 or not plain.isprintable():
        raise ConfigurationError(["A name has 1 to 40 letters. Nothing was changed."])
    return plain


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def token_of(secret: str) -> str:
    """What a form carries that was shown to the holder of this secret."""
    return hmac.new(secret.encode("utf-8", "replace"), b"form", hashlib.sha256).hexdigest()


def is_token(given: str, secret: str) -> bool:
    return bool(secret) and hmac.compare_digest(given.encode("utf-8", "replace"), token_of(secret).encode())
