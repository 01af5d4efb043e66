"""One connection to an ERP's database: transactions that are repeated where that is safe, and an honest word where it is not.

Outside a transaction every statement stands alone (autocommit): a setting that is local to a transaction cannot leak.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.postgres.address import ErpAddress, Way
from syncdb.connectors.postgres.failures import (
    about_a_row,
    away,
    connection_lost,
    explained,
    may_be_repeated,
    no_way_in,
    refused_row,
    words,
)
from syncdb.connectors.postgres.moments import read_moments
from syncdb.errors import OutcomeUnknown
from syncdb.http import Retrier, Transient

if TYPE_CHECKING:
    import psycopg
    from psycopg.sql import Composable

    Statement = str | Composable

log = logging.getLogger("syncdb.erp")
T = TypeVar("T")
Row = dict[str, Any]
Parameters = Sequence[Any] | Mapping[str, Any]

STATEMENT_MS, LOCK_MS = 60_000, 10_000
ORIGIN = "sync.origin"  # the setting that tells triggers whose write it is
OURS = "shopify"
BEGIN = (
    f"select set_config('{ORIGIN}', %s, true), set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)"
)


class Work:
    """A transaction that is under way."""

    def __init__(self, database: "ErpDatabase", connection: "psycopg.Connection[Row]") -> None:
        self._database, self._connection = database, connection

    def rows(self, sql: "Statement", params: Parameters = ()) -> list[Row]:
        """The rows that a statement gives."""
        cursor = self._database.send(self._connection, sql, params)
        return cursor.fetchall() if cursor.description else []

    def run(self, sql: "Statement", params: Parameters = ()) -> int:
        """How many rows a statement touched."""
        return self._database.send(self._connection, sql, params).rowcount

    def alone(self, key: str, do: Callable[[], T]) -> T:
        """Do a part of the transaction so that it alone is undone where the row is refused. Raises RowRefused, naming `key`."""
        import psycopg

        self.run("savepoint one_row")
        try:
            done = do()
        except psycopg.Error as error:
            if not about_a_row(error):
                raise
            self.run("rollback to savepoint one_row")
            raise refused_row(key, error) from error
        self.run("release savepoint one_row")
        return done


class ErpDatabase:
    """A connection that is made when it is needed, and made anew when it was lost. Not to be shared between threads.

    `deadline` is how many seconds a server that is away or restarting is waited for. `statements` counts what was sent, without
    what begins and ends transactions. `own_transactions` are the numbers of ours, as rows carry them.
    """

    def __init__(self, address: ErpAddress, clock: Clock = SYSTEM, deadline: float = 30.0, application: str = "syncdb") -> None:
        self.address = address
        self.clock = clock
        self.statements = 0
        self.own_transactions: list[str] = []
        self.lock_ms = LOCK_MS
        self._application = application
        self._retrier = Retrier(deadline=deadline, first=0.2, cap=5.0, clock=clock)
        self._connection: psycopg.Connection[Row] | None = None

    def rows(self, sql: "Statement", params: Parameters = ()) -> list[Row]:
        """The rows of a statement that only reads; asked again where the connection was lost. Raises as `transaction`."""

        def ask(connection: "psycopg.Connection[Row]") -> list[Row]:
            return self.send(connection, sql, params).fetchall()

        return self._repeated(ask)

    def transaction(self, work: Callable[[Work], T], *, own: bool = True) -> T:
        """Do all of `work` or nothing. It is done again after a deadlock, a serialization failure or a lost connection.

        `own`: the ERP's triggers do not note these writes as news for the shop. Raises OutcomeUnknown where the connection was
        lost while the transaction was being committed; RowRefused where the database refuses a value; RetryLater, Refused,
        ConfigurationError and NeedsPerson otherwise.
        """

        def whole(connection: "psycopg.Connection[Row]") -> T:
            connection.execute("begin")
            self.send(connection, BEGIN, (OURS if own else "", f"{STATEMENT_MS}ms", f"{self.lock_ms}ms"), counted=False)
            done = work(Work(self, connection))
            number = self._number(connection) if own else None
            self._commit(connection)
            self.own_transactions += [number] if number else []
            return done

        return self._repeated(whole)

    def send(
        self, connection: "psycopg.Connection[Row]", sql: "Statement", params: Parameters = (), *, counted: bool = True
    ) -> "psycopg.Cursor[Row]":
        """Send a statement on a connection. Values are bound by the driver, never put into the text."""
        self.statements += counted
        return connection.execute(cast(Any, sql), params or None)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _number(self, connection: "psycopg.Connection[Row]") -> str | None:
        """The transaction's number as rows carry it; None where it wrote nothing."""
        found = connection.execute(
            "select (pg_current_xact_id_if_assigned()::text::bigint %% 4294967296)::text as xmin", {}
        ).fetchone()
        return found["xmin"] if found else None

    def _commit(self, connection: "psycopg.Connection[Row]") -> None:
        import psycopg

        try:
            ended = connection.execute("commit").statusmessage
        except psycopg.Error as error:
            if connection_lost(error, connection.closed) and not may_be_repeated(error):
                self.close()
                raise OutcomeUnknown(
                    f"The connection to the ERP's database at {self.address.shown} was lost while a write was being completed: "
                    "whether it counts is not known yet.",
                    next_step="The next run looks before it writes anything.",
                ) from error
            raise
        assert ended == "COMMIT", "a transaction that had failed was to be committed"

    def _repeated(self, do: "Callable[[psycopg.Connection[Row]], T]") -> T:
        """Do it on a connection, again where that is safe, with failures as people shall read them."""
        import psycopg

        def once() -> T:
            connection = self._connected()
            try:
                return do(connection)
            except psycopg.Error as error:
                raise self._failure(error, connection) from error
            except BaseException:
                self._roll_back(connection)
                raise

        return self._retrier.call(once, f"The ERP's database at {self.address.shown}")

    def _failure(self, error: "psycopg.Error", connection: "psycopg.Connection[Row]") -> Exception:
        """What to raise for an error of the driver: Transient where the whole may be done again."""
        if connection_lost(error, connection.closed):
            self.close()
            return Transient(words(error))
        self._roll_back(connection)
        if may_be_repeated(error):
            return Transient(words(error))
        return refused_row("", error) if about_a_row(error) else explained(error, self.address)

    def _roll_back(self, connection: "psycopg.Connection[Row]") -> None:
        import psycopg
        from psycopg.pq import TransactionStatus

        if connection.info.transaction_status == TransactionStatus.IDLE:
            return
        try:
            connection.execute("rollback")
        except psycopg.Error:  # a connection that cannot even end its transaction is of no use
            self.close()

    def _connected(self) -> "psycopg.Connection[Row]":
        """The connection, made where there is none. Raises Transient where it may be there later."""
        import psycopg

        if self._connection is None or self._connection.closed:
            try:
                self._connection = _connect(self.address, self._application)
            except psycopg.Error as error:
                raise no_way_in(error, self.address) or Transient(away(error, self.address)) from error
        return self._connection


def _connect(address: ErpAddress, application: str) -> "psycopg.Connection[Row]":
    import psycopg
    from psycopg.rows import dict_row

    # a pooler takes no settings of a session with the login
    # and these, which drivers send in their own right, count before what the login has set for itself
    os.environ["PGDATESTYLE"] = "ISO"
    limits = f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS}" if address.way is Way.DIRECT else ""
    connection = psycopg.connect(
        address.url,
        client_encoding="utf8",
        autocommit=True,
        row_factory=dict_row,
        prepare_threshold=None if address.way is Way.TRANSACTION_POOLER else 5,
        connect_timeout=10,
        application_name=application,
        keepalives_idle=30,
        keepalives_interval=10,
        keepalives_count=3,
        options=limits or None,
    )
    read_moments(connection)
    return connection
