from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import hex_digest
from bideval.scoring.case import MemberStatus
from bideval.session.caseform import case_of, check_price, consolidation, corrected_marks
from bideval.session.names import Phase
from bideval.session.unsealing import OpenedMarks, Remark, open_marks
from bideval.terms.errors import InputError
from tests.unit.session.acts.test_panel import refill, replace
from tests.unit.session.conversation import EXPERTS, Conversation, at, method, tender

EXPERT = "wencheng-01"


def correct(talk: Conversation, before: str | None, after: str | None, **changes: Any) -> None:
    body = {
        "bid": "bid-a",
        "criterion": "design",
        "before": before,
        "after": after,
        "ground": "abnormal",
        "reason": "counted twice",
    }
    talk.must(EXPERT, "mark.corrected", body | changes)


def marks(talk: Conversation) -> OpenedMarks:
    return corrected_marks(talk.session, open_marks(talk.session))


def test_corrections_apply_one_after_another() -> None:
    talk = at(Phase.CONSOLIDATED)
    correct(talk, "30", "31")
    correct(talk, "31", "32")
    untouched = open_marks(talk.session)

    found = marks(talk)

    assert found.sheets[EXPERT]["bid-a"]["design"] == Decimal(32)
    assert untouched.sheets[EXPERT]["bid-a"]["design"] == Decimal(30)
    assert found.remarks == ()


def test_correction_that_starts_from_another_mark_is_left_out_and_remarked() -> None:
    talk = at(Phase.CONSOLIDATED)
    correct(talk, "29", "31")
    correct(talk, "31", "32")

    found = marks(talk)

    assert found.sheets[EXPERT]["bid-a"]["design"] == Decimal(30)
    remark = Remark(code="before_differs", member=EXPERT, bid="bid-a", criterion="design")
    assert found.remarks == (remark, remark)


def test_missing_sheet_is_completed_by_corrections() -> None:
    talk = at(Phase.CONSOLIDATED)
    correct(talk, None, "12", ground="missing")

    found = corrected_marks(talk.session, OpenedMarks(sheets={}, remarks=()))

    assert found.sheets == {EXPERT: {"bid-a": {"design": Decimal(12)}}}


def test_case_has_the_tender_s_method_the_bids_and_the_members() -> None:
    talk = at(Phase.CONSOLIDATED)

    case = case_of(talk.session, "1", marks(talk))

    assert case.method == talk.session.plan.method
    assert [(bid.id, str(bid.price), bid.size.value, bid.valid) for bid in case.bids] == [
        ("bid-a", "1080000.00", "large", True),
        ("bid-b", "1000000.00", "small", True),
        ("bid-c", "960000.00", "medium", True),
    ]
    assert [member.id for member in case.members] == [*EXPERTS]
    assert case.sheet(EXPERT).mark("bid-a", "design") == Decimal(30)
    assert {member.status for member in case.members} == {MemberStatus.SEATED}


def test_absent_mark_has_no_place_in_the_case() -> None:
    talk = at(Phase.SCORING)
    talk.script[EXPERT] = {"bid-a": {"design": None, "service": "0"}}
    talk.until(Phase.RELEASED)
    talk.release_marks()

    sheet = case_of(talk.session, "1", marks(talk)).sheet(EXPERT)

    assert sheet.marks == {"bid-a": {"service": Decimal(0)}}


def test_replaced_member_is_in_the_case_with_void_marks() -> None:
    talk = at(Phase.SCORING)
    seal = talk.score("beilun-01", items=1)
    replace(talk, "beilun-01")
    refill(talk, 5, "beilun-05")
    talk.declare("beilun-05")
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.vote("beilun-05", bid)
    talk.until(Phase.RELEASED)
    talk.release_marks()
    talk.release(seal)

    case = case_of(talk.session, "1", marks(talk))

    gone = case.members[4]
    assert (gone.id, gone.status, gone.replaced_by) == (
        "beilun-01",
        MemberStatus.REPLACED,
        "beilun-05",
    )
    assert {sheet.member for sheet in case.scoresheets} == {*EXPERTS, "beilun-05"}
    assert [member.id for member in case.seated()] == [*EXPERTS[:4], "beilun-05"]


def test_rejected_bid_is_not_valid() -> None:
    talk = Conversation(rulebook="works/1")
    talk.document["category"] = "works"
    del talk.document["method"]["preference"]
    talk.until(Phase.RESPONSIVENESS)
    for name in EXPERTS[:3]:
        talk.votes[name, "bid-b"] = "unresponsive"
    talk.until(Phase.RELEASED)
    talk.release_marks()

    case = case_of(talk.session, "1", marks(talk))

    assert [bid.valid for bid in case.bids] == [True, False, True]


def test_consolidation_is_the_body_of_the_next_version() -> None:
    talk = at(Phase.RELEASED)
    talk.release_marks()

    found = consolidation(talk.session, open_marks(talk.session))

    assert (found.body["version"], found.body["final"]) == (1, True)
    assert found.body["digest"] == hex_digest(canonical_bytes(found.body["lots"]))
    assert found.results["1"].candidates == ("bid-a", "bid-b", "bid-c")
    assert talk.say("venue/fenghua", "result.consolidated", dict(found.body)).counted is True


def test_findings_make_a_version_that_is_not_final() -> None:
    talk = at(Phase.SCORING)
    talk.script[EXPERT] = {"bid-a": {"design": "99"}}
    talk.until(Phase.RELEASED)
    talk.release_marks()

    body = consolidation(talk.session, open_marks(talk.session)).body

    assert body["final"] is False


def test_price_of_zero_is_refused_where_prices_are_compared() -> None:
    session = at(Phase.PREPARED).session

    check_price(session, Decimal("0.01"))
    with pytest.raises(InputError) as caught:
        check_price(session, Decimal("0.00"))

    assert str(caught.value) == "manifest.sheet.price: must be above zero"


def test_price_of_zero_is_a_price_where_only_marks_count() -> None:
    weights = method()["criteria"]
    weights[0] |= {"max": "70"}
    marks_only = method() | {"criteria": weights, "price": None}
    talk = Conversation(document=tender(category="services", method=marks_only))
    talk.until(Phase.PREPARED)

    check_price(talk.session, Decimal(0))
