"""A real venue server and a real browser, one browser context per person."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.databases import venue_database_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.two_venues import TwoVenues

CHROMIUM = os.environ.get("BIDEVAL_CHROMIUM", "/usr/bin/chromium")
PICTURES = os.environ.get("BIDEVAL_PICTURES")
"""A folder for screenshots of every page that a test looks at; none are made without it."""
AXE = os.environ.get("BIDEVAL_AXE")
"""A file with axe-core; with it, every page that is looked at must have no violation."""
READY = re.compile(r"is ready at (http://\S+)")
VIEW: ViewportSize = {"width": 1366, "height": 768}
ZOOMED: ViewportSize = {"width": 1093, "height": 614}
"""The same screen at 125 percent."""

PATIENCE_MS = 20_000
"""Milliseconds that a page may take to show what is expected, on a very busy machine."""
expect.set_options(timeout=PATIENCE_MS)

SETTINGS = """
demo = true
database_url = "{database}"
data_dir = "{folder}"
key_file = "{folder}/venue.key"
identity_file = "{folder}/venue.identity"

[venue]
id = "fenghua"
name = "奉化公共资源交易中心"
url = "ws://127.0.0.1:1/link"

[listen]
port = 0
"""


@dataclass
class Site:
    """A running venue server."""

    url: str
    config: Path

    def code(self, role: str, person: str) -> str:
        """Return a one-time code for a person."""
        done = bideval(
            "enrol", "--config", str(self.config), "person", "--role", role, "--person", person
        )
        return done.strip().splitlines()[-1]


@dataclass
class Crowd:
    """People at one site, each with a browser of their own."""

    site: Site
    browser: Browser
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def page(self, name: str, *, language: str = "zh-CN") -> Page:
        """Return a page of this person's browser; anything it complains of is a fault."""
        if name not in self.contexts:
            self.contexts[name] = self.browser.new_context(viewport=VIEW, locale="zh-CN")
        context = self.contexts[name]
        context.add_cookies([{"name": "lang", "value": language, "url": self.site.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.faults.append(f"{name}: {error}"))
        page.on("console", lambda said: self._heard(name, said.type, said.text))
        return page

    def _heard(self, name: str, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.faults.append(f"{name}: {text}")

    def forget_dead_lines(self) -> None:
        """Take out what a browser complained of because the test took its line away."""
        self.faults[:] = [one for one in self.faults if "ERR_INTERNET_DISCONNECTED" not in one]

    def enrol(self, role: str, person: str) -> Page:
        """Enrol somebody by code and return the page they land on."""
        return self.take_code(person, self.site.code(role, person))

    def take_code(self, person: str, code: str) -> Page:
        page = self.page(person)
        page.goto(f"{self.site.url}/enrol")
        page.fill("[name=code]", code)
        page.click("form.enrol button")
        page.wait_for_url(lambda url: "/enrol" not in url)
        return page


@contextlib.contextmanager
def crowd_at(site: Site, browser: Browser) -> Iterator[Crowd]:
    """Give the people at a site; their browsers are closed at the end, those that died too."""
    people = Crowd(site, browser)
    yield people
    for context in people.contexts.values():
        with contextlib.suppress(Error):
            context.close()


@pytest.fixture
def main(venues: TwoVenues, browser: Browser) -> Iterator[Crowd]:
    with crowd_at(Site(venues.main.url, venues.main.settings_file), browser) as people:
        yield people


@pytest.fixture
def branch(venues: TwoVenues, browser: Browser) -> Iterator[Crowd]:
    with crowd_at(Site(venues.branch.url, venues.branch.settings_file), browser) as people:
        yield people


def bideval(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bideval.cli", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    yield started
    started.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with running_site(tmp_path) as running:
        yield running


@contextlib.contextmanager
def running_site(place: Path) -> Iterator[Site]:
    """Run a venue server whose folder and settings lie in `place`."""
    folder = place / "venue"
    config = place / "venue.toml"
    config.write_text(
        SETTINGS.format(folder=folder, database=venue_database_url()), encoding="utf-8"
    )
    bideval("enrol", "--config", str(config), "venue")
    command = [sys.executable, "-m", "bideval.cli", "serve", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sys.stderr, text=True) as server:
        assert server.stdout is not None
        found = READY.search(server.stdout.readline())
        assert found, "the server did not start"
        yield Site(found.group(1), config)
        server.terminate()


@pytest.fixture
def crowd(site: Site, browser: Browser) -> Iterator[Crowd]:
    made = Crowd(site, browser)
    yield made
    for context in made.contexts.values():
        context.close()


@contextlib.contextmanager
def in_english(page: Page) -> Iterator[None]:
    """Show a page in English for a while; what was typed there is gone."""
    for language in ("en", "zh-CN"):
        place = page.evaluate("location.origin")
        page.context.add_cookies([{"name": "lang", "value": language, "url": place}])
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(language[:2]))
        if language == "en":
            yield


SPILL = """() => {
  const root = document.documentElement, steps = document.querySelector(".steps");
  const kept = root.dataset.text, found = [root.scrollWidth - innerWidth];
  root.dataset.text = "large";
  found.push(root.scrollWidth - innerWidth);
  if (steps) found.push(steps.scrollWidth - steps.clientWidth);
  for (const box of document.querySelectorAll(".scroll:not(:has(.matrix))"))
    found.push(box.scrollWidth - box.clientWidth);
  if (kept) root.dataset.text = kept;
  else delete root.dataset.text;
  return found;
}"""
"""How many pixels a page is too wide, and it, its course and its tables in the largest text."""


def picture(page: Page, name: str) -> None:
    """Check that nothing spills at 125 percent; keep screenshots for people to look at, if asked.

    What else a program can check is checked where there is axe-core.
    """
    if PICTURES:
        page.wait_for_timeout(300)
        page.screenshot(path=Path(PICTURES) / f"{name}.png")
    page.set_viewport_size(ZOOMED)
    spill = max(page.evaluate(SPILL))
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-125.png")
    page.set_viewport_size(VIEW)
    assert spill <= 0, (
        f"{name}: the page, or a part of it, is {spill} pixels too wide at 125 percent"
    )
    if AXE:
        page.evaluate(Path(AXE).read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
        assert told == [], f"{name}: {told}"
