"""A receiver between the local shop and the runs, all in simulated time: the shop's webhooks arrive over HTTP."""

import io
import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import make_server

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.errors import Interrupted
from syncdb.services.event_sources import event_sources
from syncdb.web.application import application_of

PUBLIC = "https://hooks.example"
TOPICS = (
    *("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_DELETE"),
    *("PRODUCTS_CREATE", "PRODUCTS_UPDATE", "PRODUCTS_DELETE", "INVENTORY_LEVELS_UPDATE"),
)


@dataclass
class Listening:
    """Use as a context manager around a world (of `pair`) whose first run was made."""

    world: Any
    pair: str
    subscribed: bool = True
    stores: Sequence[Any] = ()  # of a world with several shops; else it has one, called shopify

    def __enter__(self) -> Self:
        self.world.env["BASE_URL"] = PUBLIC
        env = self.world.sandbox.environment() | self.world.env
        app = application_of(event_sources(None, env, self.world.folder), lambda: int(self.world.time * 1000))
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        apps = {one.name: one.app for one in self.stores} or {"shopify": self.world.sandbox.shopify}
        self.desks = [app.webhooks for app in apps.values()]
        self.desk = self.desks[0]
        for name, app in apps.items():
            app.webhooks.proxies[PUBLIC] = f"http://127.0.0.1:{self.server.port}"
            for topic in TOPICS if self.subscribed else ():
                given = {"uri": f"{PUBLIC}/webhooks/{name}", "includeFields": [], "format": "JSON"}
                assert app.webhooks.subscriptions.create(topic, given)[1] == []
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def series(self, seconds: float, at: dict[float, Callable[[], object]], **asked: Any) -> "Series":
        """The pair in continuous mode for so many seconds of its first wait. What stands in `at` happens so many seconds in."""
        found = Series()
        began: list[float] = []
        todo = sorted(at.items())

        def sleep(wait: float) -> None:
            began.append(self.world.time)
            if len(began) == 1:
                for faults in self._faults():
                    faults.log.clear()
            self.world.pass_time(wait)
            gone = self.world.time - began[0]
            while todo and todo[0][0] <= gone:
                todo.pop(0)[1]()
            for desk in self.desks:
                desk.deliver_due()
            if gone >= seconds:
                raise Interrupted("asked to end")

        clock = Clock(now=self.world.clock.now, monotonic=self.world.clock.monotonic, sleep=sleep)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            options = RunOptions(continuous=True, interval=3600, **asked)
            found.code = run(self.pair, options, self.world.sandbox.environment() | self.world.env, clock)
        found.text, found.errors = out.getvalue(), err.getvalue()
        assert "Traceback" not in found.text + found.errors
        found.asked = [str(one.body_json["query"]).split("(")[0].split("{")[0].strip() for one in self._graphql()]
        return found

    def _graphql(self) -> list[Any]:
        return [one for faults in self._faults() for one in faults.log if one.path.endswith("/graphql.json")]

    def _faults(self) -> list[Any]:
        return [one.faults for one in self.stores] or [self.world.faults]


@dataclass
class Series:
    """How a series went; `asked` are the names of what was asked of the shop after the first run."""

    code: int = -1
    text: str = ""
    errors: str = ""
    asked: list[str] = field(default_factory=list)
