"""Pages that need nobody signed in."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import VIEW, ZOOMED, picture
from tests.end_to_end.keyboard import check_tabs

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import ViewportSize

    from tests.end_to_end.conftest import Crowd

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize("view", [VIEW, ZOOMED])
def test_seat_check_finds_this_seat_ready(crowd: Crowd, view: ViewportSize) -> None:
    """At 125 percent too: every page fits, and nobody can make that window wider."""
    page = crowd.page("anybody")
    page.set_viewport_size(view)
    page.goto(f"{crowd.site.url}/seat-check")

    expect(page.locator("#check-summary")).to_have_class("notice is-ok")
    picture(page, "seat-check")
    assert page.locator("[data-check] .is-ok").count() == page.locator("[data-check]").count()
    assert crowd.faults == []


def test_language_is_one_press_away_and_stays(crowd: Crowd) -> None:
    page = crowd.page("anybody")
    page.goto(f"{crowd.site.url}/enrol")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"

    page.click("text=English")
    assert page.url == f"{crowd.site.url}/enrol"
    expect(page.locator("h1")).to_have_text("Enrol with a one-time code")


def test_text_size_is_kept_on_this_machine(crowd: Crowd) -> None:
    page = crowd.page("anybody")
    page.goto(crowd.site.url)
    sizes = []
    for name in ("small", "medium", "large"):
        page.click(f"[data-size={name}]")
        page.reload()
        sizes.append(page.evaluate("getComputedStyle(document.body).fontSize"))

    assert sizes == ["16px", "18px", "21px"]


def test_bar_stays_in_one_row_at_every_size(crowd: Crowd) -> None:
    page = crowd.enrol("officer", "officer-demo-1")
    heights = set()
    for name in ("small", "medium", "large"):
        page.click(f"[data-size={name}]")
        ratio = "b => b.offsetHeight / parseFloat(getComputedStyle(b).fontSize)"
        heights.add(round(page.locator(".bar").evaluate(ratio), 1))
        spill = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert spill <= 0

    assert heights == {3.1}


def test_wrong_code_is_explained_beside_the_form(crowd: Crowd) -> None:
    page = crowd.page("anybody")
    page.goto(f"{crowd.site.url}/enrol")
    page.fill("[name=code]", "2222-2222-2222-2222")
    page.click("form.enrol button")

    expect(page.locator(".form-status.is-bad")).to_be_visible()
    picture(page, "enrol-wrong-code")
    steps, card = (
        page.locator("ol.card li").first.bounding_box(),
        page.locator("ol.card").bounding_box(),
    )
    assert steps is not None
    assert card is not None
    assert steps["x"] - card["x"] > 24, "the numbers of the steps stand on the edge of their card"
    assert page.locator("[name=code]").input_value() == "2222-2222-2222-2222"


def test_rooms_send_strangers_to_the_sign_in(crowd: Crowd) -> None:
    page = crowd.page("anybody")
    page.goto(f"{crowd.site.url}/sessions/fh-2026-0117/desk")

    assert page.url == f"{crowd.site.url}/?next=/sessions/fh-2026-0117/desk"
    page.click("text=English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url == f"{crowd.site.url}/?next=/sessions/fh-2026-0117/desk"


def test_who_signs_in_lands_where_he_wanted_to_go_and_nowhere_else(crowd: Crowd) -> None:
    page = crowd.enrol("officer", "officer-demo-1")
    room = f"{crowd.site.url}/sessions/fh-2026-0117/record"
    strange = f"{crowd.site.url}/?next=//evil.example/sessions/x"
    for asked, found in ((room, room), (strange, f"{crowd.site.url}/")):
        page.context.clear_cookies(name="bideval")
        page.goto(asked)
        page.click("#known-keys button")
        page.wait_for_url(lambda url: "next=" not in url)
        assert page.url == found


def test_a_page_that_a_keyboard_cannot_use_is_noticed(crowd: Crowd) -> None:
    page = crowd.page("anybody")
    page.goto(f"{crowd.site.url}/enrol")
    check_tabs(page)
    page.evaluate("document.querySelector('.enrol button').tabIndex = 0")
    page.evaluate("document.querySelector('.enrol input').tabIndex = 5")
    with pytest.raises(AssertionError, match="Tab jumps"):
        check_tabs(page)
    page.evaluate("document.querySelector('.enrol input').tabIndex = 0")
    page.evaluate(
        "() => { document.querySelector('.enrol input').onkeydown = (at) => at.preventDefault() }"
    )
    with pytest.raises(AssertionError, match="never comes to"):
        check_tabs(page)


def test_unknown_pages_say_so_in_words(crowd: Crowd) -> None:
    page = crowd.page("anybody")
    answer = page.goto(f"{crowd.site.url}/nothing")

    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("没有此页面")


def test_tender_file_is_read_as_what_it_is(crowd: Crowd, tmp_path: Path) -> None:
    """A deadline at another offset is the same instant; what is no tender is not called read."""
    page = crowd.enrol("officer", "officer-demo-1")
    page.goto(crowd.site.url)
    page.fill("[name=id]", "fh-2026-form")
    page.fill("[name=title]", "发电机")
    page.click('form[action="/api/sessions"] button')
    page.wait_for_url("**/tender")
    file = tmp_path / "tender.json"
    for text in ("[1, 2]", "7", "null", '{"format": "x"}', '{"method": {"criteria": "x"}}', "{"):
        file.write_text(text, encoding="utf-8")
        page.set_input_files("[name=file]", file)
        expect(page.locator("#tender .form-status")).to_have_text(
            "该文件不是 JSON 格式的招标项目。"
        )
        page.set_input_files("[name=file]", [])
    stated = "2026-12-01T02:00:30.500Z"
    named = {"number": "T-1", "title": "发电机", "procuring_entity": "医院", "category": "goods"}
    whole = {**named, "decryption_minutes": 30, "deadline": stated, "requirements": []}
    file.write_text(json.dumps(whole), encoding="utf-8")
    page.set_input_files("[name=file]", file)

    expect(page.locator("[name=deadline]")).to_have_value("2026-12-01T10:00:30")
    posted = []
    page.on("request", lambda asked: posted.append(asked.post_data or ""))
    page.click("#tender .is-primary")
    page.click("#confirm-act [value=yes]")
    page.wait_for_event("response", lambda answer: answer.url.endswith("/api/entries"))
    [jws] = [json.loads(body)["jws"] for body in posted if "jws" in body]
    payload = json.loads(base64.urlsafe_b64decode(jws.split(".")[1] + "=="))
    assert payload["body"]["tender"]["deadline"] == stated
    crowd.faults.clear()  # the venue refuses a tender without a method
