"""What is configured, whether each system answers, and how to change it. The same as `validate`."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from syncdb.config.reading import read
from syncdb.errors import ConfigurationError
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.services.calendar import Calendar
from syncdb.services.known_schedules import served
from syncdb.services.settings_shown import settings_shown
from syncdb.services.usable_pairs import meant_pairs
from syncdb.services.validation import check_ledger, check_remotes, read_configurations
from syncdb.systems.base import System
from syncdb.systems.check import Check, CheckState
from syncdb.web.access import Role, Way
from syncdb.web.asked import Tested
from syncdb.web.pages.secrets import schedule_shown, secrets_shown
from syncdb.web.rendering import asked, back_to, page, site

_MARK = secrets.token_bytes(32)
log = logging.getLogger("syncdb.web")


def settings() -> Response:
    """How each system stands, and every setting that counts."""
    place, now = site(), asked().now
    pairs = meant_pairs(None, place.config, place.env)
    shown = settings_shown(pairs, place.flags, place.env, place.folder, place.config)
    tested = place.tested
    changed = changed_since(tested, pairs)
    return page(
        "settings.html",
        "Settings",
        command="validate",
        age=f"Tested {Calendar.of(None, now).ago(tested.at.isoformat())}."
        if tested
        else "Not tested since these pages are there.",
        systems=[_system(one, tested, changed) for one in registry.systems_of(pairs)],
        others=[one for one in (tested.checks if tested else ()) if one.part in ("ledger", "configuration")],
        secrets=secrets_shown(),
        names=sorted(one.name for group in shown.groups for one in group[1] if one.secret),
        schedule=list(schedule_shown()),
        scheduling=place.scheduling,
        elsewhere=not place.scheduling and bool(served(place.place.ledger, now)),
        shown=shown,
        signs={CheckState.PASSED: "ok", CheckState.FAILED: "bad", CheckState.SKIPPED: "off"},
    )


def _system(one: System, tested: Tested | None, changed: Collection[str]) -> dict[str, Any]:
    """Connected, failed, or not tested with the settings that count now, with what was seen."""
    shown = {"name": one.name, "title": one.title[:1].upper() + one.title[1:]}
    checks = [check for check in (tested.checks if tested else ()) if _is_of(check, one.name)]
    if not checks or one.name in changed:
        word = "changed, not tested since" if checks else "not tested"
        return shown | {"kind": "look" if checks else "off", "word": word, "checks": []}
    failed = any(check.state is CheckState.FAILED for check in checks)
    kind, word = ("bad", "failed") if failed else ("ok", "connected")
    return shown | {"kind": kind, "word": word, "checks": checks}


def changed_since(tested: Tested | None, pairs: Sequence[PairType]) -> set[str]:
    """The systems with other settings than those that a test tried."""
    now = _standing(pairs) if tested else {}
    return {name for name, mark in now.items() if tested and tested.of.get(name) != mark}


def _standing(pairs: Sequence[PairType]) -> dict[str, str]:
    """A mark of each system's settings as they are now, and of what the pairs have of their own; no secret is kept by it."""
    place, found = site(), dict[str, str]()
    for pair in pairs:
        values = read(pair.all_keys, registry.known_keys(), place.flags, place.env, place.folder, place.config).values
        for system in pair.systems:
            told = repr([(key.name, _as_it_is(values.get(key.name))) for key in (*system.keys, *pair.keys)])
            found[system.name] = hmac.new(_MARK, (found.get(system.name, "") + told).encode(), hashlib.sha256).hexdigest()
    return found


def _as_it_is(value: Any) -> Any:
    """A setting's value; of a file also when it was last changed."""
    with suppress(OSError):
        return (value, value.stat().st_mtime_ns) if isinstance(value, Path) else value
    return value


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
    place.tested = Tested(now, tuple(checks), _standing(meant_pairs(None, place.config, place.env)))
    failed = sum(one.state is CheckState.FAILED for one in checks)
    log.info("%s tested the connections: %d of %d checks failed", asked().name, failed, len(checks))
    if not checks:
        raise ConfigurationError(["Nothing is configured, so nothing could be tested."])
    return back_to("/settings", f"{failed} of {len(checks)} checks failed." if failed else f"All {len(checks)} checks passed.")


WAYS = (Way("/settings", settings), Way("/settings/test", test, Role.OPERATOR, ("POST",)))
