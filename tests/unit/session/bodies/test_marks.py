from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bideval.evidence.sealing import Purpose
from bideval.session.bodies.marks import (
    MARK_CIPHERTEXT_LIMIT,
    CorrectionGround,
    Verdict,
    read_mark_corrected,
    read_mark_sealed,
    read_marks_dealt,
    read_responsiveness_voted,
    read_scoresheet_signed,
)
from bideval.session.names import Phase
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields
from tests.unit.session.conversation import at

CORRECTION = {
    "bid": "bid-a",
    "criterion": "design",
    "before": "30",
    "after": "31",
    "ground": "abnormal",
    "reason": "counted twice",
}
MARK = {
    "bid": "bid-a",
    "criterion": "design",
    "counter": 1,
    "recipient": "age1x",
    "ciphertext": "AAAA",
}


def fields(body: dict[str, Any], **changes: Any) -> Fields:
    return Fields(body | changes, "body")


def test_rejecting_vote_needs_its_reason() -> None:
    body = {"bid": "bid-a", "verdict": "unresponsive", "requirement": "r1", "reason": "none"}

    assert read_responsiveness_voted(fields(body)).verdict is Verdict.UNRESPONSIVE
    with pytest.raises(InputError) as caught:
        read_responsiveness_voted(fields(body, reason=""))
    assert caught.value.field == "body.reason"


def test_accepting_vote_needs_no_reason() -> None:
    body = {"bid": "bid-a", "verdict": "responsive", "requirement": None, "reason": ""}

    assert read_responsiveness_voted(fields(body)).requirement is None


def test_dealt_marks_have_a_seal() -> None:
    seal = at(Phase.SCORING).deal(Purpose.MARKS)

    assert read_marks_dealt(fields({"seal": seal})).seal.purpose is Purpose.MARKS


def test_sealed_mark_is_read_as_bytes() -> None:
    body = read_mark_sealed(fields(MARK))

    assert (body.counter, body.ciphertext) == (1, bytes(3))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"counter": 0}, "body.counter"),
        ({"counter": True}, "body.counter"),
        ({"ciphertext": "A" * (MARK_CIPHERTEXT_LIMIT * 2)}, "body.ciphertext"),
        ({"bid": " "}, "body.bid"),
    ],
)
def test_sealed_mark_names_the_field_that_is_wrong(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_mark_sealed(fields(MARK, **changes))
    assert caught.value.field == field


def test_scoresheet_is_read_as_bytes() -> None:
    body = {"recipient": "age1x", "counter": 3, "ciphertext": "AAAA"}

    assert read_scoresheet_signed(fields(body)).ciphertext == bytes(3)


@pytest.mark.parametrize("ground", list(CorrectionGround))
def test_correction_has_one_of_the_grounds(ground: CorrectionGround) -> None:
    body = read_mark_corrected(fields(CORRECTION, ground=ground.value))

    assert (body.ground, body.before, body.after) == (ground, Decimal(30), Decimal(31))


def test_absent_mark_zero_and_a_missing_member_are_three_things() -> None:
    assert read_mark_corrected(fields(CORRECTION, before=None, after="0")).after == Decimal(0)
    assert read_mark_corrected(fields(CORRECTION, after=None)).after is None
    without = {key: value for key, value in CORRECTION.items() if key != "after"}
    with pytest.raises(InputError) as caught:
        read_mark_corrected(fields(without))
    assert (caught.value.field, caught.value.code) == ("body.after", "missing")


def test_correction_that_changes_nothing_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_mark_corrected(fields(CORRECTION, after="30.0"))
    assert caught.value.code == "nothing_changes"
