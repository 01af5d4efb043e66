"""Who may use the web application, who is logged in, and who tried in vain. Moments are ISO UTC."""

from dataclasses import dataclass
from pathlib import Path

from syncdb.ledger.web.file import reading, writing


@dataclass(frozen=True, slots=True)
class Account:
    """A person. `role` is "viewer", "operator" or "owner"; `password` is the hash that was kept."""

    name: str
    role: str
    password: str
    made_at: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in."""

    account: str
    role: str
    made_at: str
    seen_at: str


def accounts(path: Path) -> list[Account]:
    """All of them, by name."""
    with reading(path) as connection:
        rows = connection.execute("SELECT name, role, password, made_at, made_by FROM account ORDER BY name").fetchall()
    return [Account(*row) for row in rows]


def account(path: Path, name: str) -> Account | None:
    """The account of a name, whatever its capitals."""
    return next((one for one in accounts(path) if one.name.casefold() == name.casefold()), None)


def put_account(path: Path, one: Account) -> None:
    """Add an account, or give one another role or password; its sessions end."""
    with writing(path) as connection:
        connection.execute("DELETE FROM session WHERE account = ?", (one.name,))
        connection.execute(
            """INSERT INTO account (name, role, password, made_at, made_by) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password""",
            (one.name, one.role, one.password, one.made_at, one.made_by),
        )


def remove_account(path: Path, name: str) -> bool:
    """Remove an account and end its sessions. The last owner stays; whether it was removed."""
    with writing(path) as connection:
        removed = connection.execute(
            """DELETE FROM account WHERE name = ? AND (role <> 'owner'
               OR EXISTS (SELECT 1 FROM account WHERE role = 'owner' AND name <> ?))""",
            (name, name),  # its sessions go with it
        )
        return bool(removed.rowcount)


def begin_session(path: Path, digest: str, name: str, now: str, ended_before: str) -> None:
    """A person is in. Sessions that began before `ended_before` are forgotten."""
    with writing(path) as connection:
        connection.execute("DELETE FROM session WHERE made_at < ?", (ended_before,))
        connection.execute("INSERT INTO session VALUES (?, ?, ?, ?)", (digest, name, now, now))


def session(path: Path, digest: str) -> Session | None:
    """The session of a digest, with the role that its account has now."""
    query = """SELECT account, role, session.made_at, seen_at FROM session JOIN account ON name = account
               WHERE digest = ?"""
    with reading(path) as connection:
        row = connection.execute(query, (digest,)).fetchone()
    return Session(*row) if row else None


def seen(path: Path, digest: str, now: str) -> None:
    """The session was used."""
    with writing(path) as connection:
        connection.execute("UPDATE session SET seen_at = ? WHERE digest = ?", (now, digest))


def end_session(path: Path, digest: str) -> None:
    """The session is over."""
    with writing(path) as connection:
        connection.execute("DELETE FROM session WHERE digest = ?", (digest,))


def failed_tries(path: Path, since: str, address: str) -> tuple[int, int]:
    """How many tries failed since then: from an address, and in all."""
    query = "SELECT count(*) FILTER (WHERE address = ?), count(*) FROM login_try WHERE at >= ?"
    with reading(path) as connection:
        own, everyone = connection.execute(query, (address, since)).fetchone()
    return int(own), int(everyone)


def try_failed(path: Path, address: str, now: str, forgotten_before: str) -> None:
    """One more try in vain; those before `forgotten_before` no longer count."""
    with writing(path) as connection:
        connection.execute("DELETE FROM login_try WHERE at < ?", (forgotten_before,))
        connection.execute("INSERT INTO login_try VALUES (?, ?)", (now, address))
