"""What is configured, whether each system answers, and how to change it. The same as `validate`."""

import logging
from typing import Any

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.services.calendar import Calendar
from syncdb.services.settings_shown import settings_shown
from syncdb.services.usable_pairs import meant_pairs
from syncdb.services.validation import check_ledger, check_remotes, read_configurations
from syncdb.systems.check import Check, CheckState
from syncdb.web.access import Role, Way
from syncdb.web.asked import Tested
from syncdb.web.pages.secrets import schedule_shown, secrets_shown
from syncdb.web.rendering import asked, back_to, page, site

log = logging.getLogger("syncdb.web")


def settings() -> Response:
    """How each system stands, and every setting that counts."""
    place, now = site(), asked().now
    pairs = meant_pairs(None, place.config, place.env)
    shown = settings_shown(pairs, place.flags, place.env, place.folder, place.config)
    tested = place.tested
    return page(
        "settings.html",
        "Settings",
        command="validate",
        age=f"Tested {Calendar.of(None, now).ago(tested.at.isoformat())}."
        if tested
        else "Not tested since these pages are there.",
        systems=[_system(system.name, system.title, tested) for system in registry.systems_of(pairs)],
        others=[one for one in (tested.checks if tested else ()) if one.part in ("ledger", "configuration")],
        secrets=secrets_shown(),
        names=sorted(one.name for group in shown.groups for one in group[1] if one.secret),
        schedule=list(schedule_shown()),
        scheduling=place.scheduling,
        shown=shown,
        signs={CheckState.PASSED: "ok", CheckState.FAILED: "bad", CheckState.SKIPPED: "off"},
    )


def _system(name: str, title: str, tested: Tested | None) -> dict[str, Any]:
    """Connected, failed, or not tested yet, with what was seen."""
    checks = [one for one in (tested.checks if tested else ()) if _is_of(one, name)]
    failed = [one for one in checks if one.state is CheckState.FAILED]
    if not checks:
        return {"name": name, "title": title, "kind": "off", "word": "not tested", "checks": []}
    kind, word = ("bad", "failed") if failed else ("ok", "connected")
    return {"name": name, "title": title, "kind": kind, "word": word, "checks": checks}


def _is_of(check: Check, system: str) -> bool:
    """Checks of a system stand under its name, or the first word of it."""
    return check.part in (system, system.partition("_")[0])


def test() -> AnyResponse:
    """Try everything that a run needs; nothing is changed."""
    place, now = site(), asked().now
    usable, checks = read_configurations(
        meant_pairs(None, place.config, place.env), place.flags, place.env, place.folder, place.config
    )
    if usable:
        path = usable[0].settings.db_path
        checks += [*check_ledger(path), *check_remotes(usable, path, place.clock)]
    place.tested = Tested(now, tuple(checks))
    failed = sum(one.state is CheckState.FAILED for one in checks)
    log.info("%s tested the connections: %d of %d checks failed", asked().name, failed, len(checks))
    if not checks:
        raise ConfigurationError(["Nothing is configured, so nothing could be tested."])
    return back_to("/settings", f"{failed} of {len(checks)} checks failed." if failed else f"All {len(checks)} checks passed.")


WAYS = (Way("/settings", settings), Way("/settings/test", test, Role.OPERATOR, ("POST",)))
