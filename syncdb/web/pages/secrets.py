"""Secrets by their last letters and age, and another in place of one; runs by themselves, switched on and off."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.config.place import config_place
from syncdb.config.secret_store import SecretStore
from syncdb.errors import ConfigurationError
from syncdb.ledger.web import schedules
from syncdb.pairs import registry
from syncdb.services.calendar import Calendar, span
from syncdb.services.scheduler import planned
from syncdb.services.secrets_overview import checked_secret, secret_named, secrets_overview
from syncdb.values import iso
from syncdb.web.access import Role, Way
from syncdb.web.rendering import asked, back_to, site

log = logging.getLogger("syncdb.web")


def secrets_shown() -> list[dict[str, Any]]:
    """Each secret that is set somewhere; never more of it than its last letters. A place that cannot be read has none."""
    place = site()
    try:
        found = secrets_overview(place.config, place.env)
    except ConfigurationError:
        return []  # the settings tell what is wrong
    return [
        {
            "name": one.name,
            "where": one.where,
            "last4": one.last4 or "",
            "age": _age(one.set_at),
            "lost": one.lost,
            "also": ", ".join(one.also),
        }
        for one in found
    ]


def _age(since: datetime | None) -> str:
    return span(asked().now - since) if since else ""


def replace_secret() -> AnyResponse:
    """Keep a secret, encrypted, in place of the one that was there. It is never shown again."""
    place, now = site(), asked().now
    name = secret_named(request.form.get("secret", ""))
    value = checked_secret(name, request.form.get("value", ""))
    SecretStore.of(config_place(place.config, place.env, place.folder).file, place.env).put(name, value, now)
    log.info("%s replaced the secret %s", asked().name, name)
    counts = next((one for one in secrets_shown() if one["name"] == name), None)
    told = [f"{name} is stored, encrypted."]
    if counts and "secrets.json" not in counts["where"]:
        told.append(f"But {counts['where']} holds one, too, and that one counts. Remove it there.")
    return back_to("/settings", *told)


def schedule_shown() -> Iterator[dict[str, Any]]:
    """When each pair runs by itself, where this process (or another) makes the runs."""
    place = site()
    try:
        plan = planned(place.config, place.env, place.folder)
    except ConfigurationError:
        return  # the settings tell what is wrong
    kept = schedules.due_times(place.door.path)
    calendar = Calendar.of(None, asked().now)
    for one in plan:
        due = kept.get(one.pair.name)
        off = due is not None and due.off_at is not None
        yield {
            "pair": one.pair.name,
            "title": one.pair.title,
            "rhythm": str(one.rhythm),
            "next": calendar.ago(iso(due.next_at)) if due and due.next_at and not off else "",
            "off": off,
            "by": due.off_by if due else "",
        }


def switch() -> AnyResponse:
    """Switch a pair's scheduled runs on or off."""
    pair, on = registry.pair_named(request.form.get("pair", "")), request.form.get("on") == "yes"
    if pair is None:
        raise ConfigurationError(["There is no such pair. Nothing was changed."])
    schedules.switch(site().door.path, pair.name, on, asked().name, asked().now)
    log.info("%s switched the scheduled runs of %s %s", asked().name, pair.name, "on" if on else "off")
    return back_to("/settings", f"Scheduled runs of {pair.title} are {'on' if on else 'off'}.")


WAYS = (
    Way("/settings/secret", replace_secret, Role.OWNER, ("POST",), again=True),
    Way("/settings/schedule", switch, Role.OWNER, ("POST",)),
)
