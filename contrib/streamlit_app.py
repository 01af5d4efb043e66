"""A viewer for who expects Streamlit: what the commands answer, and a run to start. Why it is not the product: docs/web.md.

In the folder of the configuration, with what the extra brings (python -m pip install 'syncdb[streamlit]'):

    streamlit run contrib/streamlit_app.py --server.address 127.0.0.1 --server.allowedHosts localhost \\
        --browser.gatherUsageStats false

Whoever reaches it sees orders and starts runs: there is no login, so it refuses to show anything beyond this computer.
"""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from syncdb.errors import SyncdbError
from syncdb.pairs.base import PairType
from syncdb.services.jobs import Jobs, RunWish
from syncdb.services.ledger_location import find_ledger
from syncdb.services.processes import manager_program

PAGES = ("Dashboard", "Sync", "Errors", "Logs", "Settings")
MODES = {"Test: changes nothing": "test", "Normal": "sync", "Full": "full"}
LINES = 200


def answer(*command: str) -> dict[str, Any]:
    """What a command says to scripts. What went wrong is shown, and ends the page."""
    done = subprocess.run([*manager_program(), *command, "--json"], capture_output=True, text=True, encoding="utf-8", check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        st.error(done.stderr or f"{' '.join(command)} ended with {done.returncode} and said nothing.")
        st.stop()
    st.caption(f"The same: sync_manager.py {' '.join(command)}; read at {datetime.now().astimezone():%H:%M:%S %Z}")
    return found


def dashboard() -> None:
    found = answer("status")
    for one in found.get("attention", ()):
        st.warning(f"{one['message']}  \n{one['next_step']}")
    if not found.get("attention"):
        st.success("Nothing needs you.")
    st.json({name: value for name, value in found.items() if name != "attention"}, expanded=1)


def sync() -> None:
    place = find_ledger(None, None)
    jobs = Jobs(place.ledger, None, Path.cwd())
    jobs.make()
    if not place.pairs:
        st.info("Nothing is configured yet: sync_manager.py init")
        return
    with st.form("run"):
        pair: PairType = st.selectbox("What", place.pairs, format_func=lambda one: one.about)
        mode = MODES[st.radio("How", list(MODES))]
        if st.form_submit_button("Start"):
            job = jobs.start(RunWish(pair, mode), "web", os.environ.get("USER", ""), datetime.now(UTC))
            st.success(f"Started: {job.command}")
    watch(jobs)


@st.fragment(run_every=2)
def watch(jobs: Jobs) -> None:
    """The latest runs, whoever started them."""
    jobs.sweep(datetime.now(UTC))
    shown = [
        {
            "run": job.id,
            "pair": job.pair,
            "mode": job.mode,
            "stage": job.stages[-1].name if job.stages else "",
            "code": job.exit_code,
        }
        for job in jobs.latest(10)
    ]
    st.dataframe(shown)
    for job in jobs.live():
        if st.button(f"Cancel {job.id}: it ends between two writes"):
            jobs.cancel(job.id, os.environ.get("USER", ""), datetime.now(UTC))


def errors() -> None:
    st.json(answer("errors"), expanded=3)


def logs() -> None:
    log = find_ledger(None, None).log
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    st.code("\n".join(lines[-LINES:]) or "No run was made yet.")


def settings() -> None:
    st.json(answer("validate", "--offline"), expanded=3)


def main() -> None:
    st.set_page_config(page_title="syncdb")
    if st.get_option("server.address") not in ("127.0.0.1", "localhost", "::1"):
        st.error("Start it with --server.address 127.0.0.1: it has no login.")
        st.stop()
    page = st.sidebar.radio("Page", PAGES)
    st.title(page)
    try:
        {"Dashboard": dashboard, "Sync": sync, "Errors": errors, "Logs": logs, "Settings": settings}[page]()
    except SyncdbError as error:
        st.error(f"{error} {error.next_step}")


main()
