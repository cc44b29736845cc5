"""A browser, the built book on a local server, and a record of what its pages do."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, sync_playwright

HTML = Path(__file__).parents[2] / "_build/html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Nothing but the pages themselves may use the network.
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _cannot(reason: str):
    if os.environ.get("JOBTEAMS_REQUIRE_BROWSER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site():
    """Return the address at which the built book is served."""
    if not (HTML / "index.html").exists():
        _cannot("The book is not built: run `make book` first.")
    handler = functools.partial(_Handler, directory=HTML)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """Return Chromium or Chrome, as installed on this machine."""
    named = (shutil.which(name) for name in BROWSERS)
    program = os.environ.get("CHROME") or next(filter(None, named), None)
    if program is None:
        _cannot(
            f"None of {', '.join(BROWSERS)} is installed: install one, or name its "
            "program in the environment variable CHROME."
        )
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(
                executable_path=program, args=list(QUIET)
            )
        except Error as error:
            _cannot(f"{program} does not start: {error}")
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """An open page, what it complained of and whom else it asked for something."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.route("**/*", self._only_this_site)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._answered)

    def open(self, name: str) -> None:
        """Open a page of the book and wait until its formulas are set."""
        self.page.goto(f"{self.site}/{name}", wait_until="networkidle")
        self.page.evaluate("window.MathJax?.startup?.promise")

    def _only_this_site(self, route):
        url = route.request.url
        if url.startswith((self.site, "data:", "blob:")):
            route.continue_()
        else:
            self.strangers.append(url)
            route.abort()

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _answered(self, response):
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


@pytest.fixture
def visit(browser, site):
    """Return an empty page on a laptop's screen."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield Visit(page, site)
    page.close()


@pytest.fixture(scope="module")
def opened(request, browser, site):
    """Return the page named by the test's parameter, opened on a phone's screen."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    visit = Visit(page, site)
    visit.open(f"{request.param}.html")
    yield visit
    page.close()
