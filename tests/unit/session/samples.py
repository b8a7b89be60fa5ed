"""One entry of every kind that counts: in which phase, by whom, with which body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bideval.evidence.sealing import Purpose
from bideval.session.caseform import consolidation
from bideval.session.names import Phase
from bideval.session.unsealing import open_marks
from bideval.terms.instants import instant_text
from tests.unit.session.conversation import DEADLINE, FIRST_RULES, Conversation, at

if TYPE_CHECKING:
    from collections.abc import Callable

MAIN = "venue/fenghua"
OFFICER = "officer-lin"
BIDDER = "bidder-aaaaaaaa"
EXPERT = "wencheng-01"
SUPERVISOR = "supervisor-gu"


@dataclass(frozen=True)
class Sample:
    """How to get to the place where an entry of a kind counts, and the entry."""

    phase: Phase
    author: str
    body: Callable[[Conversation], dict[str, Any]]
    before: Callable[[Conversation], object] = lambda _talk: None
    rulebook: str = FIRST_RULES

    def ready(self) -> Conversation:
        """Return a conversation in which the entry counts."""
        talk = at(self.phase, self.rulebook)
        self.before(talk)
        return talk


def _newcomer(talk: Conversation) -> dict[str, Any]:
    talk.actor("operator-late")
    return talk.enrolment("operator-late", "operator", "fenghua")


def _unjoined() -> Conversation:
    talk = Conversation()
    talk.must(MAIN, "session.founded", talk.founding())
    return talk


class _Unjoined(Sample):
    def ready(self) -> Conversation:
        return _unjoined()


class _Unpublished(Sample):
    def ready(self) -> Conversation:
        talk = Conversation()
        talk.found()
        talk.people()
        return talk


def _closed(talk: Conversation) -> None:
    talk.close()


def _revealed(talk: Conversation) -> None:
    talk.must(MAIN, "pool.sealed", talk.pool())
    for committer in talk.session.committers():
        talk.must(committer, "nonce.sealed", talk.nonce(committer))
    for nonce in list(talk.session.panel.nonces.values()):
        talk.release(nonce.seal.recipient)


def _objected(talk: Conversation) -> None:
    talk.close()
    talk.must(BIDDER, "opening.objected", {"text": "The clock is wrong"})


def _declined(talk: Conversation) -> None:
    talk.must(MAIN, "invitation.answered", _answer(talk, "declined"))


def _answer(talk: Conversation, answer: str) -> dict[str, Any]:
    return {"blinded": talk.seat(1)["blinded"], "answer": answer}


def _supplement(talk: Conversation) -> dict[str, Any]:
    return {
        "reason": "declined",
        "for": talk.seat(1)["blinded"],
        "panel": talk.seat(1, turn=250),
        "names": talk.names(),
    }


def _dealt(talk: Conversation) -> None:
    talk.identities["own"] = talk.deal_marks(EXPERT)


def _recorded(_talk: object) -> dict[str, Any]:
    return {
        "bid": "bid-a",
        "criterion": "design",
        "before": "30",
        "after": "31",
        "ground": "abnormal",
        "reason": "Counted one drawing twice",
    }


def _issued(talk: Conversation) -> None:
    talk.must(MAIN, "report.issued", talk.reporting())


def _result(talk: Conversation) -> dict[str, Any]:
    return dict(consolidation(talk.session, open_marks(talk.session)).body)


def _released(talk: Conversation) -> None:
    talk.release_marks()


def _away(talk: Conversation) -> None:
    talk.must(MAIN, "venue.absent", _line())


def _line(_talk: object = None) -> dict[str, Any]:
    return {"venue": "wencheng", "since": "2026-11-22T10:30:00.000+08:00"}


def _stamp(_talk: object) -> dict[str, Any]:
    return {"head": {"size": 3, "root": "ab" * 32}, "response": "MAA"}


def _reason(_talk: object) -> dict[str, Any]:
    return {"reason": "fire alarm"}


def _paused(talk: Conversation) -> None:
    talk.must(OFFICER, "session.paused", {"reason": "fire alarm"})


def _faulty(talk: Conversation) -> None:
    fault = {"since": instant_text(talk.now)}
    talk.must(OFFICER, "session.paused", {"reason": "no power", "fault": fault})
    talk.now = _due(talk)


def _due(talk: Conversation) -> int:
    fault = talk.session.procedure.fault
    assert fault is not None
    assert fault.due is not None
    return fault.due


def _ordered(talk: Conversation) -> None:
    talk.order(Phase.RESPONSIVENESS)


def _past_deadline(talk: Conversation) -> None:
    talk.now = DEADLINE + 31 * 60_000


def _unopened(talk: Conversation) -> None:
    talk.close()
    talk.now = DEADLINE + 31 * 60_000


def _shared(talk: Conversation) -> None:
    talk.close()
    talk.release(talk.session.bidding.bids["bid-a"].seal.recipient)


def _own_share(talk: Conversation) -> dict[str, Any]:
    return talk.share(OFFICER, talk.session.bidding.bids["bid-a"].seal.recipient)


def _last_order(talk: Conversation) -> dict[str, Any]:
    order = talk.session.procedure.order()
    assert order is not None
    return talk.moving(Phase.RESPONSIVENESS, order=order.entry)


SAMPLES: dict[str, Sample] = {
    "venue.joined": _Unjoined(
        Phase.PREPARED,
        "venue/wencheng",
        lambda talk: {"founding": talk.session.founding.hex()},
    ),
    "person.enrolled": Sample(Phase.PREPARED, MAIN, _newcomer),
    "tender.published": _Unpublished(
        Phase.PREPARED, OFFICER, lambda talk: {"tender": talk.document}
    ),
    "bid.sealed": Sample(
        Phase.PREPARED,
        BIDDER,
        lambda talk: talk.bid("bid-new"),
        before=lambda talk: talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"}),
    ),
    "bid.withdrawn": Sample(Phase.PREPARED, BIDDER, lambda _talk: {"bid": "bid-a"}),
    "bids.closed": Sample(
        Phase.PREPARED,
        MAIN,
        lambda talk: {"vector": talk.session.closing_vector()},
        before=_past_deadline,
    ),
    "share.released": Sample(Phase.PREPARED, OFFICER, _own_share, before=_closed),
    "rekey.allowed": Sample(
        Phase.SCORING,
        OFFICER,
        lambda talk: {
            "person": EXPERT,
            "replaces": talk.session.people.persons[EXPERT].kid,
            "reason": "The seat's computer broke",
        },
    ),
    "share.refused": Sample(
        Phase.SCORING,
        SUPERVISOR,
        lambda talk: {
            "recipient": talk.identities["own"],
            "custodian": SUPERVISOR,
            "reason": "does_not_open",
        },
        before=_dealt,
    ),
    "bid.opened": Sample(
        Phase.PREPARED,
        MAIN,
        lambda talk: {
            "bid": "bid-a",
            "sha256": "ab" * 32,
            "manifest": talk.manifest("bid-a"),
        },
        before=_shared,
    ),
    "bid.unopenable": Sample(
        Phase.PREPARED,
        MAIN,
        lambda _talk: {"bid": "bid-a", "reason": "shares_missing", "detail": ""},
        before=_unopened,
    ),
    "opening.objected": Sample(Phase.OPENED, BIDDER, lambda _talk: {"text": "The clock is wrong"}),
    "opening.answered": Sample(
        Phase.PREPARED,
        OFFICER,
        lambda talk: {
            "objection": next(iter(talk.session.bidding.objections)),
            "text": "It is the time service's",
        },
        before=_objected,
    ),
    "pool.sealed": Sample(Phase.OPENED, MAIN, lambda talk: talk.pool()),
    "nonce.sealed": Sample(
        Phase.OPENED,
        SUPERVISOR,
        lambda talk: talk.nonce(),
        before=lambda talk: talk.must(MAIN, "pool.sealed", talk.pool()),
    ),
    "draw.computed": Sample(Phase.OPENED, MAIN, lambda talk: talk.drawing(), before=_revealed),
    "invitation.answered": Sample(Phase.DRAWN, MAIN, lambda talk: _answer(talk, "accepted")),
    "answer.witnessed": Sample(
        Phase.DRAWN,
        SUPERVISOR,
        lambda talk: {"answer": next(iter(talk.session.panel.answers)), "how": "Heard the call"},
        before=_declined,
    ),
    "draw.supplemented": Sample(Phase.DRAWN, MAIN, _supplement, before=_declined),
    "declaration.signed": Sample(
        Phase.CHECKED_IN,
        EXPERT,
        lambda _talk: {"discipline": True, "recusal": "none", "reason": ""},
    ),
    "chair.voted": Sample(
        Phase.DECLARED, EXPERT, lambda _talk: {"round": 1, "candidate": "beilun-01"}
    ),
    "responsiveness.voted": Sample(
        Phase.RESPONSIVENESS,
        EXPERT,
        lambda _talk: {
            "bid": "bid-a",
            "verdict": "unresponsive",
            "requirement": "r1",
            "reason": "no guarantee",
        },
    ),
    "marks.dealt": Sample(Phase.SCORING, EXPERT, lambda talk: {"seal": talk.deal(Purpose.MARKS)}),
    "mark.sealed": Sample(
        Phase.SCORING,
        EXPERT,
        lambda talk: talk.mark(EXPERT, talk.identities["own"], ("bid-a", "design")),
        before=_dealt,
    ),
    "scoresheet.signed": Sample(
        Phase.SCORING,
        EXPERT,
        lambda talk: talk.sheet(EXPERT, talk.identities["own"]),
        before=_dealt,
    ),
    "phase.ordered": Sample(
        Phase.CHAIRED,
        OFFICER,
        lambda _talk: {"from": "chaired", "to": "responsiveness", "reason": ""},
    ),
    "phase.moved": Sample(Phase.CHAIRED, MAIN, _last_order, before=_ordered),
    "session.paused": Sample(Phase.SCORING, OFFICER, _reason),
    "session.resumed": Sample(Phase.SCORING, OFFICER, _reason, before=_paused),
    "pause.expired": Sample(
        Phase.SCORING,
        MAIN,
        lambda talk: {"due": instant_text(_due(talk))},
        before=_faulty,
        rulebook="procurement/2",
    ),
    "member.replaced": Sample(
        Phase.SCORING,
        OFFICER,
        lambda _talk: {
            "person": EXPERT,
            "ground": "illness",
            "reason": "taken ill",
            "by": None,
        },
    ),
    "result.consolidated": Sample(Phase.RELEASED, MAIN, _result, before=_released),
    "mark.corrected": Sample(Phase.CONSOLIDATED, EXPERT, _recorded),
    "result.confirmed": Sample(
        Phase.CONSOLIDATED,
        EXPERT,
        lambda talk: {
            "digest": talk.session.results.versions[-1].body.digest,
            "stance": "dissent",
            "reasons": "The design is overrated",
        },
    ),
    "refusal.noted": Sample(
        Phase.CONSOLIDATED,
        EXPERT,
        lambda _talk: {"person": "beilun-01", "note": "left without signing"},
    ),
    "report.issued": Sample(Phase.CONFIRMED, MAIN, lambda talk: talk.reporting()),
    "report.printed": Sample(
        Phase.CONFIRMED, "venue/wencheng", lambda _talk: {"copies": 3}, before=_issued
    ),
    "record.stamped": Sample(Phase.SCORING, "venue/wencheng", _stamp),
    "supervisor.warned": Sample(
        Phase.SCORING, SUPERVISOR, lambda _talk: {"text": "Doors are open"}
    ),
    "venue.absent": Sample(Phase.SCORING, MAIN, _line),
    "venue.returned": Sample(Phase.SCORING, MAIN, _line, before=_away),
}
"""A sample of every kind but the founding one."""
