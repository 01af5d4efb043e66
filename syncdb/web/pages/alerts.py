"""What people are told of outside these pages, by which ways, and silence about it. The same as `alerts`."""

import logging
from datetime import timedelta
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError
from syncdb.values import iso
from syncdb.web.access import Role, Way
from syncdb.web.rendering import asked, back_to, page, site
from syncdb.wording import counted

SPANS = {"1": "an hour", "24": "a day", "168": "a week", "0": "no longer"}  # hours of silence
log = logging.getLogger("syncdb.web")


def alerts() -> Response:
    """Troubles that are not over, what was sent of each, and what did not arrive."""
    from syncdb.services.alerts.overview import Alert, alerts_overview

    now = asked().now
    found, calendar = alerts_overview(_about(), now), site().calendar(now)

    def shown(one: Alert) -> dict[str, Any]:
        return {
            "what": f"{one.pair}/{one.code}" if one.pair else one.code,
            "message": one.message,
            "remedy": one.remedy,
            "since": calendar.ago(iso(one.first_at)),
            "sent": one.sent,
            "silent": calendar.ago(iso(one.silenced_until)) if one.silenced_until else "",
        }

    return page(
        "alerts.html",
        "Alerts",
        command="alerts list",
        age=f"Read at {now.astimezone(calendar.zone):%H:%M:%S %Z}.",
        firing=[shown(one) for one in found.firing],
        ways=found.ways,
        problems=found.problems,
        failing=[(one.channel, one.messages, one.error) for one in found.failing],
        silences=[(one.what, calendar.ago(iso(one.until)), one.by) for one in found.silences],
        spans=SPANS,
    )


def _about() -> Any:
    from syncdb.services.alerts.alerting import alerting  # what sends messages takes a moment to load

    place = site()
    return alerting(place.config, place.db, place.env, place.folder)


def quiet() -> AnyResponse:
    """Tell nobody of something for a while."""
    from syncdb.services.alerts.overview import silence

    what, hours = request.form.get("what", "").strip(), request.form.get("hours", "")
    if hours not in SPANS or not what or len(what) > 100 or not what.isprintable():
        raise ConfigurationError(["Of what, and for how long? Nothing was changed."])
    now = asked().now
    silence(_about().path, what, now + timedelta(hours=int(hours)), asked().name, now)
    log.info("%s silenced the alerts about %s for %s h", asked().name, what, hours)
    told = f"Nobody is told of {what} for {SPANS[hours]}." if hours != "0" else f"People are told of {what} again."
    return back_to("/alerts", told)


def test() -> AnyResponse:
    """Send a message by each way that is configured."""
    from syncdb.services.alerts.trial import tried

    found = tried(_about(), asked().now)
    log.info("%s sent a test message by %s", asked().name, counted(len(found), "way"))
    told = [f"{one.way}: {f'not sent, {one.error}' if one.error else 'sent'}." for one in found]
    return back_to("/alerts", *(told or ["No way to tell anybody is configured; docs/alerts.md says how."]))


WAYS = (
    Way("/alerts", alerts),
    Way("/alerts/silence", quiet, Role.OPERATOR, ("POST",)),
    Way("/alerts/test", test, Role.OPERATOR, ("POST",)),
)
