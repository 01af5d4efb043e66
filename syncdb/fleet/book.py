"""The fleet's database: which shops there are, when each is due, and what its last run came to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from syncdb import __version__
from syncdb.errors import ConfigurationError, NeedsPerson
from syncdb.fleet import schema
from syncdb.fleet.database import Row
from syncdb.fleet.decisions import Next, on_its_way
from syncdb.fleet.layout import Bucket, FleetPlan, ShopPlan
from syncdb.programs import MANAGER

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a worker needs of a shop that it begins to run."""

    every: timedelta
    failures: int
    buckets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FleetBook:
    """The tables, over one session. Raises NeedsPerson where they are not there."""

    connection: "psycopg.Connection[Row]"

    def rows(self, sql: str, **values: Any) -> list[Row]:
        """What a statement gives."""
        import psycopg

        try:
            cursor = self.connection.execute(sql, values)
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as why:
            told = "The fleet's database has no tables of a fleet yet, or not those of this version."
            raise NeedsPerson(told, next_step=f"Run: {MANAGER} fleet init") from why
        return cursor.fetchall() if cursor.description else []

    def install(self) -> None:
        """The tables, where they are not there."""
        if self.rows("select to_regclass('procrastinate_jobs') is null as lacking")[0]["lacking"]:
            from procrastinate.schema import SchemaManager

            self.connection.execute(SchemaManager.get_schema())
        self.connection.execute(schema.TABLES)

    def dropped(self) -> set[str]:
        """The shops that were dropped for good."""
        return {row["name"] for row in self.rows("select name from fleet_dropped")}

    def take_in(self, plan: FleetPlan, shops: Sequence[ShopPlan]) -> None:
        """Shops as they are planned. Of one that is there already only the plan changes; where it lives is changed by `move`."""
        for shop in shops:
            self.rows("delete from fleet_dropped where name = %(name)s", name=shop.name)
            self.rows(
                "insert into fleet_shops (name, home, every_minutes, buckets) "
                "values (%(name)s, %(home)s, %(every)s, %(buckets)s) "
                "on conflict (name) do update set every_minutes = excluded.every_minutes, buckets = excluded.buckets",
                name=shop.name,
                home=shop.home,
                every=shop.every,
                buckets=list(shop.buckets),
            )
        for bucket in plan.buckets:
            self.rows(
                "insert into fleet_buckets values (%(name)s, %(runs)s, %(system)s, %(requests)s) on conflict (name) do update "
                "set runs_at_once = excluded.runs_at_once, system = excluded.system, requests = excluded.requests",
                name=bucket.name,
                runs=bucket.runs,
                system=bucket.system,
                requests=bucket.requests,
            )

    def change(self, name: str, what: str, **values: Any) -> None:
        """Change a shop: `what` is the part after `set`. Raises ConfigurationError where there is no such shop."""
        if not self.rows(f"update fleet_shops set {what} where name = %(name)s returning name", name=name, **values):
            raise _no_shop(name)

    def shop(self, name: str) -> Row:
        """What is known of a shop. Raises ConfigurationError where there is none."""
        found = self.rows("select * from fleet_shops where name = %(name)s", name=name)
        if not found:
            raise _no_shop(name)
        return found[0]

    def pause(self, name: str) -> None:
        """No run of a shop begins any more. Raises ConfigurationError where there is none."""
        if not on_its_way(self.shop(name)):  # it does not run, and must not before it is in place
            self.change(name, "paused = 'by a person'")

    def resume(self, name: str) -> None:
        """A shop runs again, with a clean slate. Raises ConfigurationError where there is none, NeedsPerson where its ledger is
        on its way to it.
        """
        if on_its_way(row := self.shop(name)):
            raise NeedsPerson(
                f"{name} is on its way to {row['home']}, and its ledger is not in place there. Nothing was changed.",
                next_step=f"On {row['home']}: fleet move {name} --arrive --home {row['home']} --via PATH",
            )
        self.arrived(name)

    def arrived(self, name: str) -> None:
        """A shop's ledger is in place at its home."""
        self.change(name, "paused = '', failures = 0, told = '', due_at = now()")

    def wish(self, name: str) -> None:
        """Have a shop run as soon as may be. Raises ConfigurationError where there is none, NeedsPerson where it is paused."""
        self.change(name, "wanted_at = now(), due_at = now()")
        paused = self.rows("select paused from fleet_shops where name = %(name)s", name=name)[0]["paused"]
        if paused:
            raise NeedsPerson(f"{name} is paused ({paused}): it does not run before that ends.", next_step=f"fleet resume {name}")

    def by_home(self) -> list[Row]:
        """Each home with shops: how many, its workers that are alive with their slots, how many seconds ago one was seen."""
        return self.rows(schema.HOMES)

    def tokens(self) -> dict[str, int]:
        """The token of each shop: which stay at a home counts."""
        return {row["name"]: row["token"] for row in self.rows("select name, token from fleet_shops")}

    def living_at(self, home: str) -> set[str]:
        """The shops of a home."""
        return {row["name"] for row in self.rows("select name from fleet_shops where home = %(home)s", home=home)}

    def homes(self) -> set[str]:
        """Where shops live, or workers were seen within a day."""
        return {row["home"] for row in self.rows("select home from fleet_shops union select home from fleet_workers")}

    def remove(self, name: str) -> None:
        """Drop a shop for good. Its folder and its ledger stay. Raises ConfigurationError where there is none."""
        gone = """with gone as (delete from fleet_shops where name = %(name)s returning name)
                  insert into fleet_dropped (name) select name from gone on conflict do nothing returning name"""
        if not self.rows(gone, name=name):
            raise _no_shop(name)

    def due(self, home: str, most: int) -> list[Row]:
        """The shops of a home that are due and wait for nothing, the longest due first."""
        return self.rows(schema.DUE, home=home, most=most)

    def lock(self, name: str) -> bool:
        """Whether this session now holds the shop, which no other can until it ends."""
        return bool(self.rows("select pg_try_advisory_lock(hashtextextended(%(what)s, 0)) as got", what=f"shop:{name}")[0]["got"])

    @contextmanager
    def held(self, name: str, busy: str, next_step: str = "") -> Iterator[None]:
        """This session holds the shop while inside. Raises NeedsPerson with the sentence `busy` where another one does.

        It is given back at once: the server would notice only a while later that the session has ended.
        """
        if not self.lock(name):
            raise NeedsPerson(busy, next_step=next_step)
        try:
            yield
        finally:
            if not self.connection.closed:
                self.rows("select pg_advisory_unlock(hashtextextended(%(what)s, 0))", what=f"shop:{name}")

    def buckets(self, names: Sequence[str]) -> list[Bucket]:
        """The buckets of these names; of one that is not known, one run at once."""
        found = {
            row["name"]: row for row in self.rows("select * from fleet_buckets where name = any(%(names)s)", names=list(names))
        }
        return [
            Bucket(name, found[name]["runs_at_once"], found[name]["system"], found[name]["requests"])
            if name in found
            else Bucket(name, 1)
            for name in names
        ]

    def share(self, bucket: Bucket) -> bool:
        """Whether this session got one of the places at which runs share a limit."""
        key = "select pg_try_advisory_lock(hashtextextended(%(what)s, 0)) as got"
        return any(self.rows(key, what=f"bucket:{bucket.name}:{place}")[0]["got"] for place in range(bucket.runs))

    def begin(self, name: str, token: int, home: str, worker: str) -> Claimed | None:
        """Note that a run begins; None where the shop is not this worker's business any more."""
        found = self.rows(schema.BEGIN, name=name, token=token, home=home, worker=worker)
        if not found:
            return None
        row = found[0]
        return Claimed(timedelta(minutes=row["every_minutes"]), row["failures"], tuple(row["buckets"]))

    def end(self, name: str, token: int, code: int, told: str, then: Next) -> None:
        """Note what a run came to."""
        self.rows(
            schema.END, name=name, token=token, code=code, told=told[:500], failures=then.failures, paused=then.paused,
            due=then.due, done=code in (0, 3),
        )  # fmt: skip

    def later(self, name: str, token: int, wait: timedelta) -> None:
        """It could not be run now: again in a while."""
        self.rows(schema.LATER, name=name, token=token, wait=wait)

    def alive(self, worker: str, home: str, slots: int) -> None:
        """A worker is at work."""
        self.rows(
            "insert into fleet_workers (name, home, slots, version) values (%(name)s, %(home)s, %(slots)s, %(version)s) "
            "on conflict (name) do update set seen_at = now()",
            name=worker,
            home=home,
            slots=slots,
            version=__version__,
        )
        self.rows("delete from fleet_workers where seen_at < now() - interval '1 day'")
        self.rows(schema.FORGET)

    def silence(self, name: str) -> None:
        """End the session that holds a shop for a worker that does not answer any more, so that another can take it over."""
        self.rows(schema.SILENCE, application=application_of(name))

    def status(self) -> list[Row]:
        """Every shop, those first that need a person."""
        return self.rows(schema.STATUS)

    def now(self) -> datetime:
        """The database's clock, which is the fleet's."""
        found: datetime = self.rows("select now() as now")[0]["now"]
        return found


def _no_shop(name: str) -> ConfigurationError:
    return ConfigurationError(
        [f"The fleet has no shop {name}."], next_step="fleet status lists them; fleet add NAME takes one in."
    )


def application_of(name: str) -> str:
    """What the session that holds a shop calls itself; PostgreSQL keeps 63 letters."""
    return f"syncdb fleet {name}"[:63]
