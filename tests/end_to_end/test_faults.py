"""Faults that outlast their limits: before the start the tenderer decides, later a new panel.

By the rules of `drill/1`, whose limits are seconds. One venue, everybody with a browser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from bideval.cli.verify import verify_file
from tests.end_to_end.conftest import picture
from tests.end_to_end.course import BIDS, Course, sign
from tests.end_to_end.words import check_language

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Crowd

pytestmark = pytest.mark.timeout(600)

OFFICER, SUPERVISOR = "officer-demo-1", "supervisor-demo"
OUTAGE = "主会场停电。"
BACK = "电力恢复。"
DECISION = "采购人决定当日继续，理由：专家均在场。"
FORMING = "停电超过时限，重新组建评标委员会。"
AGAIN = "fh-2026-0117-2"
LEFT = re.compile(r"^00:00:[0-3]\d$")
TYPED = (OUTAGE, BACK, DECISION, FORMING, "办公区物业管理服务", "物业管理", "奉化公共资源交易中心")
PATIENCE_MS = 60_000


def test_fault_beyond_its_limit_ends_in_a_decision_or_a_new_panel(
    crowd: Crowd, tmp_path: Path
) -> None:
    course = Course(crowd, tmp_path, rulebook="drill/1")
    course.found()
    course.publish()
    course.seal()
    course.open_bids()
    course.order()
    go_on_by_the_tenderer_s_decision(course)
    course.draw()
    course.order()
    course.check_in()
    course.declare_and_elect()
    course.order()
    form_a_new_panel(course)
    begin_the_session_of_the_new_panel(course)
    verify_the_sealed_record(course, tmp_path)
    hand_in_again(Course(crowd, tmp_path, session=AGAIN, people=course.people))
    assert crowd.faults == []


def pause_for_a_fault(course: Course) -> Page:
    """The officer says what is at fault, and nothing else: it began now."""
    desk = course.go(OFFICER, "desk")
    desk.fill("#pause-fault textarea", OUTAGE)
    picture(desk, "fault-desk-before")
    with desk.expect_response("**/api/entries") as sent:
        sign(desk, "#pause-fault button")
    assert sent.value.status == 201
    return desk


def see_in_both_languages(course: Course, person: str, room: str, name: str) -> None:
    """Open a room once more in each language, and read it."""
    url = course.crowd.site.url
    for language in ("en", "zh-CN"):
        page = course.crowd.page(f"{person} who looks", language=language)
        assert page.request.post(f"{url}/demo/login", data={"person": person}).ok
        page.goto(f"{url}/sessions/{course.session}/{room}")
        check_language(page, language, names=TYPED)
        picture(page, f"{name}-{language}")
        page.close()


def go_on_by_the_tenderer_s_decision(course: Course) -> None:
    """Before the start: twenty seconds, then nobody goes on without a decision, on record."""
    watching = course.go(SUPERVISOR, "board")
    desk = pause_for_a_fault(course)
    told = watching.locator("#frame-now")
    expect(told).to_contain_text("逾期由采购人（招标人）决定。")
    expect(told.locator("count-down")).to_have_text(LEFT)
    expect(told).to_contain_text("时限已于", timeout=PATIENCE_MS)
    expect(told).to_contain_text("由采购人（招标人）决定：")
    see_in_both_languages(course, SUPERVISOR, "board", "fault-over-board")
    form = desk.locator("#resume")
    expect(form.locator("[name=decision]")).to_be_visible(timeout=PATIENCE_MS)
    see_in_both_languages(course, OFFICER, "desk", "fault-over-desk")
    form.locator("[name=reason]").fill(BACK)
    form.locator("[name=decision]").fill(DECISION)
    sign(desk, "#resume button")
    expect(desk.locator("#desk-pauses")).to_contain_text(DECISION)
    expect(told.locator(".notice")).to_have_count(0)
    expect(watching.locator("#board")).to_contain_text(DECISION)
    picture(desk, "fault-decided-desk")


def form_a_new_panel(course: Course) -> None:
    """During the evaluation: after the limit the core refuses to go on, whatever the page shows."""
    expert = course.go(course.seats[0], "work")
    desk = pause_for_a_fault(course)
    told = expert.locator("#frame-now")
    expect(told).to_contain_text("逾期只能重新组建评标委员会评审。")
    expect(told.locator("count-down")).to_have_text(LEFT)
    picture(expert, "fault-clock-work")
    desk.fill("#resume textarea", BACK)  # begun in time, so the form stays open
    expect(told).to_contain_text("原评标委员会不得继续评审", timeout=PATIENCE_MS)
    sign(desk, "#resume button")
    expect(desk.locator("#resume .form-status.is-bad")).to_contain_text("故障时限已过")
    desk = course.go(OFFICER, "desk")
    expect(desk.locator("#resume")).to_have_count(0)
    expect(desk.locator("#re-form [name=successor]")).to_have_value(AGAIN)
    see_in_both_languages(course, OFFICER, "desk", "fault-new-panel-desk")
    desk.fill("#re-form [name=reason]", FORMING)
    sign(desk, "#re-form button")
    sealed = expert.locator("#frame-now")
    expect(sealed).to_contain_text("由新组建的评标委员会重新评审", timeout=PATIENCE_MS)
    expect(sealed).to_contain_text("成员仍负有保密义务")
    expect(sealed).to_contain_text(AGAIN)
    see_in_both_languages(course, course.seats[0], "work", "fault-sealed-work")
    see_in_both_languages(course, SUPERVISOR, "board", "fault-sealed-board")


def begin_the_session_of_the_new_panel(course: Course) -> None:
    """The desk leads to the new session; only the named number continues the sealed one."""
    desk = course.go(OFFICER, "desk")
    picture(desk, "fault-sealed-desk")
    desk.locator("a[href*='after=']").click()
    expect(desk.locator("[name=id]")).to_have_value(AGAIN)
    expect(desk.locator("[name=rulebook]")).to_have_value("drill/1")
    picture(desk, "fault-begin-again")
    desk.fill("[name=id]", "fh-2026-0999")
    desk.click('form[action="/api/sessions"] button')
    expect(desk.locator('form[action="/api/sessions"] .form-status.is-bad')).to_be_visible()
    desk.fill("[name=id]", AGAIN)
    desk.click('form[action="/api/sessions"] button')
    desk.wait_for_url("**/tender")
    ended = desk.request.get(f"{course.crowd.site.url}/api/sessions/{course.session}").json()
    assert (ended["phase"], ended["successor"]) == ("re_formed", AGAIN)


def hand_in_again(again: Course) -> None:
    """Who hands in the same bid once more is opened; a price that is now another is not."""
    for person in (OFFICER, "officer-demo-2", SUPERVISOR, *BIDS):
        again.join(person)
    again.publish()
    same, other = BIDS
    again.seal({other: "2000000.00"})
    notice = again.go(same, "seal").locator("main .notice.is-warn").first
    expect(notice).to_contain_text("请再次提交同一投标文件")
    picture(again.people[same], "fault-hand-in-again")
    hall = again.open_bids()
    expect(hall.locator("tbody").first).to_contain_text("安和物业服务有限公司")
    expect(hall.locator("body")).not_to_contain_text("2,000,000.00")
    picture(hall, "fault-opened-again")
    seen = (
        again.people[SUPERVISOR].request.get(f"{again.crowd.site.url}/api/sessions/{AGAIN}").json()
    )
    assert [(one["bidder"], one["state"]) for one in seen["bids"]] == [
        (same, "opened"),
        (other, "unopenable"),
    ]


def verify_the_sealed_record(course: Course, folder: Path) -> None:
    """What led to the new panel is evidence like any other: its bundle verifies."""
    record = course.go(SUPERVISOR, "record")
    with record.expect_download() as taken:
        record.click("a[download]")
    bundle = folder / taken.value.suggested_filename
    taken.value.save_as(bundle)
    verdict = verify_file(bundle)
    assert verdict.ok, [step for step in verdict.steps if not step.ok]
    assert (verdict.phase, verdict.final) == ("re_formed", True)
