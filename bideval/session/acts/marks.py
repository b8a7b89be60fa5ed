"""Votes on responsiveness, sealed marks, scoresheets, corrections after release.

Decided here: which of them count. Marks are sealed until all are in, so nothing here knows one.
Not decided here: ranges and steps (the engine finds them after release).
Each function raises what voids the entry, or returns what counting it does.
"""

from __future__ import annotations

from functools import partial
from sys import intern
from typing import TYPE_CHECKING

from bideval.evidence.sealing import Purpose
from bideval.session.act import refused
from bideval.session.acts.bids import check_seal
from bideval.session.acts.panel import counting_member
from bideval.session.marks import Correction, SealedMark, Sheet
from bideval.session.names import Phase
from bideval.session.opinions import Vote
from bideval.session.sharing import SealedSecret

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.session.act import Act
    from bideval.session.bodies.marks import (
        MarkCorrected,
        MarksDealt,
        MarkSealed,
        ResponsivenessVoted,
        ScoresheetSigned,
    )
    from bideval.session.standing import Standing


def vote_responsiveness(
    session: Standing, act: Act, body: ResponsivenessVoted
) -> Callable[[], None]:
    """A member votes on a bid; in scoring only a newcomer, whose vote is still open."""
    member = counting_member(session, act)
    if all(bid.id != body.bid for bid in session.reviewed_bids()):
        raise refused("unknown_bid", field="body.bid")
    requirements = {requirement.id for requirement in session.plan.requirements}
    if body.requirement is not None and body.requirement not in requirements:
        raise refused("unknown_requirement", field="body.requirement")
    voted = (body.bid, member.id) in session.opinions.votes
    if session.phase is Phase.SCORING and voted:
        raise refused("already_voted", field="body.bid")
    vote = Vote(
        bid=body.bid,
        member=member.id,
        verdict=body.verdict,
        requirement=body.requirement,
        reason=body.reason,
        position=act.position,
    )
    return partial(session.opinions.cast, vote)


def deal_marks(session: Standing, act: Act, body: MarksDealt) -> Callable[[], None]:
    """A member's browser deals the seal that the own marks are encrypted to."""
    counting_member(session, act)
    check_seal(session, body.seal, Purpose.MARKS)
    secret = SealedSecret(purpose=Purpose.MARKS, author=act.actor, entry=act.hash, seal=body.seal)
    return partial(session.sharing.add, secret)


def _check_sealed(session: Standing, act: Act, *, recipient: str, counter: int) -> str:
    member = counting_member(session, act)
    secret = session.sharing.seals.get(recipient)
    own = secret is not None and secret.author == act.actor
    if secret is None or not own or secret.purpose is not Purpose.MARKS:
        raise refused("unknown_seal", field="body.recipient")
    if session.sharing.lost(recipient):
        raise refused("seal_refused", field="body.recipient", rule="seal/shares")
    if counter <= session.marks.counters.get(member.id, 0):
        raise refused("counter_not_rising", field="body.counter")
    return member.id


def seal_mark(session: Standing, act: Act, body: MarkSealed) -> Callable[[], None]:
    """A member seals one mark."""
    member = _check_sealed(session, act, recipient=body.recipient, counter=body.counter)
    if body.bid not in session.markable():
        raise refused("unknown_bid", field="body.bid")
    if body.criterion not in session.criterion_ids():
        raise refused("unknown_criterion", field="body.criterion")
    mark = SealedMark(
        member=member,
        bid=intern(body.bid),
        criterion=intern(body.criterion),
        counter=body.counter,
        recipient=intern(body.recipient),
        ciphertext=body.ciphertext,
        position=act.position,
        entry=act.hash,
    )

    def count() -> None:
        session.marks.add(mark)
        session.marks.counters[member] = body.counter

    return count


def sign_sheet(session: Standing, act: Act, body: ScoresheetSigned) -> Callable[[], None]:
    """A member signs a scoresheet; a later one replaces it until scoring is closed."""
    member = _check_sealed(session, act, recipient=body.recipient, counter=body.counter)
    sheet = Sheet(
        member=member,
        counter=body.counter,
        recipient=body.recipient,
        ciphertext=body.ciphertext,
        position=act.position,
        entry=act.hash,
    )

    def count() -> None:
        session.marks.sheets.append(sheet)
        session.marks.counters[member] = body.counter

    return count


def correct_mark(session: Standing, act: Act, body: MarkCorrected) -> Callable[[], None]:
    """A member corrects an own mark before signing the result (Order 87 art. 64)."""
    member = counting_member(session, act)
    if (body.bid, body.criterion) not in session.items():
        raise refused("unknown_item", field="body.criterion")
    last = session.marks.corrected(member.id, bid=body.bid, criterion=body.criterion)
    if last is not None and last.after != body.before:
        raise refused("before_differs", field="body.before")
    correction = Correction(
        member=member.id,
        bid=body.bid,
        criterion=body.criterion,
        before=body.before,
        after=body.after,
        ground=body.ground,
        reason=body.reason,
        position=act.position,
        entry=act.hash,
    )
    return partial(session.marks.corrections.append, correction)
