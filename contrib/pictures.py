"""Makes the pictures of docs/web.md and docs/alerts.md anew: the demonstration of the pages, looked at by a browser.

    python contrib/pictures.py [--folder docs/pictures]

Needs Chromium on the path and what requirements.txt brings. A picture that would be too large for the docs ends it with 1.
"""

import argparse
import base64
import os
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
NAME, PASSWORD = "Ayse", "a password for pictures"
DESK, PHONE = {"width": 1000, "height": 720}, {"width": 360, "height": 700}
LARGEST = 60_000  # bytes
SECONDS = 900  # for the demonstration to live through its days
# where this computer has things is nobody's concern
SHORTENED = """(words) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        for (const [long, short] of words) texts.currentNode.data = texts.currentNode.data.replaceAll(long, short);
}"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def decided(page: Page, address: str) -> None:
    page.goto(f"{address}/decide")


def proposed(page: Page, address: str) -> None:
    """A field of products is renamed and another one added."""
    page.goto(f"{address}/mapping/edit?pair=grist&kind=products")
    page.fill("input[name='there:title']", "Name")
    page.get_by_text("more that can be").click()
    page.check("input[value=handle]")
    page.get_by_role("button", name="See what it changes").click()
    page.wait_for_selector("text=Proposed by")


def ran(page: Page, address: str, mode: str) -> None:
    """A run of that mode, once it has ended."""
    page.goto(f"{address}/sync")
    page.check("input[name=pair][value=grist]")
    page.check(f"input[value={mode}]")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("#run[data-live='0']", timeout=300_000)


def alerted(page: Page, address: str) -> None:
    """What a run found that needs a person."""
    ran(page, address, "sync")
    page.goto(f"{address}/alerts")


@dataclass(frozen=True)
class Picture:
    """What is shown of which page, and how."""

    name: str
    reach: Callable[[Page, str], Any]
    size: dict[str, int]
    scheme: str = "light"


PICTURES = (
    Picture("today", lambda page, address: page.goto(f"{address}/"), DESK),
    Picture("decide", decided, PHONE, "dark"),
    Picture("run", lambda page, address: ran(page, address, "test"), DESK),
    Picture("mapping", proposed, DESK),
    Picture("alerts", alerted, DESK),
)


class Mail(socketserver.StreamRequestHandler):
    """Takes every mail and keeps none."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        taking = False
        for line in self.rfile:
            word = line.strip().upper()
            if taking and word != b".":
                continue
            taking = word == b"DATA"
            self.wfile.write(b"354 go on\r\n" if taking else b"221 done\r\n" if word == b"QUIT" else b"250 taken\r\n")


@contextmanager
def mailbox() -> Iterator[int]:
    """The port of a mail server."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextmanager
def demonstration() -> Iterator[tuple[str, str]]:
    """The pages over a made-up shop: their address, and the code of the first start."""
    with tempfile.TemporaryDirectory() as folder, mailbox() as mail:
        command = [
            sys.executable,
            "-m",
            "syncdb.sandbox.web_demo",
            "--no-browser",
            "--port",
            "0",
            "--folder",
            f"{folder}/demo",
            "--pairs",
            "sheets,grist",
        ]
        env = os.environ | {"PYTHONUNBUFFERED": "1", "HOME": folder, "ALERT_MAIL_TO": "owner@example.com"}
        env |= {"ALERT_MAIL_FROM": "syncdb@example.com", "ALERT_SMTP": f"localhost:{mail}", "ALERT_SMTP_SECURITY": "none"}
        with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
            signal.alarm(SECONDS)
            try:
                yield _said(process)
            finally:
                process.terminate()


def _said(process: "subprocess.Popen[str]") -> tuple[str, str]:
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        address, code = re.search(r"http://localhost:\d+", told), re.search(r"Code to make an owner: (\S+)", told)
        if address and code:
            return address[0], code[1]
    sys.exit(f"The demonstration ended:\n{told}")


def enter(page: Page, address: str, code: str) -> None:
    page.goto(f"{address}/login")
    if page.query_selector("#code"):
        page.fill("#code", code)
    page.fill("#name", NAME)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")


def take(browser: Any, picture: Picture, address: str, code: str, folder: Path) -> int:
    """One picture; its size in bytes."""
    context = browser.new_context(viewport=picture.size, color_scheme=picture.scheme)
    page = context.new_page()
    enter(page, address, code)
    picture.reach(page, address)
    page.evaluate(SHORTENED, [[sys.executable, "python"], [f"{ROOT}/", ""]])
    shot = context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 70})
    content = base64.b64decode(shot["data"])
    (folder / f"{picture.name}.webp").write_bytes(content)
    context.close()
    return len(content)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python contrib/pictures.py", description="Make the pictures of the docs anew.")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "pictures", help="where they are put")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as started, demonstration() as (address, code):
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        sizes = {one.name: take(browser, one, address, code, folder) for one in PICTURES}
        browser.close()
    for name, size in sizes.items():
        sys.stdout.write(f"{folder / name}.webp: {size:,} bytes\n")
    return int(max(sizes.values()) > LARGEST)


if __name__ == "__main__":
    sys.exit(main())
