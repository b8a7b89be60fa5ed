from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bideval.evidence.encoding import b64u
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    age_encrypt,
    deal_seal,
    new_age_identity,
    open_share,
)
from bideval.session.names import Phase
from bideval.session.unsealing import OpenedMarks, Remark, open_marks
from tests.unit.session.acts.test_panel import refill, replace
from tests.unit.session.conversation import CRITERIA, EXPERTS, MARKS, SESSION, Conversation, at

EXPERT = "wencheng-01"


def numbers(marks: Any) -> dict[str, dict[str, Decimal]]:
    return {bid: {name: Decimal(mark) for name, mark in row.items()} for bid, row in marks.items()}


def opened(talk: Conversation) -> OpenedMarks:
    talk.until(Phase.RELEASED)
    talk.release_marks()
    return open_marks(talk.session)


def signing(**changes: Any) -> tuple[Conversation, str]:
    """Let the expert seal one mark and sign a sheet whose plaintext is changed."""
    talk = at(Phase.SCORING)
    seal = talk.deal_marks(EXPERT)
    talk.must(EXPERT, "mark.sealed", talk.mark(EXPERT, seal, ("bid-a", "design")))
    talk.must(EXPERT, "scoresheet.signed", talk.sheet(EXPERT, seal, **changes))
    return talk, seal


def test_marks_stay_closed_until_enough_shares_are_in_the_record() -> None:
    talk = at(Phase.RELEASED)

    assert open_marks(talk.session) == OpenedMarks(sheets={}, remarks=())


def test_marks_open_by_the_shares_in_the_record() -> None:
    found = opened(at(Phase.SCORING))

    assert found.sheets == {name: numbers(MARKS) for name in EXPERTS}
    assert found.remarks == ()


def test_member_without_a_sheet_has_no_marks() -> None:
    talk = at(Phase.SCORING)
    replace(talk)
    seal = talk.score("beilun-01", items=1)
    for custodian in ("venue/fenghua", "venue/wencheng"):
        share = open_share(
            talk.session.sharing.seals[seal].seal,
            session=SESSION,
            custodian=custodian,
            identity=talk.actors[custodian].identity,
        )
        talk.session.sharing.shares[seal, custodian] = share

    assert open_marks(talk.session).sheets.keys() == {"beilun-01"}


def test_last_sheet_is_opened() -> None:
    talk = at(Phase.SCORING)
    seal = talk.score(EXPERT, items=0)
    talk.script[EXPERT] = {"bid-a": {"design": "1", "service": None}}
    talk.must(EXPERT, "scoresheet.signed", talk.sheet(EXPERT, seal))

    assert opened(talk).sheets[EXPERT] == {"bid-a": {"design": Decimal(1), "service": None}}


def test_replaced_member_s_sheet_opens_too_where_the_shares_are_released() -> None:
    talk = at(Phase.SCORING)
    seal = talk.score("beilun-01", items=1)
    replace(talk, "beilun-01")
    refill(talk, 5, "beilun-05")
    talk.declare("beilun-05")
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.vote("beilun-05", bid)
    found = opened(talk)
    assert found.sheets.keys() == {*EXPERTS, "beilun-05"} - {"beilun-01"}

    talk.release(seal)

    assert open_marks(talk.session).sheets.keys() == {*EXPERTS, "beilun-05"}


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "bideval-scoresheet/2"},
        {"session": "other-session"},
        {"member": "beilun-01"},
        {"marks": {"bid-a": {"design": "thirty"}}},
        {"marks": {"bid-a": 30}},
        {"marks": []},
    ],
)
def test_sheet_that_is_none_has_no_marks(changes: dict[str, Any]) -> None:
    found = opened(signing(**changes)[0])

    assert found.remarks == (Remark(code="sheet_unreadable", member=EXPERT),)
    assert found.sheets.keys() == {*EXPERTS} - {EXPERT}


def test_ciphertext_for_somebody_else_has_no_marks() -> None:
    talk, seal = signing()
    body = talk.sheet(EXPERT, seal)
    other = age_encrypt(new_age_identity()[1], b"x")
    talk.must(EXPERT, "scoresheet.signed", body | {"ciphertext": b64u(other)})

    assert opened(talk).remarks == (Remark(code="sheet_unreadable", member=EXPERT),)


def test_sheet_that_differs_from_the_last_marks_is_remarked_and_still_counts() -> None:
    found = opened(signing(marks={"bid-a": {"design": "31"}})[0])

    assert found.remarks == (
        Remark(code="sheet_differs_from_marks", member=EXPERT, bid="bid-a", criterion="design"),
    )
    assert found.sheets[EXPERT] == {"bid-a": {"design": Decimal(31)}}


@pytest.mark.parametrize(
    "changes",
    [{"counter": 99}, {"bid": "bid-c"}, {"criterion": "service"}, {"mark": "thirty"}],
)
def test_sealed_mark_that_is_none_is_remarked(changes: dict[str, Any]) -> None:
    talk, seal = signing()
    item = ("bid-b", "design")
    talk.must(EXPERT, "mark.sealed", talk.mark(EXPERT, seal, item, **changes))

    assert opened(talk).remarks == (
        Remark(code="mark_unreadable", member=EXPERT, bid="bid-b", criterion="design"),
    )


def test_marks_under_a_seal_that_was_not_opened_are_not_compared() -> None:
    talk, _ = signing()
    again = talk.deal_marks(EXPERT)
    talk.must(EXPERT, "mark.sealed", talk.mark(EXPERT, again, ("bid-a", "design"), mark="1"))

    assert opened(talk).remarks == ()


def test_seal_whose_shares_rebuild_no_key_is_remarked() -> None:
    talk = unopenable()

    found = open_marks(talk.session)

    assert found.remarks == (Remark(code="seal_unopenable", member=EXPERT),)
    assert EXPERT not in found.sheets


def test_marks_that_cannot_be_opened_keep_no_session_from_its_end() -> None:
    """The member enters them as missing marks; who will not, is not waited for."""
    talk = unopenable()
    assert talk.consolidate()["final"] is False
    stopped = talk.fork()
    stopped.move(Phase.ARCHIVED, ordered=True)
    assert stopped.session.phase is Phase.ARCHIVED

    for bid in ("bid-a", "bid-b", "bid-c"):
        for criterion in CRITERIA:
            given = {
                "bid": bid,
                "criterion": criterion,
                "before": None,
                "after": MARKS[bid][criterion],
            }
            reason = {"ground": "missing", "reason": "the seal does not open"}
            talk.must(EXPERT, "mark.corrected", given | reason)
    assert talk.consolidate()["final"] is True
    talk.move(Phase.CONSOLIDATED)
    assert talk.session.phase is Phase.CONSOLIDATED


def unopenable() -> Conversation:
    """Return a session after release in which one member's shares do not fit together."""
    talk = at(Phase.SCORING)
    custody = talk.session.custody(Purpose.MARKS)
    custodians = [Custodian(one.actor, one.recipient) for one in custody.custodians]
    seals = [
        deal_seal(session=SESSION, purpose=Purpose.MARKS, custodians=custodians, threshold=2)[1]
        for _ in range(2)
    ]
    crossed = dict(seals[0]) | {"recipient": seals[1]["recipient"]}
    talk.must(EXPERT, "marks.dealt", {"seal": crossed})
    recipient = str(crossed["recipient"])
    talk.must(EXPERT, "scoresheet.signed", talk.sheet(EXPERT, recipient))
    talk.until(Phase.RELEASED)
    for seal in talk.session.needed_recipients():
        if seal != recipient:
            talk.release(seal)
    for custodian in custodians[:2]:
        release(talk, custodian.actor, recipient, str(seals[0]["recipient"]))
    return talk


def release(talk: Conversation, custodian: str, recipient: str, dealt_as: str) -> None:
    """Release a share although its context names another recipient than its seal does."""
    seal = talk.session.sharing.seals[recipient].seal._replace(recipient=dealt_as)
    share = open_share(
        seal, session=SESSION, custodian=custodian, identity=talk.actors[custodian].identity
    )
    body = {"recipient": recipient, "custodian": custodian, "share": b64u(share)}
    talk.must(custodian, "share.released", body)
