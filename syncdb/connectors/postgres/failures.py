"""What a PostgreSQL server refused, told apart by what to do about it, in words for the person who can mend it."""

import re
from typing import TYPE_CHECKING

from syncdb.connectors.postgres.address import ErpAddress, Way
from syncdb.connectors.postgres.install.role import ROLE
from syncdb.errors import ConfigurationError, NeedsPerson, Refused, RetryLater, SkipRecord, SyncdbError
from syncdb.http import redact
from syncdb.programs import MANAGER

if TYPE_CHECKING:
    import psycopg

INSTALL = f"Make the tables and triggers that are missing: {MANAGER} erp install"
AGAIN = "Nothing is lost: run it again later, the next run goes on from here."
PAUSED = "Open the project in Supabase's dashboard and restore it, if it is paused (free projects are, after 7 idle days)."

REPEATED = ("40001", "40P01")  # serialization failure, deadlock: the same transaction may work at once
GONE = ("57P01", "57P02", "57P03", "57P05")  # ended by the server, restarting, starting up, idle for too long
_ASKED = re.compile(
    r"\W*Is the server running (?:on that host|locally) and accepting .*$"
)  # what libpq adds where nobody answers
NOTED = "column "  # how a note of an error begins that names its column
LACKS = "23502"  # nothing is given for a column that must have a value
# classes of errors about the data of one row: values, constraints, and what triggers and functions of the ERP raise
ROW = ("22", "23", "27", "2F", "38", "39", "44", "P0")
# the other classes that PostgreSQL has; one that it has not was made up by the ERP, for an error that it raises itself
OTHERS = (
    *("00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "20", "21", "24", "25", "26", "28", "2B", "2D"),
    *("34", "3B", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "72", "F0", "HV", "XX"),
)


class RowRefused(SkipRecord):
    """The database refuses the values of one row (a constraint, a type): the rest can go on."""


def about_a_row(error: "psycopg.Error") -> bool:
    kind = (error.sqlstate or "")[:2]
    return kind in ROW or bool(kind) and kind not in OTHERS


def may_be_repeated(error: "psycopg.Error") -> bool:
    """Whether the transaction was rolled back for others' sake, so that it may be done again."""
    return error.sqlstate in REPEATED


def connection_lost(error: "psycopg.Error", closed: bool) -> bool:
    """Whether there is no connection any more, or never was one for a reason that passes."""
    state = error.sqlstate or ""
    return closed or state[:2] == "08" or state in GONE


def refused_row(key: str, error: "psycopg.Error") -> RowRefused:
    where = f" ({column})" if (column := _column(error)) else ""
    hint = " Give the column a default, or have a trigger of the ERP fill it." if error.sqlstate == LACKS else ""
    return RowRefused(key, f"The ERP's database refuses the row{where}: {words(error)}{hint and '.' + hint}")


def _column(error: "psycopg.Error") -> str:
    """Which column it is about, where the server says so or whoever wrote the row found out."""
    noted = next((one.removeprefix(NOTED) for one in getattr(error, "__notes__", ()) if one.startswith(NOTED)), "")
    named = f"{error.diag.table_name}.{error.diag.column_name}" if error.diag.column_name else ""
    return noted or named


def words(error: "psycopg.Error") -> str:
    """The server's own words, in one line, without secrets. Details are left out: they repeat the data of a row."""
    told = error.diag.message_primary or str(error).strip() or type(error).__name__
    return redact(" ".join(told.split()))[:300]


def explained(error: "psycopg.Error", address: ErpAddress) -> SyncdbError:
    """The failure to raise for what the server answered to a statement."""
    state, told = error.sqlstate or "", words(error)
    if state == "25006":
        return Refused(
            f"The database at {address.shown} takes no writes ({told}): it is a read-only replica, or was set to read only. "
            "Nothing was changed.",
            next_step="Set erp_database_url to the primary server.",
        )
    if state == "42501":
        return Refused(
            f"{address.user} lacks a right in the ERP's database: {told}. Nothing was changed.",
            next_step=f"To install, log in as the tables' owner. Else: grant {ROLE} to LOGIN; {MANAGER} erp test says more.",
        )
    if state in ("42P01", "3F000", "42883"):
        return ConfigurationError(
            [f"Something is missing in the ERP's database at {address.shown}: {told}. Nothing was changed."], next_step=INSTALL
        )
    if state == "42703":
        return NeedsPerson(
            f"A column is gone from the ERP's database: {told}. Nothing was changed.",
            next_step=f"Put it back, or say in the mapping file what it is called now; {MANAGER} erp test names it.",
        )
    if state in ("57014", "55P03"):
        why = "took longer than is allowed" if state == "57014" else "is locked by somebody else's transaction"
        return RetryLater(f"What was asked of the ERP's database {why} ({told}). Nothing was changed by it.", next_step=AGAIN)
    if state[:2] in ("53", "40") or connection_lost(error, closed=False):
        return RetryLater(f"The ERP's database at {address.shown} is busy or away: {told}.", next_step=AGAIN)
    return Refused(
        f"The ERP's database refused a statement: {told} (SQLSTATE {state or 'unknown'}). Nothing was changed by it.",
        next_step=f"{MANAGER} erp test looks at the database; the log has more.",
    )


def no_way_in(error: "psycopg.Error", address: ErpAddress) -> SyncdbError | None:
    """The failure to raise where logging in can never work as configured; None where trying again may help."""
    told = words(error)
    low = str(error).lower()
    if "password authentication failed" in low or "no password supplied" in low or "role" in low and "does not exist" in low:
        return Refused(
            f"The database at {address.shown} does not accept the login of {address.user}: {told}. Nothing was changed.",
            next_step="Check user and password in erp_database_url. In the password, @ : / # are written as %40 %3A %2F %23.",
        )
    if "tenant or user not found" in low or "paused" in low:
        return Refused(f"Supabase has no running project behind {address.shown} for {address.user}: {told}.", next_step=PAUSED)
    if "database" in low and "does not exist" in low:
        return ConfigurationError(
            [f"There is no database {address.database!r} at {address.host}:{address.port}."],
            next_step="Check the last part of erp_database_url; in Supabase it is postgres.",
        )
    if "ssl" in low and ("not support" in low or "required" in low or "certificate" in low):
        return Refused(
            f"The connection to {address.shown} cannot be encrypted as asked: {told}. Nothing was sent.",
            next_step="Switch TLS on at the server. sslmode=verify-full also wants its certificate (sslrootcert).",
        )
    if "no pg_hba.conf entry" in low:
        return Refused(
            f"The server at {address.shown} lets nobody in from here: {told}.",
            next_step="Allow this computer and user in the server's pg_hba.conf, or use the pooler's address.",
        )
    return None


def away(error: "psycopg.Error", address: ErpAddress) -> str:
    """Why no connection came about, for a reason that may pass; with what is known to help."""
    told = _ASKED.sub("", words(error))
    if address.on_supabase and address.way is Way.DIRECT:
        return f"{told} (Supabase's direct address needs IPv6: where there is none, use the pooler's address. {PAUSED})"
    return f"{told} ({PAUSED})" if address.on_supabase else told
