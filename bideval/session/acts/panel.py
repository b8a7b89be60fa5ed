"""Pool, nonces, draw, invitations, declarations, the chair, replacements.

Decided here: which of them count. Not decided here: whether seed and tickets are right; that needs
the opened nonces and the pool file (`bideval.draw`, and the auditor).
Each function raises what voids the entry, or returns what counting it does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bideval.evidence.sealing import Purpose
from bideval.session.act import Author, refused
from bideval.session.acts.bids import check_seal
from bideval.session.bodies.panel import Answer, Recusal, ReplacementGround
from bideval.session.names import MemberState, SeatState
from bideval.session.panel import Ballot
from bideval.session.sharing import SealedSecret

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.session.act import Act
    from bideval.session.bodies.panel import (
        AnswerWitnessed,
        ChairVoted,
        DeclarationSigned,
        DrawComputed,
        DrawSupplemented,
        InvitationAnswered,
        MemberReplaced,
        NonceSealed,
        PoolSealed,
        SealedNames,
    )
    from bideval.session.panel import Member
    from bideval.session.standing import Standing

OPEN_SEATS = frozenset({SeatState.DECLINED, SeatState.NO_ANSWER, SeatState.VACATED})
"""Seats that take the next ticket."""


def seal_pool(session: Standing, _act: Act, body: PoolSealed) -> Callable[[], None]:
    """Main fixes the pool before the first nonce; until then it may fix it again."""
    if session.panel.nonces or session.panel.spoilt:
        raise refused("pool_fixed", rule="draw/commit")

    def count() -> None:
        session.panel.pool = body

    return count


def seal_nonce(session: Standing, act: Act, body: NonceSealed) -> Callable[[], None]:
    """A venue or the supervisor commits to a nonce, once, sealed so that nobody can withhold it."""
    if session.panel.pool is None:
        raise refused("no_pool")
    if act.actor not in session.committers():
        raise refused("not_committing")
    if act.actor in session.panel.nonces:
        raise refused("nonce_known")
    if not session.panel.may_commit(act.actor):
        raise refused("nonces_spent", rule="draw/commit")
    check_seal(session, body.seal, Purpose.NONCE)
    secret = SealedSecret(purpose=Purpose.NONCE, author=act.actor, entry=act.hash, seal=body.seal)

    def count() -> None:
        session.panel.nonces[act.actor] = body
        session.sharing.add(secret)

    return count


def compute_draw(session: Standing, act: Act, body: DrawComputed) -> Callable[[], None]:
    """Main computes the draw, once, after enough shares of every nonce are in the record."""
    if session.panel.drawn:
        raise refused("already_drawn")
    if not session.all_committed():
        raise refused("too_early")
    nonces = session.panel.nonces.values()
    if not all(session.sharing.enough(nonce.seal.recipient) for nonce in nonces):
        raise refused("too_early")
    _check_strata(session, body)
    secret = _names_secret(session, act, body.names)

    def count() -> None:
        session.panel.seed = body.seed
        for item in body.panel:
            session.panel.fill(item, at=act.entry.at)
        session.panel.names.append(body.names)
        session.sharing.add(secret)

    return count


def _check_strata(session: Standing, body: DrawComputed) -> None:
    plan = session.plan.panel
    wanted = {one.id: one.members for one in plan.disciplines if one.members}
    if Counter(item.discipline for item in body.panel) != wanted:
        raise refused("strata_differ", field="body.panel")
    seats = {one.venue: one.members for one in plan.seats if one.members}
    if Counter(item.venue for item in body.panel) != seats:
        raise refused("strata_differ", field="body.panel")
    if len({item.blinded for item in body.panel}) != len(body.panel):
        raise refused("ticket_spent", field="body.panel")


def _names_secret(session: Standing, act: Act, names: SealedNames) -> SealedSecret:
    check_seal(session, names.seal, Purpose.IDENTITY)
    return SealedSecret(purpose=Purpose.IDENTITY, author=act.actor, entry=act.hash, seal=names.seal)


def answer_invitation(session: Standing, act: Act, body: InvitationAnswered) -> Callable[[], None]:
    """Main records how an invitation ended; an acceptance may still become an absence."""
    seat = session.panel.seat_of(body.blinded)
    if seat is None:
        raise refused("not_drawn", field="body.blinded")
    accepted_before = seat.state is SeatState.ACCEPTED and body.answer is not Answer.ACCEPTED
    if seat.state is not SeatState.DRAWN and not accepted_before:
        raise refused("already_answered", field="body.blinded")
    silent = body.answer is Answer.NO_ANSWER and not accepted_before
    ends = session.answer_ends(seat)
    if silent and ends is not None and act.entry.at < ends:
        raise refused("too_early", field="body.answer", rule="draw/8")
    return partial(session.panel.answer, seat, body.answer, act.hash)


def witness_answer(session: Standing, act: Act, body: AnswerWitnessed) -> Callable[[], None]:
    """Somebody who has the expert's answer too says so: the seat's operator, or a supervisor.

    An operator of main is a person who answers for it, but of the same house as the note.
    """
    noted = session.panel.answers.get(body.answer)
    if noted is None:
        raise refused("unknown_answer", field="body.answer")
    if noted.independent:
        raise refused("already_witnessed", field="body.answer")
    operator = act.author is Author.OPERATOR
    if operator and act.origin != noted.venue:
        raise refused("seat_elsewhere", field="body.answer", rule="answer.witness")
    heard = replace(
        noted,
        witness=act.actor,
        how=body.how,
        independent=not operator or act.origin != session.main,
    )
    return partial(session.panel.answers.__setitem__, body.answer, heard)


def supplement_draw(session: Standing, act: Act, body: DrawSupplemented) -> Callable[[], None]:
    """Main gives an open seat to the next ticket of the same discipline and venue."""
    seat = session.panel.seat_of(body.leaving)
    if seat is None or seat.state not in OPEN_SEATS:
        raise refused("seat_taken", field="body.for")
    old, new = seat.item, body.item
    if (new.seat, new.discipline, new.venue) != (old.seat, old.discipline, old.venue):
        raise refused("strata_differ", field="body.panel")
    if new.blinded in session.panel.spent:
        raise refused("ticket_spent", field="body.panel.blinded")
    secret = _names_secret(session, act, body.names)

    def count() -> None:
        session.panel.fill(new, at=act.entry.at)
        session.panel.names.append(body.names)
        session.sharing.add(secret)

    return count


def seated_member(session: Standing, act: Act) -> Member:
    """Return the member who acts; raise unless seated now."""
    member = session.panel.member(act.actor)
    if member is None:
        raise refused("not_seated")
    return member


def counting_member(session: Standing, act: Act) -> Member:
    """Return the member who acts; raise unless seated and declared."""
    member = seated_member(session, act)
    if not member.declared:
        raise refused("not_declared")
    return member


def declare(session: Standing, act: Act, body: DeclarationSigned) -> Callable[[], None]:
    """A member accepts the discipline, and says whether anything makes him withdraw."""
    member = seated_member(session, act)
    if member.declared and body.recusal is Recusal.NONE:
        raise refused("already_declared")

    def count() -> None:
        if body.recusal is Recusal.NONE:
            session.panel.declare(member.id)
        else:
            session.panel.vacate(
                member.id,
                state=MemberState.RECUSED,
                ground=ReplacementGround.RECUSAL,
                reason=body.reason,
                at=act.position,
            )
        session.panel.settle_chair(session.plan.panel.members)

    return count


def vote_chair(session: Standing, act: Act, body: ChairVoted) -> Callable[[], None]:
    """A member votes in the present round; the purchaser's representative cannot be voted for."""
    counting_member(session, act)
    if session.panel.chair is not None:
        raise refused("chair_known")
    if body.round != session.panel.round:
        raise refused("other_round", field="body.round")
    if act.actor in session.panel.votes(body.round):
        raise refused("already_voted")
    candidate = session.panel.member(body.candidate)
    if candidate is None or not candidate.declared:
        raise refused("not_seated", field="body.candidate")
    if candidate.representative:
        raise refused("representative_chair", field="body.candidate", rule="order87/45(4)")
    ballot = Ballot(round=body.round, voter=act.actor, candidate=body.candidate)

    def count() -> None:
        session.panel.ballots.append(ballot)
        session.panel.settle_chair(session.plan.panel.members)

    return count


def replace_member(session: Standing, act: Act, body: MemberReplaced) -> Callable[[], None]:
    """An officer takes a member off the panel; the opinions are void, the successor starts anew.

    Order 87 art. 49; Regulation art. 48.
    """
    member = session.panel.member(body.person)
    if member is None:
        raise refused("not_seated", field="body.person")

    def count() -> None:
        session.panel.vacate(
            member.id,
            state=MemberState.REPLACED,
            ground=body.ground,
            reason=body.reason,
            at=act.position,
        )

    return count
