"""The line between venues is really cut while an expert of the branch marks and signs.

The expert's browser is killed and started again, then another machine takes its place; what was
saved at the branch reaches the session in order and once when the line is back.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, Error, expect

from bideval.audit.bundle import read_bundle
from bideval.cli.verify import verify_file
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.terms.instants import instant_text
from tests.end_to_end.conftest import CHROMIUM, VIEW, Crowd, picture
from tests.end_to_end.course import sign
from tests.end_to_end.experts import (
    DOWN_SINCE,
    Expert,
    declare,
    elect,
    enrol,
    expected,
    find_responsive,
    look_as,
    sheet_of,
)
from tests.end_to_end.line import Line
from tests.end_to_end.two_venues import (
    BRANCH,
    SESSION,
    TwoVenues,
    check_both_hold_the_same,
    two_venues,
)
from tests.end_to_end.words import check_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from bideval.ledger.entry import Entry

pytestmark = pytest.mark.timeout(600)

DRAFT = "3"
"""What the expert has just typed, and not yet left, when the browser dies."""
BROKEN = "席位电脑电源烧毁。"
OUTAGE = "副会场专线中断，正在抢修。"
MENDED = "专线恢复，时限内排除。"
CLOCK = re.compile(r"须在 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d 前排除，剩余时间： ?0[34]:\d\d:\d\d")
CLOCK_IN_ENGLISH = re.compile(r"must be mended by [\d: -]+; time left: 0[34]:\d\d:\d\d")
FAULT_AGO_MS = 600_000
"""How long ago the fault began when the officer reports it."""


@dataclass
class Machine:
    """One machine of a seat: a browser with a profile on its disk."""

    browser: Browser
    profile: Path
    context: BrowserContext = field(init=False)

    def start(self) -> BrowserContext:
        self.context = self.browser.browser_type.launch_persistent_context(
            self.profile,
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
            viewport=VIEW,
            locale="zh-CN",
        )
        return self.context

    def kill(self) -> None:
        """End every process of this browser at once, as a power switch does."""
        killed = self.processes()
        assert killed
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(parent_of(pid) for pid in killed):
            time.sleep(0.05)
        with contextlib.suppress(Error):
            self.context.close()

    def processes(self) -> set[int]:
        """Return the browser and its helpers, which hold what is stored and name no profile."""
        running = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]
        found = {pid for pid in running if self.owns(pid)}
        while more := {pid for pid in running if parent_of(pid) in found} - found:
            found |= more
        return found

    def owns(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return f"--user-data-dir={self.profile}".encode() in command


def parent_of(pid: int) -> int:
    """Return a living process's parent; 0 for one that is gone or waits to be waited for."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return 0
    return 0 if state == "Z" else int(parent)


@pytest.fixture
def line() -> Iterator[Line]:
    laid = Line()
    yield laid
    laid.close()


@pytest.fixture
def venues(tmp_path: Path, line: Line) -> Iterator[TwoVenues]:
    with two_venues(tmp_path / "venues", line=line, branch_seats=1) as running:
        yield running


def test_cut_line_a_killed_browser_and_another_machine_lose_nothing(
    venues: TwoVenues, main: Crowd, branch: Crowd, line: Line, browser: Browser, tmp_path: Path
) -> None:
    machine = Machine(browser, tmp_path / "first machine")
    expert = seat_on(machine, branch)
    declare(expert)
    elect(expert)
    find_responsive(expert)
    expert.visit("score", "score-sheet")
    mark_without_the_line(expert, line)
    kill_and_come_back(expert, machine)
    see_everything_arrive(expert, main, line)
    stand_still_for_a_fault(expert, venues, main)
    another = Machine(browser, tmp_path / "second machine")
    change_machine(expert, another, venues, line)
    sign_without_the_line(expert, main, line)
    confirm(expert)
    assert venues.meeting.result(timeout=240)["phase"] == "archived"
    check_both_hold_the_same(venues)
    check_the_record(expert, main, tmp_path)


def seat_on(machine: Machine, branch: Crowd) -> Expert:
    """The operator checks the only expert of the branch in, at this machine."""
    form = expected(branch, 1).first
    name = form.locator("[name=seat]").input_value()
    form.locator("button").click()
    slip = form.locator("[data-show=code]")
    expect(slip).not_to_be_empty()
    branch.contexts[name] = machine.start()
    expert = Expert(branch, name, "zh-CN", branch.page(name))
    enrol(expert, slip.inner_text())
    return expert


def give(expert: Expert, marks: tuple[str, ...]) -> None:
    for mark in marks:
        expert.page.keyboard.type(mark)
        expert.page.keyboard.press("Enter")


def next_bid(expert: Expert) -> None:
    expert.page.keyboard.press("Alt+ArrowRight")
    expect(expert.page.locator("[data-tab]").nth(1)).to_have_attribute("aria-selected", "true")
    expect(expert.field(0)).to_be_focused()


def mark_without_the_line(expert: Expert, line: Line) -> None:
    """The sheet works on; the page says since when the line is down, and what is safe."""
    expect(expert.field(0)).to_be_focused()
    first, second = sheet_of(expert)
    give(expert, first)
    expert.expect_state("state_session")
    line.cut()
    next_bid(expert)
    give(expert, second[:4])
    expert.expect_state("state_here")
    expect(expert.state).to_contain_text("✓ 本中心已存")
    told = expert.page.locator("#frame-now .notice")
    expect(told).to_contain_text(DOWN_SINCE)
    check_language(expert.page, "zh-CN")
    picture(expert.page, "cut-saved-here")


def kill_and_come_back(expert: Expert, machine: Machine) -> None:
    """SIGKILL in the middle of a word: signed marks and the word are there again."""
    expect(expert.field(4)).to_be_focused()
    expert.page.keyboard.type(DRAFT)
    expert.page.wait_for_timeout(300)
    machine.kill()
    expert.crowd.contexts[expert.seat] = machine.start()
    expert.open_again()
    come_in_again(expert)
    second = sheet_of(expert)[1]
    next_bid_of_an_open_sheet(expert)
    shown = [expert.field(at).input_value() for at in range(6)]
    assert shown == [*second[:4], DRAFT, ""]
    picture(expert.page, "cut-after-kill")


def come_in_again(expert: Expert) -> None:
    """A cookie may be gone with the browser's memory; the key is not."""
    expert.go("score")
    if "?next=" in expert.page.url:
        expert.page.locator("#known-keys button").first.click()
        expert.page.wait_for_url(lambda url: "?next=" not in url)
        expert.go("score")
    expect(expert.page.locator("input[data-bid]:not([readonly])")).not_to_have_count(0)


def next_bid_of_an_open_sheet(expert: Expert) -> None:
    expert.page.keyboard.press("Alt+ArrowRight")
    expect(expert.page.locator("[data-tab]").nth(1)).to_have_attribute("aria-selected", "true")


def see_everything_arrive(expert: Expert, main: Crowd, line: Line) -> None:
    """The rest is marked, the line comes back, and the page says that the session has it all."""
    second = sheet_of(expert)[1]
    expert.field(4).focus()
    expert.field(4).fill("")
    give(expert, second[4:])
    expert.expect_state("state_here")
    assert progress_at_main(main, expert.seat) == [10, 20]
    line.mend()
    expect(expert.state).to_have_attribute("data-word", "state_session", timeout=60_000)
    expect(expert.page.locator("#frame-now .notice")).to_have_count(0)
    assert progress_at_main(main, expert.seat) == [20, 20]
    picture(expert.page, "cut-saved-by-the-session")


def progress_at_main(main: Crowd, seat: str) -> list[int]:
    page = look_as(main, "officer-1")
    view = page.request.get(f"{main.site.url}/api/sessions/{SESSION}").json()
    page.close()
    return next(one["progress"] for one in view["panel"]["members"] if one["person"] == seat)


def stand_still_for_a_fault(expert: Expert, venues: TwoVenues, main: Crowd) -> None:
    """Everybody's page has the clock, in both languages; within the limit the panel goes on."""
    since = instant_text(int(time.time() * 1000) - FAULT_AGO_MS)
    venues.say_as_lead("session.paused", {"reason": OUTAGE, "fault": {"since": since}})
    told = expert.page.locator("#frame-now")
    expect(told).to_contain_text(CLOCK)
    expert.expect_state("state_paused_sent")
    expect(expert.page.locator("input[data-bid]:not([readonly])")).to_have_count(0)
    picture(expert.page, "pause-clock-score")
    for person, room in (("officer-1", "desk"), ("supervisor-1", "board")):
        page = look_as(main, person, language="en")
        page.goto(f"{main.site.url}/sessions/{SESSION}/{room}")
        expect(page.locator("#frame-now")).to_contain_text(CLOCK_IN_ENGLISH)
        check_language(page, "en", names=(OUTAGE,))
        picture(page, f"pause-clock-{room}-en")
    venues.say_as_lead("session.resumed", {"reason": MENDED})
    expect(told.locator(".notice")).to_have_count(0)
    expert.expect_state("state_session")
    expect(page.locator("#board")).to_contain_text(MENDED)


def change_machine(expert: Expert, another: Machine, venues: TwoVenues, line: Line) -> None:
    """A second role allows it; the venue of the seat enrols the new key without the line."""
    kid = json.loads(expert.page.locator("#context").text_content() or "")["kid"]
    old = expert.page
    leave = {"person": expert.seat, "replaces": kid, "reason": BROKEN}
    venues.say_as_lead("rekey.allowed", leave)
    desk = look_as(expert.crowd, f"operator-{BRANCH}")
    desk.goto(f"{expert.crowd.site.url}/sessions/{SESSION}/checkin")
    form = desk.locator(f'form.json-form:has([name=seat][value="{expert.seat}"])')
    line.cut()
    form.locator("button").click()
    expect(form.locator("[data-show=code]")).not_to_be_empty()
    code = form.locator("[data-show=code]").inner_text()
    expert.crowd.contexts[expert.seat] = another.start()
    expert.open_again()
    enrol(expert, code)
    old_key_is_closed(old)
    expert.visit("score", "score-sheet")
    expect(expert.page.locator("#sheet-notice")).to_contain_text("20 项分值")
    assert {one.input_value() for one in expert.page.locator("input[data-bid]").all()} == {""}
    expert.page.click("#sheet-notice button")
    expert.field(0).focus()


def old_key_is_closed(old: Page) -> None:
    """The machine that was left says so, takes nothing more, and counts nothing as on its way."""
    notice = old.locator("#sheet-notice")
    expect(notice).to_contain_text("您已退出登录", timeout=60_000)
    state = old.locator("save-state")
    expect(state).to_have_attribute("data-word", "state_out")
    expect(old.locator("input[data-bid]:not([readonly])")).to_have_count(0)
    picture(old, "cut-old-machine")
    old.context.close()


def sign_without_the_line(expert: Expert, main: Crowd, line: Line) -> None:
    """All marks again and the sheet, signed while the line is down; it counts when it is back."""
    page = expert.page
    first, second = sheet_of(expert)
    give(expert, first)
    next_bid(expert)
    give(expert, second)
    expert.expect_state("state_here")
    expect(page.locator("#frame-now .notice")).to_contain_text(DOWN_SINCE)
    page.click("[data-act=review]")
    picture(page, "cut-review")
    page.click("[data-act=sign]")
    expert.expect_state("state_signed")
    look = look_as(main, "officer-1")
    view = look.request.get(f"{main.site.url}/api/sessions/{SESSION}").json()
    assert view["phase"] == "scoring"
    line.mend()


def confirm(expert: Expert) -> None:
    page = expert.visit("confirm", "[name=stance]")
    page.check("[name=stance][value=agree]")
    sign(page, "form.signed-act .is-primary")
    expect(page.locator("tr.is-mine .state.is-ok")).to_be_visible()


def check_the_record(expert: Expert, main: Crowd, folder: Path) -> None:
    """Every entry that left the browsers is in the record once, in the order of its signing."""
    page = look_as(main, "officer-1")
    page.goto(f"{main.site.url}/sessions/{SESSION}/record")
    with page.expect_download() as taken:
        page.click("a[download]")
    bundle = folder / taken.value.suggested_filename
    taken.value.save_as(bundle)
    verdict = verify_file(bundle)
    assert verdict.ok, [step for step in verdict.steps if not step.ok]
    lines = [parse_line(bytes(raw)) for raw in read_bundle(bundle.read_bytes()).lines]
    entries = [parse_entry(one.jws) for one in lines]
    mine = [entry for entry in entries if entry.author == expert.seat]
    left = list(dict.fromkeys(one["id"] for one in expert.sent))
    assert [entry.id for entry in mine] == left
    check_counters(mine)
    kinds = [entry.kind for entry in entries]
    assert (kinds.count("session.paused"), kinds.count("session.resumed")) == (1, 1)
    assert kinds.count("pause.expired") == 0
    assert kinds.count("rekey.allowed") == 1


def check_counters(mine: list[Entry]) -> None:
    """Nothing twice: one entry for each counter of a key, rising, and one sheet."""
    counters: dict[str, list[Any]] = {}
    for entry in mine:
        if entry.kind in {"mark.sealed", "scoresheet.signed"}:
            counters.setdefault(entry.kid, []).append(entry.body["counter"])
    assert len(counters) == 2
    for rising in counters.values():
        assert rising == sorted(set(rising))
    assert [entry.kind for entry in mine].count("scoresheet.signed") == 1
