from __future__ import annotations

from typing import Any

import pytest

from bideval.session.bodies.panel import (
    Answer,
    Recusal,
    ReplacementGround,
    read_chair_voted,
    read_declaration_signed,
    read_draw_computed,
    read_draw_supplemented,
    read_invitation_answered,
    read_member_replaced,
    read_nonce_sealed,
    read_pool_sealed,
)
from bideval.session.names import Phase
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields
from tests.unit.session.conversation import at


def fields(body: dict[str, Any], **changes: Any) -> Fields:
    return Fields(body | changes, "body")


def test_pool_has_not_more_eligible_experts_than_experts() -> None:
    pool = at(Phase.OPENED).pool()

    assert read_pool_sealed(fields(pool)).eligible == 28
    with pytest.raises(InputError) as caught:
        read_pool_sealed(fields(pool, eligible=31))
    assert caught.value.field == "body.eligible"


def test_nonce_is_read_with_its_seal() -> None:
    body = read_nonce_sealed(fields(at(Phase.OPENED).nonce()))

    assert body.seal.purpose.value == "nonce"
    assert len(body.ciphertext) > 5


def test_draw_numbers_its_seats_from_one() -> None:
    talk = at(Phase.OPENED)
    drawing = talk.drawing()

    assert [seat.seat for seat in read_draw_computed(fields(drawing)).panel] == [1, 2, 3, 4, 5]
    drawing["panel"].reverse()
    with pytest.raises(InputError) as caught:
        read_draw_computed(fields(drawing))
    assert (caught.value.field, caught.value.code) == ("body.panel[0].seat", "seat_number")


def test_supplement_names_who_leaves_and_who_comes() -> None:
    talk = at(Phase.OPENED)
    body = {
        "reason": "declined",
        "for": "ab" * 32,
        "panel": talk.seat(2),
        "names": talk.names(),
    }

    read = read_draw_supplemented(fields(body))

    assert (read.leaving, read.item.seat, read.names.seal.purpose.value) == (
        "ab" * 32,
        2,
        "identity",
    )


@pytest.mark.parametrize("answer", list(Answer))
def test_invitation_has_an_answer(answer: Answer) -> None:
    body = {"blinded": "ab" * 32, "answer": answer.value}

    assert read_invitation_answered(fields(body)).answer is answer


def test_declaration_accepts_the_discipline() -> None:
    body = {"discipline": True, "recusal": "none", "reason": ""}

    assert read_declaration_signed(fields(body)).recusal is Recusal.NONE
    with pytest.raises(InputError) as caught:
        read_declaration_signed(fields(body, discipline=False))
    assert (caught.value.field, caught.value.rule) == ("body.discipline", "order87/62")


def test_recusal_needs_its_reason() -> None:
    body = {"discipline": True, "recusal": "recuse", "reason": "worked for a bidder"}

    assert read_declaration_signed(fields(body)).reason == "worked for a bidder"
    with pytest.raises(InputError) as caught:
        read_declaration_signed(fields(body, reason=""))
    assert caught.value.field == "body.reason"


def test_ballot_has_round_and_candidate() -> None:
    body = read_chair_voted(fields({"round": 2, "candidate": "beilun-01"}))

    assert (body.round, body.candidate) == (2, "beilun-01")


@pytest.mark.parametrize("ground", list(ReplacementGround))
def test_replacement_has_ground_and_reason(ground: ReplacementGround) -> None:
    body = {"person": "beilun-01", "ground": ground.value, "reason": "x", "by": "beilun-02"}

    read = read_member_replaced(fields(body))

    assert (read.ground, read.by) == (ground, "beilun-02")
    assert read_member_replaced(fields(body, by=None)).by is None
