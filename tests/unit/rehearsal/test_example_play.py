from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bideval.rehearsal.example_files import example_json
from bideval.rehearsal.example_play import ExamplePlay, example_bids, example_tender, mark_for
from bideval.scoring.findings import mark_fault
from bideval.scoring.method import Criterion, CriterionKind

BIDS = example_json("bids.json")["bids"]
CRITERIA = example_json("tender.json")["method"]["criteria"]
SEATS = range(1, 6)


def criterion_of(words: dict[str, Any]) -> Criterion:
    return Criterion(
        id=words["id"],
        name=words["name"],
        kind=CriterionKind(words["kind"]),
        min=Decimal(words["min"]),
        max=Decimal(words["max"]),
        step=Decimal(words["step"]),
    )


@pytest.fixture
def play() -> ExamplePlay:
    made = ExamplePlay()
    for seat in SEATS:
        made.take_seat(seat, "fenghe", f"fenghe-{seat:02d}")
    return made


@pytest.mark.parametrize("words", CRITERIA, ids=lambda words: words["id"])
def test_every_mark_is_in_range_and_on_its_step(words: dict[str, Any]) -> None:
    marks = [mark_for(bid, seat, words) for bid in range(len(BIDS)) for seat in SEATS]

    assert {mark_fault(Decimal(mark), criterion_of(words)) for mark in marks} == {None}


def test_members_differ_on_what_is_subjective_only() -> None:
    differing = {
        words["id"]
        for words in CRITERIA
        if any(len({mark_for(bid, seat, words) for seat in SEATS}) > 1 for bid in range(len(BIDS)))
    }

    assert differing == {words["id"] for words in CRITERIA if words["kind"] == "subjective"}


def test_one_drawn_expert_declines_and_the_next_accepts(play: ExamplePlay) -> None:
    answers = [play.answer({"seat": seat}) for seat in (1, 2, 3, 2, 4, 5)]

    assert answers == ["accepted", "declined", "accepted", "accepted", "accepted", "accepted"]


def test_four_of_five_reject_the_bid_that_fails_a_requirement(play: ExamplePlay) -> None:
    votes = [play.vote(f"fenghe-{seat:02d}", {"bid": "bid-004"}) for seat in SEATS]

    assert [vote[0] for vote in votes].count("unresponsive") == 4
    assert {vote[1] for vote in votes if vote[0] == "unresponsive"} == {"R3"}
    assert play.vote("fenghe-01", {"bid": "bid-001"}) == ("responsive", None, "")


def test_the_one_mistake_is_corrected_by_who_made_it(play: ExamplePlay) -> None:
    view = {
        "responsiveness": [{"bid": "bid-002", "verdict": "responsive"}],
        "tender": example_tender(),
    }
    finding = {"kind": "objective_inconsistent", "bid": "bid-002", "criterion": "B1"}
    people = [f"fenghe-{seat:02d}" for seat in SEATS]

    entered = [play.marks(person, view)["bid-002"]["B1"] for person in people]
    corrections = [play.correction(person, finding) for person in people]

    assert entered == ["8", "6", "6", "6", "6"]
    assert [one[:2] if one else None for one in corrections] == [
        ("6", "objective"),
        None,
        None,
        None,
        None,
    ]
    assert play.correction("fenghe-01", {**finding, "bid": "bid-001"}) is None


def test_one_signs_with_a_dissent_and_four_agree(play: ExamplePlay) -> None:
    stances = [play.stance(f"fenghe-{seat:02d}", {}) for seat in SEATS]

    assert [stance[0] for stance in stances if stance].count("agree") == 4
    assert [bool(reasons) for stance, reasons in filter(None, stances) if stance == "dissent"] == [
        True
    ]


def test_findings_are_mended_before_the_archive(play: ExamplePlay) -> None:
    order = {"task": "order_phase", "to": "archived"}

    assert not play.wants("officer-1", order, {"phase": "released"})
    assert play.wants("officer-1", order, {"phase": "reported"})


def test_marks_wait_for_the_beginning(play: ExamplePlay) -> None:
    task = {"task": "sign_sheet"}

    before = play.wants("fenghe-01", task, {"phase": "scoring"})
    play.begin()

    assert (before, play.wants("fenghe-01", task, {"phase": "scoring"})) == (False, True)


def test_bids_carry_their_paper_and_price() -> None:
    bids = example_bids([b"%PDF"] * len(BIDS))

    assert [bid.id for bid in bids] == [f"bid-00{number}" for number in range(1, 6)]
    assert [str(bid.sheet.price) for bid in bids] == [bid["price"] for bid in BIDS]
    assert {bid.files for bid in bids} == {(("投标文件.pdf", b"%PDF", "application/pdf"),)}
