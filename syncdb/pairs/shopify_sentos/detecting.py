"""`sync_manager.py sentos detect`: which way of logging in works, tried one after the other, each only once it was agreed to."""

from collections.abc import Iterator, Mapping
from typing import Any

from syncdb.errors import Exit
from syncdb.pairs.base import Action, Asked
from syncdb.pairs.shopify_sentos.settings import SentosSettings
from syncdb.systems.sentos.detect import detect


def find_login(settings: SentosSettings, asked: Asked) -> Iterator[str | Exit]:
    """What was tried and what came of it, line by line, and the exit code at the end."""
    yield f"Looking for the way to log in to {settings.sentos_api_url}. Each way sends the key or the secret once, as it says."
    for one in detect(settings, asked.agreed, asked.clock):
        yield f"  {one.scheme}: {one.told}"
        if one.works:
            same = one.scheme == settings.sentos_auth
            yield "That is what sentos_auth says: nothing is to be changed." if same else f"Set sentos_auth to {one.scheme}."
            yield Exit.DONE
            return
        if one.works is None and one.told != "not tried":
            yield "That tells nothing about the login, so no other way was tried. Put it right and ask again."
            yield Exit.REMOTE
            return
    yield "None of the ways that were tried is accepted. Check sentos_api_url, sentos_api_key and sentos_api_secret."
    yield Exit.REMOTE


ACTIONS: Mapping[str, Action[Any]] = {
    "detect": Action("find out which way of logging in to Sentos works, one at a time, asking before each", find_login)
}
