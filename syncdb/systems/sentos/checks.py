"""What can be told of an account of Sentos before a run: address, login, warehouses, sales channels."""

from collections.abc import Collection, Iterator

from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.sentos.paging import page_in
from syncdb.decoding import understood
from syncdb.errors import Exit, SyncdbError
from syncdb.systems.check import Check, failed, passed, refused, skipped


def check_account(client: SentosClient, wanted: Collection[int], channel: int | None) -> Iterator[Check]:
    """One request tells of address, login and warehouses, another of the sales channels."""
    try:
        warehouses = named(client, "/warehouses")
    except SyncdbError as error:
        yield refused("sentos", "login", error)
        return
    yield passed("sentos", "login", f"{client.host}, by {client.scheme}")
    lacking = sorted(set(wanted) - warehouses.keys())
    shown = ", ".join(f"{number} {name}" for number, name in warehouses.items()) or "none"
    if lacking:
        told = f"{', '.join(map(str, lacking))} of sentos_warehouses is not there; there are: {shown}"
        yield failed("sentos", "warehouses", told, "Correct sentos_warehouses.", Exit.CONFIGURATION)
    else:
        yield passed("sentos", "warehouses", shown)
    yield _check_channel(client, channel)


def _check_channel(client: SentosClient, channel: int | None) -> Check:
    unset = "sentos_channel_id is not set: orders are not sent"
    try:
        channels = named(client, "/sales-channels")
    except SyncdbError as error:
        return refused("sentos", "channel", error) if channel is not None else skipped("sentos", "channel", unset)
    shown = ", ".join(f"{number} {name}" for number, name in channels.items()) or "none"
    if channel is None:
        return skipped("sentos", "channel", f"{unset}; there are: {shown}")
    if channel not in channels:
        return failed(
            "sentos", "channel", f"there is no {channel}; there are: {shown}", "Correct sentos_channel_id.", Exit.CONFIGURATION
        )
    return passed("sentos", "channel", f"{channel} {channels[channel]}")


@understood("Sentos")
def named(client: SentosClient, path: str) -> dict[int, str]:
    """A list of things with number and name. Raises what the client raises, and NotUnderstood."""
    return {int(one["id"]): str(one.get("name") or "") for one in page_in(client.get(path)).items}
