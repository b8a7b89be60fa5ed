"""A whole session through the pages of one venue, and the promises of the workbench on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.end_to_end import incidents
from tests.end_to_end.course import Course

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.end_to_end.conftest import Crowd

pytestmark = pytest.mark.timeout(600)

OF_ONE = (("8", "11"), ("8", "9.5"))
OF_ANOTHER = (("8", "10"), ("6", "9"))
"""The other member mistakes an objective mark of the second bid."""


def test_session_runs_from_founding_to_the_joint_confirmation(crowd: Crowd, tmp_path: Path) -> None:
    course = Course(crowd, tmp_path)
    course.found()
    course.publish()
    course.seal()
    table = course.open_bids()
    assert table.locator("tbody tr").count() == 2
    expect(table.locator("tbody")).to_contain_text("贰佰叁拾捌万陆仟元伍角整")
    incidents.object_and_answer(course)
    course.order()
    course.draw()
    course.order()
    course.check_in()
    course.declare_and_elect()
    course.order()
    course.review()
    course.order()
    first, second = course.seats
    check_workbench(course)
    incidents.pause_and_resume(course, first)
    incidents.new_key_at_the_same_seat(course, first)
    newcomer = incidents.replace_member(course, second)
    score(course, first, OF_ONE)
    score(course, newcomer, OF_ANOTHER)
    course.release("supervisor-demo", "result")
    incidents.correct_after_release(course, newcomer, first)
    result = course.go("supervisor-demo", "result")
    expect(result.locator("tbody").first).to_contain_text("清溪后勤管理有限公司")
    course.agree(first)
    incidents.refuse_with_reasons(course, newcomer)
    assert crowd.faults == []


def check_workbench(course: Course) -> None:
    """Nothing typed is lost: not by a wrong text, not without a line, not when the page dies."""
    seat = course.seats[0]
    page = course.sheet(seat)
    state, fields = page.locator("save-state"), page.locator("input[data-bid]")
    fields.first.fill("\uff19")  # a full-width 9, beyond the range of 0 to 8
    fields.first.press("Enter")
    expect(state).to_have_attribute("data-word", "state_wrong")
    expect(page.locator(".item .problem").first).not_to_be_empty()
    assert fields.first.input_value() == "9"
    fields.first.fill("8")
    fields.first.press("Enter")
    expect(state).to_have_attribute("data-word", "state_here")
    course.crowd.contexts[seat].set_offline(offline=True)
    fields.nth(1).fill("7.5")
    fields.nth(1).press("Enter")
    expect(state).to_have_attribute("data-word", "state_down")
    page.locator("[data-act=review]").click()
    expect(page.locator("[data-act=sign]")).to_be_disabled()
    page.locator("[data-act=back]").click()
    fields.nth(1).fill("11")
    page.close()
    course.crowd.contexts[seat].set_offline(offline=False)
    course.crowd.faults.clear()
    course.people[seat] = course.crowd.page(seat)
    again = course.sheet(seat)
    expect(again.locator("save-state")).to_have_attribute("data-word", "state_here")
    values = [again.locator("input[data-bid]").nth(at).input_value() for at in range(2)]
    assert values == ["8", "11"]
    check_second_window(course, seat)


def check_second_window(course: Course, seat: str) -> None:
    """One active sheet per seat: a second window says so, and takes no mark."""
    other = course.crowd.page(seat)
    other.goto(course.people[seat].url)
    expect(other.locator("#sheet-notice")).to_be_visible()
    expect(other.locator("#sheet-notice [data-text]")).not_to_be_empty()
    expect(other.locator("input[data-bid]:not([readonly])")).to_have_count(0)
    other.close()


def score(course: Course, seat: str, sheet: Sequence[Sequence[str]]) -> None:
    page = course.sheet(seat)
    for bid, marks in enumerate(sheet):
        page.locator("[data-tab]").nth(bid).click()
        panel = page.locator('[role="tabpanel"]').nth(bid).locator("input")
        for at, mark in enumerate(marks):
            panel.nth(at).fill(mark)
            panel.nth(at).press("Enter")
    expect(page.locator("save-state")).to_have_attribute("data-word", "state_here")
    page.locator("[data-act=review]").click()
    expect(page.locator("[data-act=sign]")).to_be_enabled()
    page.locator("[data-act=sign]").click()
    expect(page.locator("save-state")).to_have_attribute("data-word", "state_signed")
