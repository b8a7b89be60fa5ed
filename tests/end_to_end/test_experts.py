"""Two experts of a branch venue, one in Chinese and one in English, from check-in to the report."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, Page, expect

from bideval.cli.verify import verify_file
from bideval.terms.decimals import plain
from tests.end_to_end.conftest import Crowd, picture
from tests.end_to_end.course import sign
from tests.end_to_end.experts import (
    DOWN_SINCE,
    OBJECTIVE,
    STANCES,
    SUBJECTIVE,
    Expert,
    declare,
    elect,
    enrol,
    find_responsive,
    look_as,
    seat,
    sheet_of,
)
from tests.end_to_end.two_venues import (
    BRANCH,
    MAIN,
    SESSION,
    TwoVenues,
    check_both_hold_the_same,
    two_venues,
)
from tests.end_to_end.words import check_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


pytestmark = pytest.mark.timeout(600)

ENVELOPE = {"bid", "criterion", "counter", "recipient", "ciphertext"}
"""All that a mark shows on its way; what it is worth is in the ciphertext."""
FULL_WIDTH = 0xFF10
"""The full-width digit 0."""
OUTAGE_S = 8
BROKEN = "The machine does not start."


@pytest.fixture
def venues(tmp_path: Path) -> Iterator[TwoVenues]:
    with two_venues(tmp_path) as running:
        yield running


def test_experts_of_a_branch_work_in_their_languages_to_the_end(
    venues: TwoVenues, main: Crowd, branch: Crowd, tmp_path: Path
) -> None:
    chinese, english = experts = seat(branch)
    for expert in experts:
        declare(expert)
    for expert in experts:
        elect(expert)
    for expert in experts:
        find_responsive(expert)
    score_with_every_trouble(chinese, main)
    check_nobody_reads(main, branch, english)
    score_by_keyboard(english, venues)
    for expert in experts:
        check_envelopes(expert)
        check_kept_code(expert)
        confirm(expert)
    assert venues.meeting.result(timeout=240)["phase"] == "archived"
    check_both_hold_the_same(venues)
    for expert in experts:
        expert.visit("report", "a[download]")
    read_the_end(main, tmp_path)
    assert main.faults == []
    assert branch.faults == []


def total(marks: Sequence[str]) -> str:
    return plain(sum((Decimal(mark) for mark in marks), Decimal(0)))


def score_with_every_trouble(expert: Expert, main: Crowd) -> None:
    page = expert.visit("score", "score-sheet")
    check_bid_is_shown(page)
    expect(expert.field(0)).to_be_focused()
    sheet = sheet_of(expert)
    page.keyboard.insert_text(
        chr(FULL_WIDTH + int(sheet[0][0]))
    )  # as a Chinese input method writes it
    page.keyboard.press("Enter")
    expect(expert.field(0)).to_have_value(sheet[0][0])
    check_wrong_mark(expert)
    for mark in sheet[0][2:]:
        page.keyboard.type(mark)
        page.keyboard.press("Enter")
    check_undo(expert)
    check_outage(expert, main)
    check_crash(expert)
    check_dead_browser_line(expert)
    sign_sheet(expert)


def check_bid_is_shown(page: Page) -> None:
    """The bid's first page is drawn, with who looks at it printed over it."""
    expect(page.locator(".pdf-sheet canvas")).to_be_visible(timeout=30_000)
    expect(page.locator(".pdf-pages")).not_to_have_text("/ –")
    ink = """canvas => new Set(canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data).size"""
    assert page.locator(".pdf-sheet canvas").evaluate(ink) > 50
    expect(page.locator(".pdf-mark text").first).to_contain_text(f"{BRANCH}-")


def check_wrong_mark(expert: Expert) -> None:
    """A mark out of range stays as it was typed, is explained there, and is not saved."""
    page, item = expert.page, expert.page.locator(".item").nth(1)
    expert.expect_state("state_session")
    top = expert.field(2).bounding_box()
    sent = len(expert.sent)
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expert.expect_state("state_wrong")
    expect(item.locator(".problem")).to_have_text("请填写 0 至 6 之间的分值")
    expect(expert.field(1)).to_have_value("9")
    expect(page.locator('[aria-selected="true"] .count')).to_have_text("1/10")
    assert expert.field(2).bounding_box() == top, "an explanation must not move the sheet"
    assert len(expert.sent) == sent
    picture(page, "expert-wrong-mark")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("6")
    page.keyboard.press("Enter")
    expect(item.locator(".problem")).to_be_empty()


def check_undo(expert: Expert) -> None:
    page = expert.page
    expect(page.locator('[aria-selected="true"] .count')).to_have_text("10/10")
    expect(page.locator("[data-sum]")).to_have_text(total(sheet_of(expert)[0]))
    expect(page.locator("[data-subtotal]:visible").first).to_have_text(
        total(sheet_of(expert)[0][:3])
    )
    page.keyboard.press("Control+z")
    expect(expert.field(9)).to_have_value("")
    page.keyboard.press("Control+Shift+z")
    expect(expert.field(9)).to_have_value("4")


def check_outage(expert: Expert, main: Crowd) -> None:
    """Without the line between venues marks are saved here; the session has them afterwards."""
    page, told = expert.page, expert.page.locator("#frame-now .notice")
    expect(told).to_have_count(0)
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("[data-tab]").nth(1)).to_have_attribute("aria-selected", "true")
    expect(expert.field(0)).to_be_focused()
    asked = {"peer": MAIN, "seconds": OUTAGE_S}
    answer = page.request.post(f"{expert.crowd.site.url}/demo/cut-line", data=asked)
    assert answer.status == 204
    for mark in ("4", sheet_of(expert)[1][0]):
        page.keyboard.type(mark)
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowUp")
    expert.expect_state("state_here")
    expect(expert.state).to_contain_text("✓ 本中心已存")
    expect(told).to_contain_text(DOWN_SINCE)
    check_language(page, expert.language)
    picture(page, "expert-saved-here")
    expect(expert.state).to_have_attribute("data-word", "state_session", timeout=60_000)
    expect(told).to_have_count(0)
    assert progress_at_main(main, expert.seat) == [11, 20]
    page.keyboard.press("ArrowDown")


def progress_at_main(main: Crowd, seat: str) -> list[int]:
    """How far main's own record has this member: marks by their places, not by their number."""
    page = look_as(main, "officer-1")
    view = page.request.get(f"{main.site.url}/api/sessions/{SESSION}").json()
    page.close()
    found = (one["progress"] for one in view["panel"]["members"] if one["person"] == seat)
    return next(iter(found))


def check_crash(expert: Expert) -> None:
    """A page that dies in the middle of a word has lost nothing, kept or just typed."""
    sheet = sheet_of(expert)
    expert.page.keyboard.type(sheet[1][1])
    with contextlib.suppress(Error):
        expert.page.goto("chrome://crash")
    expert.page.close()
    expert.open_again()
    expert.go("score")
    page = expert.page
    expect(page.locator("input[data-bid]:not([readonly])")).not_to_have_count(0)
    page.keyboard.press("Alt+ArrowRight")
    expect(expert.field(0)).to_have_value(sheet[1][0])
    expect(expert.field(1)).to_have_value(sheet[1][1])
    expect(expert.field(2)).to_be_focused()


def check_dead_browser_line(expert: Expert) -> None:
    """What is marked without a line to the venue waits on this machine and is sent later."""
    page, context = expert.page, expert.crowd.contexts[expert.seat]
    sheet = sheet_of(expert)[1][2:]
    context.set_offline(offline=True)
    for mark in sheet:
        page.keyboard.type(mark)
        page.keyboard.press("Enter")
    expert.expect_state("state_down")
    page.click("[data-act=review]")
    expect(page.locator("[data-act=sign]")).to_be_disabled()
    expect(page.locator("[data-why]")).not_to_be_empty()
    picture(page, "expert-offline")
    page.click("[data-act=back]")
    context.set_offline(offline=False)
    expect(expert.state).to_have_attribute("data-word", "state_session", timeout=60_000)
    lost = [fault for fault in expert.crowd.faults if "ERR_INTERNET_DISCONNECTED" in fault]
    assert expert.crowd.faults == lost
    expert.crowd.faults.clear()


def score_by_keyboard(expert: Expert, venues: TwoVenues) -> None:
    expert.visit("score", "score-sheet")
    expect(expert.field(0)).to_be_focused()
    sheet = sheet_of(expert)
    give_marks(expert, sheet[0])
    expert.expect_state("state_session")
    change_machine(expert, venues, lost=len(sheet[0]))
    give_marks(expert, sheet[0])
    expert.page.keyboard.press("Alt+ArrowRight")
    give_marks(expert, sheet[1])
    expert.expect_state("state_session")
    check_language(expert.page, expert.language)
    sign_sheet(expert)


def give_marks(expert: Expert, marks: Sequence[str]) -> None:
    for mark in marks:
        expert.page.keyboard.type(mark)
        expert.page.keyboard.press("ArrowDown")


def change_machine(expert: Expert, venues: TwoVenues, *, lost: int) -> None:
    """The seat's machine dies; with a new code, another goes on and says what it cannot show."""
    kid = json.loads(expert.page.locator("#context").text_content() or "")["kid"]
    expert.crowd.contexts.pop(expert.seat).close()
    leave = {"person": expert.seat, "replaces": kid, "reason": BROKEN}
    venues.say_as_lead("rekey.allowed", leave)
    desk = look_as(expert.crowd, f"operator-{BRANCH}")
    desk.goto(f"{expert.crowd.site.url}/sessions/{SESSION}/checkin")
    form = desk.locator(f'form.json-form:has([name=seat][value="{expert.seat}"])')
    form.locator("button").click()
    expect(form.locator("[data-show=code]")).not_to_be_empty()
    code = form.locator("[data-show=code]").inner_text()
    expert.open_again()
    enrol(expert, code)
    page = expert.visit("score", "score-sheet")
    expect(page.locator("#sheet-notice")).to_contain_text(f"{lost} marks that you gave")
    expect(expert.field(0)).to_be_focused()
    assert {field.input_value() for field in page.locator("input[data-bid]").all()} == {""}
    page.click("#sheet-notice button")
    expect(page.locator("#sheet-notice")).to_be_hidden()
    expert.field(0).focus()


def sign_sheet(expert: Expert) -> None:
    page = expert.page
    page.click("[data-act=review]")
    cells = page.locator("[data-values] td").all_inner_texts()
    sheet = sheet_of(expert)
    assert tuple(cells) == tuple(mark for pair in zip(*sheet, strict=True) for mark in pair)
    check_language(page, expert.language)
    picture(page, f"expert-review-{expert.language}")
    page.click("[data-act=sign]")
    expert.expect_state("state_signed")


def check_nobody_reads(main: Crowd, branch: Crowd, other: Expert) -> None:
    """While others still score, nobody else's browser is given a mark."""
    pages = [look_as(main, "officer-1"), look_as(main, "supervisor-1")]
    pages += [branch.contexts[f"operator-{BRANCH} zh-CN"].pages[0], other.page]
    for page in pages:
        site = main.site.url if page.url.startswith(main.site.url) else branch.site.url
        view = page.request.get(f"{site}/api/sessions/{SESSION}").json()
        assert not view["marks"]
        assert not view["result"]
    for page, room in ((pages[0], "desk"), (pages[0], "board"), (pages[1], "board")):
        page.goto(f"{main.site.url}/sessions/{SESSION}/{room}")
        sums = {total((*marks, *SUBJECTIVE)) for marks in OBJECTIVE.values()}
        assert [one for one in sums if one in page.content()] == []


def check_envelopes(expert: Expert) -> None:
    """No mark ever left the browser in clear."""
    marks = [entry["body"] for entry in expert.sent if entry["kind"] == "mark.sealed"]
    assert len(marks) >= len(OBJECTIVE) * (3 + len(SUBJECTIVE))
    assert {frozenset(body) for body in marks} == {frozenset(ENVELOPE)}
    sheets = [entry["body"] for entry in expert.sent if entry["kind"] == "scoresheet.signed"]
    assert [set(body) for body in sheets] == [{"recipient", "counter", "ciphertext"}]


def check_kept_code(expert: Expert) -> None:
    """The receipt's code is drawn, and drawn again when news makes the page fresh."""
    page = expert.visit("work", "canvas.qr")
    code = page.locator("canvas.qr")
    drawn = """canvas => new Set(canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data).size"""
    assert code.evaluate(drawn) == 2, "black and white"
    with page.expect_response(page.url):
        page.evaluate('document.dispatchEvent(new CustomEvent("live:head", { detail: {} }))')
    page.wait_for_timeout(500)
    assert code.evaluate(drawn) == 2, "black and white"


def confirm(expert: Expert) -> None:
    page = expert.visit("confirm", "[name=stance]")
    stance, reasons = STANCES[expert.language]
    page.check(f"[name=stance][value={stance}]")
    if reasons:
        page.fill("[name=reasons]", reasons)
    sign(page, "form.signed-act .is-primary")
    expect(page.locator("tr.is-mine .state.is-plain")).to_have_count(0)


def read_the_end(main: Crowd, folder: Path) -> None:
    """What is left: a report on paper, and a bundle that anybody can verify."""
    for language in ("zh-CN", "en"):
        page = look_as(main, "officer-1", language=language)
        page.wait_for_url("**/report")
        check_language(page, language)
        for room in ("desk", "board", "opening", "draw", "result", "record"):
            page.goto(f"{main.site.url}/sessions/{SESSION}/{room}")
            check_language(page, language, names=(STANCES["zh-CN"][1], BROKEN, *capitals(page)))
            picture(page, f"end-{room}-{language}")
    with page.expect_download() as taken:
        page.click("a[download]")
    bundle = folder / taken.value.suggested_filename
    taken.value.save_as(bundle)
    verdict = verify_file(bundle)
    assert verdict.ok, [step for step in verdict.steps if not step.ok]
    page.goto(f"{main.site.url}/sessions/{SESSION}/report")
    with page.expect_download() as taken:
        page.click("a[download]")
    taken.value.save_as(folder / "report.pdf")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")


def capitals(page: Page) -> tuple[str, ...]:
    """Amounts in capitals are Chinese in every language."""
    return tuple(page.locator(".capital").all_inner_texts())
