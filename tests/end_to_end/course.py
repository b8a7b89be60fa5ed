"""A session as people live it, page by page; each step leaves the session where the next begins."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import in_english, picture
from tests.end_to_end.keyboard import check_tabs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import Crowd

BIDS = {
    "bidder-demo0001": ("安和物业服务有限公司", "2498000.00", "medium"),
    "bidder-demo0002": ("清溪后勤管理有限公司", "2386000.50", "small"),
}
CRITERIA = (("B1", "objective", "8", "2"), ("T1", "subjective", "12", "0.5"))
TAKING_S = 25
"""Seconds from publishing to the deadline: enough to seal two small bids on a busy machine."""
PATIENCE_MS = 60_000
ONE_PAGE = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>endobj
trailer<</Root 1 0 R>>
"""


@dataclass
class Course:
    """One session at one venue with everybody in it."""

    crowd: Crowd
    folder: Path
    session: str = "fh-2026-0117"
    rulebook: str = "rehearsal/2"
    people: dict[str, Page] = field(default_factory=dict)

    def go(self, person: str, room: str) -> Page:
        page = self.people[person]
        page.goto(f"{self.crowd.site.url}/sessions/{self.session}/{room}")
        return page

    def wait(self, person: str, room: str, selector: str) -> Page:
        """Open a room again and again until it shows what is awaited."""
        end = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < end:
            page = self.go(person, room)
            if page.locator(selector).count():
                return page
            page.wait_for_timeout(500)
        raise AssertionError(f"{room} never showed {selector}")

    def found(self) -> None:
        """The officer begins the session; custodians and the operator join it by its id."""
        roles = {"officer-demo-1": "officer", "officer-demo-2": "officer"}
        roles |= {"supervisor-demo": "supervisor", "operator-demo": "operator"}
        roles |= dict.fromkeys(BIDS, "bidder")
        self.people = {person: self.crowd.enrol(role, person) for person, role in roles.items()}
        officer = self.people["officer-demo-1"]
        picture(officer, "officer-home")
        check_tabs(officer)
        officer.fill("[name=id]", self.session)
        officer.fill("[name=title]", "办公区物业管理服务")
        officer.select_option("[name=rulebook]", self.rulebook)
        officer.click('form[action="/api/sessions"] button')
        officer.wait_for_url("**/tender")
        for person in roles:
            self.join(person)

    def join(self, person: str) -> None:
        page = self.people[person]
        page.goto(self.crowd.site.url)
        row = page.locator(f'form.join-session[data-session="{self.session}"] button')
        if row.count() == 0:
            page.fill(".join-session [name=session]", self.session)
            row = page.locator(".join-session:has([name=session]) button")
        with page.expect_response("**/join") as answered:
            row.click()
        assert answered.value.status == 201
        page.wait_for_load_state()

    def publish(self) -> None:
        file = self.folder / "tender.json"
        file.write_text(json.dumps(tender(time.time() + TAKING_S)), encoding="utf-8")
        page = self.go("officer-demo-1", "tender")
        page.set_input_files("[name=file]", file)
        expect(page.locator("[name=number]")).to_have_value("FH-2026-WY-03")
        picture(page, "officer-tender")
        check_tabs(page)
        sign(page, "#tender .is-primary")
        expect(page.locator("dl.facts")).to_be_visible()

    def seal(self, prices: dict[str, str] | None = None) -> None:
        for bidder, (name, price, size) in BIDS.items():
            page = self.go(bidder, "seal")
            picture(page, f"bidder-seal-{size}")
            check_tabs(page)
            page.fill("[name=bidder_name]", name)
            page.fill("[name=price]", (prices or {}).get(bidder, price))
            page.select_option("[name=size]", size)
            page.fill("[name=duration]", "一年")
            file = {"name": "bid.pdf", "mimeType": "application/pdf", "buffer": ONE_PAGE}
            page.set_input_files("[name=files]", files=[file])
            sign(page, "#seal-bid .acts .is-primary")
            expect(page.locator("#bid-receipt")).to_be_visible()
            picture(page, f"receipt-{size}")
            page.emulate_media(media="print")
            expect(page.locator("#bid-receipt .qr").first).to_be_visible()
            picture(page, f"receipt-{size}-print")
            page.emulate_media(media="screen")

    def release(self, person: str, room: str) -> None:
        page = self.wait(person, room, ".share-release")
        picture(page, f"{person}-{room}")
        sign(page, ".share-release button")
        expect(page.locator(".share-release:not(:has(.form-status.is-ok))")).to_have_count(0)

    def open_bids(self) -> Page:
        self.release("officer-demo-1", "opening")
        self.release("officer-demo-2", "opening")
        return self.wait("bidder-demo0001", "opening", "table caption")

    def order(self) -> None:
        page = self.wait(
            "officer-demo-1", "desk", 'form[data-kind="phase.ordered"] .is-primary:enabled'
        )
        with page.expect_response("**/api/entries") as answered:
            sign(page, 'form[data-kind="phase.ordered"] .is-primary')
        assert answered.value.status == 201

    def draw(self) -> None:
        page = self.wait("officer-demo-1", "desk", "[name=excluded_names]")
        picture(page, "officer-desk-pool")
        check_tabs(page)
        with in_english(page):
            picture(page, "officer-desk-pool-en")
        rows = [f"专家{name},12{at}4,property,fenghua" for at, name in enumerate("甲乙丙丁")]
        table = "\n".join(["name,id_tail,discipline,venue", *rows])
        file = {"name": "pool.csv", "mimeType": "text/csv", "buffer": table.encode()}
        page.set_input_files("form[action$='/pool'] [name=file]", files=[file])
        page.fill("[name=excluded_names]", "专家丁")
        with page.expect_response("**/pool") as answered:
            page.click('form[action$="/pool"] button')
        assert answered.value.status == 201
        assert answered.value.json()["excluded"] == {"named_by_party": 1}
        page = self.wait("supervisor-demo", "draw", "#seal-nonce")
        picture(page, "supervisor-nonce")
        check_tabs(page)
        with page.expect_response("**/api/entries") as sealed:
            sign(page, "#seal-nonce button")
        assert sealed.value.status == 201
        self.release("supervisor-demo", "draw")

    def check_in(self) -> None:
        page = self.wait("operator-demo", "checkin", "form.json-form")
        forms = page.locator("form.json-form")
        codes = []
        for at in range(forms.count()):
            forms.nth(at).locator("button").click()
            slip = forms.nth(at).locator("[data-show=code]")
            expect(slip).not_to_be_empty()
            codes.append(slip.inner_text())
        picture(page, "operator-checkin")
        check_tabs(page)
        for at, code in enumerate(codes, start=1):
            seat = f"fenghua-{at:02}"
            self.people[seat] = self.crowd.take_code(seat, code)

    def seat_code(self, seat: str) -> str:
        """Let the operator give a code for a seat, as the check-in page offers it."""
        page = self.wait("operator-demo", "checkin", f'form:has([name=seat][value="{seat}"])')
        form = page.locator(f'form.json-form:has([name=seat][value="{seat}"])')
        form.locator("button").click()
        slip = form.locator("[data-show=code]")
        expect(slip).not_to_be_empty()
        picture(page, f"checkin-{seat}")
        return slip.inner_text()

    def seat_newcomer(self) -> str:
        """Seat the expert who was drawn in a former member's place."""
        seat = f"fenghua-{len(self.seats) + 1:02}"
        self.people[seat] = self.crowd.take_code(seat, self.seat_code(seat))
        return seat

    @property
    def seats(self) -> list[str]:
        return [person for person in self.people if person.startswith("fenghua-")]

    def declare_and_elect(self) -> None:
        for seat in self.seats:
            self.declare(seat)
        for seat in self.seats:
            page = self.wait(seat, "chair", "[name=candidate]")
            check_tabs(page)
            page.locator("[name=candidate]").first.check()
            sign(page, "form.signed-act .is-primary")
            page.wait_for_timeout(1000)

    def declare(self, seat: str) -> None:
        page = self.wait(seat, "declare", "[name=discipline]")
        check_tabs(page)
        page.check("[name=discipline]")
        page.check("[name=recusal][value=none]")
        sign(page, "form.signed-act .is-primary")
        page.wait_for_url("**/work")

    def review(self) -> None:
        for seat in self.seats:
            self.find_responsive(seat)

    def find_responsive(self, seat: str) -> None:
        page = self.wait(seat, "responsiveness", "form.verdict")
        check_tabs(page)
        for choice in page.locator("input[value=pass]").all():
            choice.check()
        for form in page.locator("form.verdict").all():
            form.locator("button").click()
            page.click("#confirm-act [value=yes]")
            expect(form.locator(".form-status.is-ok")).to_be_visible()

    def sheet(self, seat: str) -> Page:
        """Open the workbench and wait until it is ready."""
        page = self.wait(seat, "score", "score-sheet")
        expect(page.locator("input[data-bid]:not([readonly])")).not_to_have_count(0)
        picture(page, f"score-{seat}")
        return page

    def agree(self, seat: str) -> None:
        page = self.wait(seat, "confirm", "[name=stance]")
        check_tabs(page)
        page.check("[name=stance][value=agree]")
        sign(page, "form.signed-act .is-primary")
        expect(page.locator("tr.is-mine .state.is-ok")).to_be_visible()


def sign(page: Page, button: str) -> None:
    """Press a button that asks once more, and confirm."""
    page.click(button)
    page.click("#confirm-act [value=yes]")


def tender(deadline: float) -> dict[str, object]:
    local = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(deadline + 8 * 3600))
    venue = {"threshold": 2, "custodians": ["venue/fenghua", "supervisor-demo"]}
    officers = {"threshold": 2, "custodians": ["officer-demo-1", "officer-demo-2"]}
    return {
        "format": "bideval-tender/1",
        "number": "FH-2026-WY-03",
        "title": "办公区物业管理服务",
        "procuring_entity": "机关事务管理局",
        "agent": "",
        "category": "services",
        "budget": "2860000.00",
        "ceiling": "2860000.00",
        "deadline": f"{local}.000+08:00",
        "lots": [{"id": "1", "title": "物业管理服务"}],
        "method": {
            "type": "comprehensive",
            "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
            "panel_mean": {"over": "member_total", "trim": None},
            "absent_marks": "refuse",
            "criteria": [
                {"id": name, "name": name, "kind": kind, "min": "0", "max": most, "step": step}
                for name, kind, most, step in CRITERIA
            ],
            "price": {"formula": "lowest_price", "max": "15"},
            "preference": {"small": {"deduct_percent": "10"}},
            "ties": ["evaluated_price"],
            "candidates": 1,
        },
        "requirements": [{"id": "R1", "clause": "3.2", "text": "投标有效期不少于 90 日"}],
        "documents": [],
        "panel": {
            "members": 2,
            "representatives": 0,
            "disciplines": [{"id": "property", "name": "物业管理", "members": 2}],
            "seats": [{"venue": "fenghua", "members": 2}],
        },
        "custody": {"bids": officers, "marks": venue, "identities": venue, "nonces": venue},
        "decryption_minutes": 30,
    }
