"""What goes wrong in a session of one venue, and what everybody then sees and does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.end_to_end.conftest import picture
from tests.end_to_end.course import sign

if TYPE_CHECKING:
    from tests.end_to_end.course import Course

OBJECTION = "唱标时第二家的交货期与开标一览表不一致。"
ANSWER = "已当场核对，开标一览表无误，录像可查。"
PAUSE = "主会场停电，等待备用电源。"
RESUME = "备用电源已启用。"
BROKEN = "席位电脑蓝屏后重装。"
ILLNESS = "专家突发疾病，已送医。"
CORRECTION = "看错营业执照日期，应为 8 分。"
REFUSAL = "对第一名的客观分认定不同意，附书面说明。"


def object_and_answer(course: Course) -> None:
    """A bidder objects at the opening; the officer's list says so; the answer comes by itself."""
    bidder = course.go("bidder-demo0001", "opening")
    bidder.fill("form[data-kind='opening.objected'] textarea", OBJECTION)
    with bidder.expect_response("**/api/entries") as sent:
        bidder.click("form[data-kind='opening.objected'] button")
    assert sent.value.status == 201
    officer = course.wait("officer-demo-1", "opening", "form[data-kind='opening.answered']")
    expect(officer.locator(".notice", has_text=OBJECTION)).to_be_visible()
    picture(officer, "opening-objection")
    officer.fill("form[data-kind='opening.answered'] textarea", ANSWER)
    officer.click("form[data-kind='opening.answered'] button")
    answered = bidder.locator(".notice", has_text=OBJECTION)
    expect(answered).to_contain_text(ANSWER, timeout=15_000)
    expect(course.go("bidder-demo0002", "opening").locator("body")).to_contain_text(ANSWER)
    picture(bidder, "opening-answered")


def pause_and_resume(course: Course, seat: str) -> None:
    """A pause reaches every page at once; what was just typed is kept, and goes out afterwards."""
    page = course.sheet(seat)
    state, field = page.locator("save-state"), page.locator("input[data-bid]").nth(1)
    watching = course.go("supervisor-demo", "board")
    desk = course.go("officer-demo-1", "desk")
    desk.fill("#pause-fault textarea", PAUSE)
    desk.click("#pause-fault button")
    course.crowd.contexts[seat].set_offline(offline=True)
    desk.click("#confirm-act [value=yes]")
    expect(desk.locator("#frame-now")).to_contain_text(PAUSE)
    field.fill("10.5")
    field.press("Enter")
    expect(state).to_have_attribute("data-word", "state_down")
    course.crowd.contexts[seat].set_offline(offline=False)
    expect(state).to_have_attribute("data-word", "state_paused", timeout=20_000)
    expect(page.locator("#frame-now")).to_contain_text(PAUSE)
    expect(watching.locator("#frame-now")).to_contain_text(PAUSE)
    expect(desk.locator("form[data-kind='session.resumed'] textarea")).to_have_value("")
    expect(page.locator("input[data-bid]:not([readonly])")).to_have_count(0)
    picture(page, "pause-sheet")
    picture(watching, "pause-board")
    picture(desk, "pause-desk")
    page.click("[data-act=review]")
    expect(page.locator("[data-act=sign]")).to_be_disabled()
    page.click("[data-act=back]")
    desk.fill("form[data-kind='session.resumed'] textarea", RESUME)
    sign(desk, "form[data-kind='session.resumed'] button")
    expect(state).to_have_attribute("data-word", "state_here", timeout=20_000)
    expect(page.locator("#frame-now .notice")).to_have_count(0)
    expect(page.locator("input[data-bid]:not([readonly])")).not_to_have_count(0)
    assert field.input_value() == "10.5"
    course.crowd.forget_dead_lines()


def new_key_at_the_same_seat(course: Course, seat: str) -> None:
    """An officer allows it, the operator gives a code; what this browser kept is not lost."""
    kept = course.sheet(seat).locator("input[data-bid]").nth(1).input_value()
    desk = course.go("officer-demo-1", "desk")
    form = desk.locator("form[data-kind='rekey.allowed']", has=desk.locator(f"#f-rekey-{seat}"))
    desk.locator("details", has=form).locator("summary").click()
    form.locator("[name=reason]").fill(BROKEN)
    picture(desk, "rekey-desk")
    form.locator("button").click()
    with desk.expect_response("**/api/entries") as allowed:
        desk.click("#confirm-act [value=yes]")
    assert allowed.value.status == 201
    code = course.seat_code(seat)
    course.people[seat].close()
    course.people[seat] = course.crowd.take_code(seat, code)
    page = course.sheet(seat)
    assert page.locator("input[data-bid]").nth(1).input_value() == kept
    expect(page.locator("save-state")).to_have_attribute("data-word", "state_here")
    expect(page.locator("#sheet-notice")).to_be_hidden()


def replace_member(course: Course, seat: str) -> str:
    """The officer replaces a member; the member's open page says so; the newcomer starts anew."""
    gone = course.sheet(seat)
    desk = course.go("officer-demo-1", "desk")
    desk.locator("details", has=desk.locator("[name=ground]")).locator("summary").click()
    desk.select_option("form[data-kind='member.replaced'] [name=person]", seat)
    desk.select_option("form[data-kind='member.replaced'] [name=ground]", "illness")
    desk.fill("form[data-kind='member.replaced'] textarea", ILLNESS)
    picture(desk, "replace-desk")
    sign(desk, "form[data-kind='member.replaced'] button")
    expect(gone.locator("#frame-now")).to_contain_text(ILLNESS, timeout=20_000)
    expect(gone.locator("input[data-bid]:not([readonly])")).to_have_count(0)
    picture(gone, "replaced-sheet")
    for room in ("work", "result"):
        expect(course.go(seat, room).locator("#frame-now .is-bad")).to_be_visible()
        assert gone.url.endswith("/work")
    picture(gone, "replaced-work")
    newcomer = course.seat_newcomer()
    assert newcomer not in course.seats[:2]
    course.declare(newcomer)
    course.find_responsive(newcomer)
    fields = course.sheet(newcomer).locator("input[data-bid]")
    assert {field.input_value() for field in fields.all()} == {""}
    return newcomer


def correct_after_release(course: Course, seat: str, other: str) -> None:
    """Objective marks that differ stop the result; nobody is urged to end; one member corrects."""
    desk = course.wait("officer-demo-1", "desk", "form[data-body*='archived']")
    assert not desk.locator("form[data-body*='archived']").is_visible()
    desk.locator("details", has=desk.locator("[name=reason]")).last.locator("summary").click()
    picture(desk, "findings-desk")
    for member in (seat, other):
        expect(course.go(member, "work").locator(".is-next a")).to_be_visible()
    page = course.go(seat, "correct")
    picture(page, "findings-correct")
    page.fill("[name=after]", "8")
    page.fill("form[data-kind='mark.corrected'] [name=reason]", CORRECTION)
    sign(page, "form[data-kind='mark.corrected'] .is-primary")
    result = course.wait("supervisor-demo", "result", ".state.is-ok")
    expect(result.locator("body")).to_contain_text(CORRECTION)
    picture(result, "corrected-result")


def refuse_with_reasons(course: Course, seat: str) -> None:
    """Who does not sign says why on the same page, and everybody reads it there."""
    page = course.wait(seat, "confirm", "[name=stance]")
    reasons = page.locator("[name=reasons]")
    expect(reasons).to_be_hidden()
    page.check("[name=stance][value=refuse]")
    expect(reasons).to_be_visible()
    page.click("form.signed-act .is-primary")
    expect(page.locator("#confirm-act")).to_be_hidden()
    reasons.fill(REFUSAL)
    picture(page, "refuse-confirm")
    sign(page, "form.signed-act .is-primary")
    expect(page.locator("tr.is-mine")).to_contain_text(REFUSAL, timeout=15_000)
    picture(page, "refused-confirm")
