"""`serve`: the pages, until somebody ends it."""

import os
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from syncdb.cli.options import ConfigOption, DbOption, answering
from syncdb.errors import ConfigurationError

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.web.asked import Site

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen. Beyond this computer: see --url.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 is any free one.")] = 8790,
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="The public https address, where a proxy brings it here.")
    ] = "",
    behind_proxy: Annotated[
        str, typer.Option("--behind-proxy", metavar="ADDRESS", help="The proxy's address: it alone may come, and is believed.")
    ] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Show everything, change nothing.")] = False,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="Also start runs by itself, as the setting schedule says (each hour).")
    ] = False,
    new_owner: Annotated[
        bool, typer.Option("--new-owner", help="Show a code to make an owner with, though there are accounts (lost password).")
    ] = False,
    config: ConfigOption = None,
    db: DbOption = None,
) -> None:
    """The command `serve`; what its help says stands in syncdb.cli.commands."""
    with answering(False, acts=True) as output:
        from syncdb.logs import set_up
        from syncdb.web.opening import open_site, scheduled, secrets_of
        from syncdb.web.serving import serve_pages
        from syncdb.web.site import site_of

        _refuse_open(host, url, behind_proxy)
        site = open_site(
            config, db, os.environ, Path.cwd(), url=url, proxy=behind_proxy, read_only=read_only, new_owner=new_owner
        )

        site.scheduling = schedule

        def ready(bound: int) -> None:
            _tell(output, site, url or f"http://{'localhost' if host in _LOOPBACK else host}:{bound}")

        with (
            set_up(site.place.log, verbose=False, terminal=True, secrets=secrets_of(site)),
            scheduled(site) if schedule else nullcontext(),
        ):
            serve_pages(site_of(site), host, port, ready)


def _refuse_open(host: str, url: str, proxy: str) -> None:
    """Beyond this computer only behind a proxy that speaks https: passwords go over the wire. Raises ConfigurationError."""
    parts = urlsplit(url)
    if url and (parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/") or parts.query):
        raise ConfigurationError(
            [f"--url {url}: this must be an https address without a path, such as https://sync.example.com."]
        )
    if host not in _LOOPBACK and not (url and proxy):
        raise ConfigurationError(
            [f"--host {host} would let other computers in, and passwords would cross the network in the clear."],
            next_step="Leave --host out, or put a proxy that speaks https in front and name it: --url https://... --behind-proxy "
            "ADDRESS (docs/web.md).",
        )


def _tell(output: "Output", site: "Site", address: str) -> None:
    output.line(f"The pages are at {address} (Ctrl-C ends it; runs that are under way go on).", "bold")
    with suppress(ConfigurationError):
        output.line(f"Ledger: {site.place.ledger}")
    if site.door.code is not None:
        output.line(f"Code to make an owner: {site.door.code.code}  (good for 15 minutes and 5 tries, once)")
