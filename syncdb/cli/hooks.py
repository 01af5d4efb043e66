"""`hooks`: receive webhooks until somebody ends it."""

import os
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.options import ConfigOption, answering
from syncdb.ledger.inbox.inbox import Inbox
from syncdb.logs import set_up
from syncdb.services.event_sources import event_sources


def hooks(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; the proxy in front comes here.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 is any free one.")] = 8787,
    config: ConfigOption = None,
) -> None:
    """The command `hooks`; what its help says stands in syncdb.cli.commands."""
    from syncdb.web.application import application_of
    from syncdb.web.serving import serve

    with answering(False, acts=True) as output:
        heard = event_sources(config, os.environ, Path.cwd())
        Inbox.open(heard.inbox).close()  # what keeps it from being written is told now, not with the first event

        def ready(bound: int) -> None:
            output.line(
                f"Receiving webhooks of {', '.join(heard.senders)} on http://{host}:{bound}/webhooks/NAME. Ctrl-C ends it."
            )

        with set_up(None, verbose=False, terminal=False, secrets=heard.secrets):
            serve(application_of(heard), host, port, ready)
