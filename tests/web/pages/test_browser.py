"""The pages in a real browser: on a phone's and a desk's width, without JavaScript, by keyboard, light and dark."""

import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from waitress.server import create_server

from tests.web.pages.browsing import PASSWORD
from tests.web.pages.conftest import Shown
from tests.web.pages.test_pages import NAVIGATED

HOW = "no browser: pip install playwright==1.65.2 and a Chromium on the path (Debian: apt install chromium)"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason=HOW)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=HOW)
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        one = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield one
        one.close()


@pytest.fixture(scope="module")
def address(lively: Shown) -> Iterator[str]:
    with served(lively) as found:
        yield found


class served:
    """The pages on a port of this computer, served by a thread."""

    def __init__(self, shown: Shown) -> None:
        self.server = create_server(shown.app, host="127.0.0.1", port=0, threads=4, ident=None)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://localhost:{self.server.effective_port}"

    def __exit__(self, *_: object) -> None:
        self.server.close()
        self.thread.join(5)


def log_in(page: Any, address: str, name: str = "Olga") -> None:
    page.goto(f"{address}/login")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_every_page_fits_says_nothing_on_the_console_and_asks_nobody_else(
    browser: Any, address: str, size: Any, scheme: str
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    foreign: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(address) else foreign.append(request.url))
    log_in(page, address)
    for path in NAVIGATED:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the screen"
        assert page.evaluate("getComputedStyle(document.body.parentElement).fontVariantNumeric") == "tabular-nums", "no style"
    assert foreign == [] and [one for one in said if "[DOM]" not in one] == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.evaluate("document.cookie") == ""
    context.close()


def test_a_conflict_is_decided_without_javascript(browser: Any, disagreeing: Shown) -> None:
    with served(disagreeing) as address:
        context = browser.new_context(viewport=PHONE, java_script_enabled=False)
        page = context.new_page()
        log_in(page, address, "Oscar")
        page.goto(f"{address}/decide")
        card = page.locator("article", has_text="price")
        card.locator("input[value=right]").check()
        card.get_by_role("button", name="Set both").click()
        assert "Decided: both will be 22.50" in page.locator(".notice").inner_text()
        context.close()


def test_by_keyboard_alone_one_gets_in_decides_and_leaves(browser: Any, disagreeing: Shown) -> None:
    with served(disagreeing) as address:
        context = browser.new_context(viewport=DESK)
        page = context.new_page()
        log_in(page, address, "Oscar")
        page.goto(f"{address}/decide")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the content"
        page.keyboard.press("Enter")
        for _ in range(40):  # to the first choice of the first conflict
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.type") == "radio":
                break
        page.keyboard.press("Space")
        shown = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert shown == "3px"
        page.keyboard.press("Enter")
        page.wait_for_selector(".notice")
        assert "Decided" in page.locator(".notice").inner_text()
        context.close()


def test_what_is_shown_is_read_again_but_not_under_somebodys_hands(browser: Any, address: str) -> None:
    """A page that is looked at is exchanged in parts; an open list stays open, a focused part stays."""
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    log_in(page, address)
    page.evaluate("for (const part of document.querySelectorAll('[data-live]')) part.dataset.mine = 'old'")
    page.evaluate("document.querySelector('#verdict a').focus()")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("#pairs:not([data-mine])")
    assert page.get_attribute("#verdict", "data-mine") == "old"
    page.route("**/*", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("[role=alert]:has-text('have not answered since')")
    page.unroute("**/*")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("[role=alert]", state="detached")
    context.close()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_can_be_used_by_everybody(browser: Any, address: str, scheme: str, size: Any) -> None:
    """axe-core finds nothing."""
    axe = pytest.importorskip("axe_playwright_python.base", reason="pip install axe-playwright-python==0.1.8")
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    log_in(page, address)
    for path in (*NAVIGATED, "/setup/grist/1", "/setup/sheets/2"):
        page.goto(address + path)
        page.evaluate('for (const part of document.querySelectorAll("details")) part.open = true')
        page.evaluate(axe.AXE_SCRIPT)
        found = page.evaluate("axe.run()")["violations"]
        assert not found, (path, [(one["id"], [node["html"] for node in one["nodes"][:3]]) for one in found])
    context.close()
