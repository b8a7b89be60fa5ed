from __future__ import annotations

from typing import Any

import pytest

from bideval.session.bodies.course import (
    PauseExpired,
    SessionPaused,
    SessionResumed,
    Stance,
    read_pause_expired,
    read_phase_moved,
    read_phase_ordered,
    read_refusal_noted,
    read_report_issued,
    read_result_confirmed,
    read_result_consolidated,
    read_session_paused,
    read_session_resumed,
    read_tender_published,
)
from bideval.session.names import Phase
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields

VECTOR = {"fenghua": {"n": 1, "chain": "00" * 32}}
RESULT = {
    "version": 1,
    "lots": {"1": {"final": True}, "2": {"final": True}},
    "digest": "ab" * 32,
    "final": True,
}


def fields(body: dict[str, Any], **changes: Any) -> Fields:
    return Fields(body | changes, "body")


def test_tender_is_taken_as_an_object() -> None:
    assert read_tender_published(fields({"tender": {"a": 1}})).tender == {"a": 1}
    with pytest.raises(InputError):
        read_tender_published(fields({"tender": "a"}))


def test_order_names_the_move() -> None:
    body = read_phase_ordered(fields({"from": "prepared", "to": "opened"}))

    assert (body.leaving, body.to, body.reason) == (Phase.PREPARED, Phase.OPENED, "")


@pytest.mark.parametrize("to", ["failed", "re_formed"])
def test_broken_end_needs_its_reason(to: str) -> None:
    order = {"from": "scoring", "to": to, "reason": "fire"}
    move = order | {"vector": VECTOR, "order": None}

    assert read_phase_ordered(fields(order)).reason == "fire"
    assert read_phase_moved(fields(move)).reason == "fire"
    for read, body in ((read_phase_ordered, order), (read_phase_moved, move)):
        with pytest.raises(InputError) as caught:
            read(fields(body, reason=""))
        assert caught.value.field == "body.reason"


def test_move_has_vector_and_order() -> None:
    body = {"from": "prepared", "to": "opened", "vector": VECTOR, "order": "ab" * 32}

    read = read_phase_moved(fields(body))

    assert (read.order, read.vector["fenghua"].n) == ("ab" * 32, 1)


def test_pause_needs_its_reason() -> None:
    assert read_session_paused(fields({"reason": "fire"})) == SessionPaused("fire")
    assert read_session_resumed(fields({"reason": "over"})) == SessionResumed("over")
    with pytest.raises(InputError):
        read_session_paused(fields({"reason": ""}))


def test_result_is_final_when_every_lot_is() -> None:
    assert read_result_consolidated(fields(RESULT)).final is True
    half = {"1": {"final": True}, "2": {"final": False}}
    assert read_result_consolidated(fields(RESULT, lots=half, final=False)).final is False


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"final": False}, "body.final"),
        ({"lots": {}}, "body.lots"),
        ({"lots": {" ": {}}}, "body.lots"),
        ({"lots": {"1": 7}}, "body.lots.1"),
        ({"version": 0}, "body.version"),
    ],
)
def test_result_names_the_field_that_is_wrong(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_result_consolidated(fields(RESULT, **changes))
    assert caught.value.field == field


@pytest.mark.parametrize("stance", list(Stance))
def test_stance_is_one_of_three(stance: Stance) -> None:
    body = {"digest": "ab" * 32, "stance": stance.value, "reasons": "x"}

    assert read_result_confirmed(fields(body)).stance is stance


def test_dissent_needs_its_reasons() -> None:
    body = {"digest": "ab" * 32, "stance": "dissent", "reasons": ""}

    with pytest.raises(InputError) as caught:
        read_result_confirmed(fields(body))
    assert caught.value.field == "body.reasons"
    assert read_result_confirmed(fields(body, stance="agree")).reasons == ""


def test_refusal_is_noted_with_words() -> None:
    body = read_refusal_noted(fields({"person": "beilun-01", "note": "left"}))

    assert (body.person, body.note) == ("beilun-01", "left")


def test_report_names_file_digest_and_head() -> None:
    body = {
        "file": {"sha256": "ab" * 32, "size": 9},
        "digest": "cd" * 32,
        "head": {"size": 4, "root": "ef" * 32},
    }

    read = read_report_issued(fields(body))

    assert (read.file.size, read.digest, read.head.size) == (9, "cd" * 32, 4)


def test_what_only_later_rulebooks_know_is_kept_unread() -> None:
    assert read_session_paused(fields({"reason": "fire", "fault": 7})).fault == 7
    assert read_session_resumed(fields({"reason": "over", "decision": 7})).decision == 7
    order = {"from": "scoring", "to": "re_formed", "reason": "x", "successor": 7}
    assert read_phase_ordered(fields(order)).successor == 7


def test_expiry_names_the_instant_of_the_limit() -> None:
    body = {"due": "1970-01-01T08:00:01.000+08:00"}
    assert read_pause_expired(fields(body)) == PauseExpired(1_000)
