"""The ordinary command of a shop as a process of its own: started, watched, asked to end where the shop is not ours any more."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from syncdb.errors import Exit, worst
from syncdb.fleet.layout import ShopPlan
from syncdb.pairs import registry
from syncdb.programs import INSTALLED, ROOT
from syncdb.services.ledger_location import configured_pairs

LOOK = 0.25  # seconds between two looks at a process
MOST_WORDS = 490  # letters of what a run said at its end that the fleet's database keeps
PATIENCE = 300.0  # seconds that a run is given to end between two writes


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: the exit code that most needs a look, and the last words on its error stream."""

    code: int
    told: str = ""


Start = Callable[[Path, ShopPlan, Callable[[], bool]], Ended]


def run_shop(config: Path, shop: ShopPlan, ours: Callable[[], bool]) -> Ended:
    """Run every configured pair of a shop, one after the other. `ours` is asked now and then whether to go on."""
    if lacking := secrets_lacking(shop, os.environ):
        return Ended(int(Exit.CONFIGURATION), f"The worker's environment lacks {lacking}. Nothing was contacted.")
    env = environment(shop, os.environ)
    pairs = configured_pairs(config, env) or registry.PAIRS[:1]
    ended: list[Ended] = []
    for pair in pairs:
        ended.append(watched([*program(), pair.command, "--quiet", *named(config)], config.parent, env, ours))
        if not ours():
            break
    codes = [one.code for one in ended]
    if killed := [one for one in ended if one.code < 0 or one.code not in {int(known) for known in Exit}]:
        return killed[0]
    told = next((one.told for one in ended if one.told), "")
    return Ended(int(worst(Exit(code) for code in codes)), told)


def secrets_lacking(shop: ShopPlan, env: Mapping[str, str]) -> str:
    """The variables that should hold the shop's secrets and do not, for people; empty where none is lacking."""
    return " and ".join(sorted(name for name in shop.secrets.values() if not env.get(name)))


def program() -> list[str]:
    """The manager, with this very Python."""
    return [sys.executable, "-m", "syncdb"] if INSTALLED else [sys.executable, str(ROOT / "sync_manager.py")]


def named(config: Path) -> list[str]:
    """The option that names a shop's configuration; none where it has only a `.env`, which is found in its folder."""
    return ["--config", str(config)] if config.is_file() else []


def environment(shop: ShopPlan, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a run: the worker's without what would be a setting of every shop, with the shop's secrets."""
    known = registry.known_keys()
    own = {name: value for name, value in env.items() if name not in known.by_env and name != "SYNCDB_CONFIG"}
    lent = {known.by_name[key].env: env[name] for key, name in shop.secrets.items() if key in known.by_name and name in env}
    return {**own, **lent, **shop.lent}


def watched(command: Sequence[str], folder: Path, env: Mapping[str, str], ours: Callable[[], bool]) -> Ended:
    """Run a command to its end. It is asked to end, between two writes, as soon as the shop is not ours any more."""
    with subprocess.Popen(
        command, cwd=folder, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=partial(_ends_with, os.getpid()) if sys.platform == "linux" else None,
    ) as process:  # fmt: skip
        asked = 0.0
        while (code := _waited(process)) is None:
            if not asked and not ours():
                process.terminate()
                asked = time.monotonic()
            elif asked and time.monotonic() - asked > PATIENCE:
                process.kill()
        errors = process.stderr.read() if process.stderr else b""
    return Ended(code, last_words(errors.decode("utf-8", "replace")))


def last_words(text: str) -> str:
    """The end of what a command said, from the beginning of a line or at least of a word."""
    text = text.strip()
    if len(text) <= MOST_WORDS:
        return text
    kept = text[-MOST_WORDS:]
    _, line, rest = kept.partition("\n")
    return f"... {(rest if line else kept.partition(' ')[2]).strip()}"


def _waited(process: "subprocess.Popen[bytes]") -> int | None:
    try:
        return process.wait(LOOK)
    except subprocess.TimeoutExpired:
        return None


def _ends_with(worker: int) -> None:
    """Have the kernel ask the run to end when its worker dies, however it dies; do not begin where it has died by now."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != worker:
        os._exit(int(Exit.INTERRUPTED))
