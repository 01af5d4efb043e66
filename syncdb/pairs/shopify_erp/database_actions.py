"""`erp install`, `erp test` and `erp queue`: what people do with the ERP's database itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.drift import GIVEN, examine, must_be_given
from syncdb.connectors.postgres.install.installing import Installed, install, remove, to_install
from syncdb.connectors.postgres.install.role import ROLE
from syncdb.connectors.postgres.install.script import VERSION, install_sql, remove_sql
from syncdb.connectors.postgres.queue import TO_SHOPIFY, QueueRow
from syncdb.connectors.postgres.queue_book import QueueBook
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.errors import ConfigurationError, Exit, RemoteError, worst
from syncdb.pairs.base import Action, ActionOption, Asked, Verbatim
from syncdb.pairs.shopify_erp.database_settings import DatabaseSettings, load_database
from syncdb.pairs.shopify_erp.queue_names import names_of
from syncdb.programs import MANAGER
from syncdb.systems.check import Check, CheckState
from syncdb.systems.postgres.checks import check_erp
from syncdb.systems.postgres.connecting import erp_of, erp_tables
from syncdb.values import iso

Told = Iterator[str | Mapping[str, Any] | Exit]
SHOWN = 50


def make(settings: DatabaseSettings, asked: Asked) -> Told:
    """Install, print or remove what the sync needs in the database."""
    tables = erp_tables(settings)
    with erp_of(settings, asked.clock) as database:
        if asked.given.get("print"):
            yield _script(database, tables, asked.given)
        elif asked.given.get("remove"):
            yield from _removed(database, tables, asked)
        else:
            yield from _installed(database, tables, asked)


def _script(database: ErpDatabase, tables: ErpTables, given: Mapping[str, Any]) -> Verbatim:
    """The SQL, for the columns that are there; where nobody can look, for all that are usual."""
    if given.get("remove"):
        return Verbatim(remove_sql(tables))
    if given.get("complete"):
        return Verbatim(install_sql(tables, complete=True))
    try:
        found = examine(database, tables)
    except RemoteError as error:
        told = " ".join(str(error).split())
        note = f"-- The database could not be looked at ({told}).\n-- This is for tables that have every column of docs/erp.md.\n"
        return Verbatim(note + install_sql(tables))
    skipped = "".join(f"-- Left out: {' '.join(why.split())}\n" for why in found.unusable.values())
    return Verbatim(skipped + install_sql(to_install(tables, found), unmapped=found.unmapped))


def _installed(database: ErpDatabase, tables: ErpTables, asked: Asked) -> Told:
    done = install(database, tables, complete=bool(asked.given.get("complete")))
    yield f"{_what(done)} in the schema {tables.schema} at {database.address.shown}."
    for entity, table in done.tables.by_entity.items():
        yield f"  {entity}: {table.schema}.{table.name}"
    for entity, why in done.unusable.items():
        yield f"  {entity} are not kept in step: {why}"
    must = must_be_given(done.tables, done.must)
    yield from (f"  {told}" for told in must)
    if must:
        yield f"  {GIVEN}"
    yield f"Let the sync log in with no more rights than it needs: create role NAME login password '...' in role {ROLE};"
    yield f"What to do now: {MANAGER} erp test"
    yield {"version": VERSION, "before": done.before, "entities": list(done.tables.by_entity), "left_out": dict(done.unusable)}
    yield Exit.DONE


def _what(done: Installed) -> str:
    if done.before is None:
        return f"Installed (version {VERSION})"
    return "Installed anew, what was there stays" if done.before == VERSION else f"Brought to version {VERSION}"


def _removed(database: ErpDatabase, tables: ErpTables, asked: Asked) -> Told:
    what = (
        f"Removes triggers, the queue with all that waits in it, settings, and the columns that were added in {tables.schema}, "
        "so that the ERP no longer says which orders of the shop its own are; what it had before stays"
    )
    if asked.alone and not asked.given.get("yes"):
        told = f"{what}. Nobody is there to be asked, so nothing was changed."
        raise ConfigurationError([told], next_step=f"Do it unasked: {MANAGER} erp install --remove --yes")
    if not asked.given.get("yes") and not asked.agreed(what):
        yield "Nothing was changed."
        yield Exit.DONE
        return
    remove(database, tables)
    yield f"Removed from the schema {tables.schema} at {database.address.shown}."
    yield {"removed": True}
    yield Exit.DONE


def test(settings: DatabaseSettings, asked: Asked) -> Told:
    """Try the way to the database and what a run needs there."""
    checks = check_erp(settings, asked.clock)
    for one in checks:
        yield f"{one.state.value:<8}{one.name}: {one.told}"
        if one.remedy and one.state is not CheckState.SKIPPED:
            yield f"        What to do: {one.remedy}"
    yield {"checks": [_check_data(one) for one in checks]}
    yield worst(one.exit_code for one in checks)


def _check_data(one: Check) -> dict[str, Any]:
    return {"name": one.name, "state": one.state.value, "told": one.told, "remedy": one.remedy}


def look_at_queue(settings: DatabaseSettings, asked: Asked) -> Told:
    """Show the queue, or have one of its rows tried again."""
    tables = erp_tables(settings)
    with erp_of(settings, asked.clock) as database:
        book = QueueBook(database, tables)
        if asked.given.get("retry"):
            yield from _retried(book, int(asked.given["retry"]))
        else:
            rows = book.listed(failed=bool(asked.given.get("failed")), limit=asked.given.get("limit") or SHOWN)
            there = examine(database, tables).tables
            yield from _listed(book, rows, names_of(database, there, rows), limit=asked.given.get("limit") or SHOWN)


def _retried(book: QueueBook, id: int) -> Told:
    if not book.retry(id):
        raise ConfigurationError(
            [f"Row {id} of the queue cannot be tried again: there is none that failed, or a newer one does its work."],
            next_step=f"See which failed: {MANAGER} erp queue --failed",
        )
    yield f"Row {id} is tried again with the next run, with all its tries."
    yield {"retried": id}
    yield Exit.DONE


def _listed(book: QueueBook, rows: Sequence[QueueRow], names: Mapping[int, str], *, limit: int) -> Told:
    counts = book.counts()
    since = f" The oldest waits since {iso(counts.waiting_since)}." if counts.waiting_since else ""
    yield (
        f"{counts.pending} wait ({counts.retrying} of them to be tried again), {counts.processing} under way, "
        f"{counts.failed} failed; done in the last day: {counts.completed_today}.{since}"
    )
    for row in rows:
        yield _line(row, names.get(row.id))
    if len(rows) == limit:
        yield f"These are the newest {limit}; --limit shows more."
    if counts.failed:
        yield f"To have one tried again once its cause is mended: {MANAGER} erp queue --retry ID"
    yield {
        "counts": asdict(counts) | {"failure_rate": round(counts.failure_rate, 4)},
        "rows": [_row_data(row) | {"name": names.get(row.id)} for row in rows],
    }
    yield Exit.DONE


def _line(row: QueueRow, name: str | None) -> str:
    when = f", next try {iso(row.next_attempt_at)}" if row.status == "pending" and row.retry_count else ""
    who = f" by {row.locked_by}" if row.locked_by else ""
    tries = f", tried {row.retry_count} of {row.max_retries} times" if row.retry_count and row.status != "failed" else ""
    what = f"{name} ({row.entity_id})" if name and row.direction == TO_SHOPIFY else name or row.entity_id
    why = f": {row.error_message}" if row.error_message else ""
    newer = f", row {row.superseded_by} does its work" if row.superseded_by else ""
    return f"  {row.id}  {row.action} {row.entity_type} {what}, {row.direction}, {row.status}{who}{tries}{when}{newer}{why}"


def _row_data(row: QueueRow) -> dict[str, Any]:
    told = asdict(row)
    return {name: iso(value) if hasattr(value, "astimezone") else value for name, value in told.items()}


DATABASE_ACTIONS: Mapping[str, Action[Any]] = {
    "install": Action(
        "make the queue, the triggers and the settings in the ERP's database, or bring them up to date",
        make,
        (
            ActionOption("print", "print the SQL instead, to be run by somebody else (Supabase's SQL editor)"),
            ActionOption("remove", "take away all that was installed; what the ERP had before stays"),
            ActionOption("yes", "with --remove: do not ask"),
            ActionOption("complete", "also make a small complete ERP: products, customers, orders, stock"),
        ),
        load_database,
    ),
    "test": Action("try the way to the ERP's database, its tables, rights, switches and the queue", test, (), load_database),
    "queue": Action(
        "show what waits, what is under way and what failed, and why",
        look_at_queue,
        (
            ActionOption("failed", "only what failed for good"),
            ActionOption("retry", "have this row tried again with the next run", "ID", number=True),
            ActionOption("limit", f"how many rows to show (default: {SHOWN})", "N", number=True),
        ),
        load_database,
    ),
}
