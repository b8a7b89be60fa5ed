"""Experts of a branch venue with browsers, from the door to the scoring."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page, expect

from bideval.rehearsal.example_play import VENUES
from tests.end_to_end.conftest import picture
from tests.end_to_end.course import sign
from tests.end_to_end.two_venues import BRANCH, MAIN, SESSION
from tests.end_to_end.words import check_language

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Request

    from tests.end_to_end.conftest import Crowd

OBJECTIVE = {"bid-001": ("8", "6", "6"), "bid-002": ("6", "6", "4")}
"""What everybody has to give on the objective items of both bids."""
SUBJECTIVE = ("10", "9.5", "11", "7.5", "6", "5.5", "4")
DOWN_SINCE = re.compile(VENUES[MAIN] + r"的专线自 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d 起中断")
STANCES = {
    "zh-CN": ("dissent", "对第二名的评分依据有不同意见。"),
    "en": ("agree", ""),
}


@dataclass
class Expert:
    """One expert with a browser."""

    crowd: Crowd
    seat: str
    language: str
    page: Page
    sent: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        one = request.url.endswith("/api/entries")
        if not (one or request.url.endswith("/api/entries/several")) or not request.post_data:
            return
        sent = json.loads(request.post_data)["jws"]
        for jws in [sent] if one else sent:
            payload = jws.split(".")[1]
            raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
            self.sent.append(json.loads(raw))

    def open_again(self) -> None:
        """Open another page of this browser, as after a crash."""
        self.page = self.crowd.page(self.seat, language=self.language)
        self.page.on("request", self._note)

    def visit(self, room: str, selector: str) -> Page:
        """Open a room until it shows what is awaited, and read it in the expert's language."""
        self.go(room)
        for _ in range(100):
            if self.page.locator(selector).count():
                break
            self.page.wait_for_timeout(500)
            self.go(room)
        expect(self.page.locator(selector).first).to_be_attached()
        check_language(self.page, self.language, names=(STANCES["zh-CN"][1],))
        picture(self.page, f"expert-{room}-{self.language}")
        return self.page

    def go(self, room: str) -> None:
        self.page.goto(f"{self.crowd.site.url}/sessions/{SESSION}/{room}")

    @property
    def state(self) -> Locator:
        """The one place that says what is saved."""
        return self.page.locator("save-state")

    def expect_state(self, word: str) -> None:
        expect(self.state).to_have_attribute("data-word", word)

    def field(self, at: int) -> Locator:
        return self.page.locator('[role="tabpanel"]:not([hidden]) input').nth(at)


def look_as(crowd: Crowd, person: str, *, language: str = "zh-CN") -> Page:
    """Become somebody on the demonstration page, by one press."""
    page = crowd.page(f"{person} {language}", language=language)
    for _ in range(100):
        page.goto(f"{crowd.site.url}/demo")
        if page.locator(f'button[value="{person}"]').count():
            check_language(page, language)
            page.click(f'button[value="{person}"]')
            page.wait_for_load_state()
        if "/sessions/" in page.url:
            return page
        page.wait_for_timeout(500)  # not enrolled or not joined yet
    raise AssertionError(f"{person} has no session")


def seat(branch: Crowd) -> tuple[Expert, Expert]:
    """The operator checks both experts in; each makes a key with the code on the slip."""
    forms = expected(branch)
    made = []
    for at, language in enumerate(("zh-CN", "en")):
        name = forms.nth(at).locator("[name=seat]").input_value()
        forms.nth(at).locator("button").click()
        slip = forms.nth(at).locator("[data-show=code]")
        expect(slip).not_to_be_empty()
        made.append(Expert(branch, name, language, branch.page(name, language=language)))
        enrol(made[-1], slip.inner_text())
    return made[0], made[1]


def expected(branch: Crowd, experts: int = 2) -> Locator:
    """Wait on the operator's page until all drawn experts have accepted."""
    page = look_as(branch, f"operator-{BRANCH}")
    for _ in range(100):
        if page.locator(".state", has_text="已接受").count() == experts:
            break
        page.wait_for_timeout(500)
        page.goto(f"{branch.site.url}/sessions/{SESSION}/checkin")
    picture(page, "checkin-two")
    return page.locator("form.json-form")


def enrol(expert: Expert, code: str) -> None:
    page = expert.page
    page.goto(f"{expert.crowd.site.url}/enrol")
    check_language(page, expert.language)
    page.fill("[name=code]", code)
    page.click("form.enrol button")
    page.wait_for_url("**/work")
    check_language(page, expert.language)


def declare(expert: Expert) -> None:
    page = expert.visit("declare", "[name=discipline]")
    page.check("[name=discipline]")
    page.check("[name=recusal][value=none]")
    sign(page, "form.signed-act .is-primary")
    page.wait_for_url("**/work")


def elect(expert: Expert) -> None:
    page = expert.visit("chair", "[name=candidate]")
    page.check(f'[name=candidate][value="{MAIN}-01"]')
    sign(page, "form.signed-act .is-primary")
    expect(page.locator("#chair .notice.is-ok").first).to_be_visible()


def find_responsive(expert: Expert) -> None:
    page = expert.visit("responsiveness", "form.verdict")
    page.locator("a[data-read]").first.click()
    expect(page.locator("#reader .pdf-sheet canvas")).to_be_visible(timeout=30_000)
    picture(page, f"expert-reading-{expert.language}")
    page.click("#reader [data-close]")
    for choice in page.locator("input[value=pass]").all():
        choice.check()
    for form in page.locator("form.verdict").all():
        form.locator("button").click()
        page.click("#confirm-act [value=yes]")
        expect(form.locator(".form-status.is-ok")).to_be_visible()


def sheet_of(expert: Expert) -> tuple[tuple[str, ...], ...]:
    """What an expert gives, bid by bid as the sheet has them: in the order of their opening."""
    known = json.loads(expert.page.locator("#context").text_content() or "")["sheet"]
    return tuple((*OBJECTIVE[bid["id"]], *SUBJECTIVE) for bid in known["bids"])
