"""Publishing, sealing, closing, sharing, opening, objecting.

Decided here: which bids and shares count. Lateness is record order and the closing vector, never a
clock (DESIGN section 4). Not decided here: what a plaintext says; anybody can open it and compare.
Each function raises what voids the entry, or returns what counting it does.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.sealing import Purpose, check_custody, check_share
from bideval.session.act import refused
from bideval.session.bidding import TAKING_PART, Bid, Closing, Objection
from bideval.session.continued import check_offer, may_bid
from bideval.session.names import BidState, Phase
from bideval.session.sharing import SealedSecret, WrongShare
from bideval.session.standing import Place
from bideval.session.tender import parse_tender, refuse_breaches
from bideval.terms.errors import BidevalError, EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bideval.evidence.sealing import Seal
    from bideval.session.act import Act
    from bideval.session.bodies.bids import (
        BidOpened,
        BidsClosed,
        BidSealed,
        BidUnopenable,
        BidWithdrawn,
        OpeningAnswered,
        OpeningObjected,
        ShareRefused,
        ShareReleased,
    )
    from bideval.session.bodies.course import TenderPublished
    from bideval.session.bodies.parts import OriginHead
    from bideval.session.standing import Standing
    from bideval.session.tender import Tender


MARK_ROOM = 55
"""Bytes that bid and criterion share in the plaintext of a sealed mark, which has 128 in all."""

SHARES_MISSING = "shares_missing"

AWAITED = frozenset({SHARES_MISSING, "ciphertext_missing", "ciphertext_differs"})
"""What may still come while the minutes for opening last."""

LEAST_BID_ROOM = 12
"""Bytes of the names that browsers give to bids: `bid-` and eight letters."""


def publish(session: Standing, act: Act, body: TenderPublished) -> Callable[[], None]:
    """An officer publishes the tender, once, within the rulebook."""
    if session.tender is not None:
        raise refused("tender_known")
    tender = parse_tender(body.tender)
    refuse_breaches(tender, session.rulebook)
    most = session.meeting.most_drawn
    if most is not None and tender.panel.drawn > most:
        raise refused("too_many_drawn", field="body.tender.panel.members", rule="spec/draw")
    _check_names(session, tender)
    place = Place(position=act.position, origin=act.origin, n=act.n, kind=act.entry.kind)

    def count() -> None:
        session.tender, session.tender_entry = tender, place

    return count


def _written_size(name: str) -> int:
    """Return the bytes of a name inside a JSON text."""
    return len(canonical_bytes(name)) - 2


def _longest_criterion(tender: Tender) -> int:
    return max((_written_size(one.id) for one in tender.method.criteria), default=0)


def _check_names(session: Standing, tender: Tender) -> None:
    if _longest_criterion(tender) > MARK_ROOM - LEAST_BID_ROOM:
        raise refused("name_too_long", field="body.tender.method.criteria", rule="spec/seal")
    for index, seats in enumerate(tender.panel.seats):
        if seats.venue not in session.people.venues:
            field = f"body.tender.panel.seats[{index}].venue"
            raise refused("unknown_venue", field=field)
    for plan in tender.custody.values():
        for custodian in plan.custodians:
            if session.people.recipient(custodian) is None:
                raise refused("custodian_unknown", field="body.tender.custody")


def check_seal(session: Standing, seal: Seal, purpose: Purpose) -> None:
    """Raise unless a seal is new, for this purpose, and dealt to exactly its custodians."""
    check_custody(seal, purpose, session.plan.custody[purpose], field="body.seal")
    if seal.recipient in session.sharing.seals:
        raise refused("seal_known", field="body.seal.recipient")


def _check_lot(session: Standing, act: Act, body: BidSealed) -> None:
    if not session.plan.has_lot(body.lot):
        raise refused("unknown_lot", field="body.lot")
    if not may_bid(session, bidder=act.actor, lot=body.lot):
        raise refused("not_opened_before", field="body.lot", rule="session/faults")


def seal_bid(session: Standing, act: Act, body: BidSealed) -> Callable[[], None]:
    """A bidder seals a bid; one live bid for each bidder and lot."""
    if session.tender is None:
        raise refused("no_tender")
    if session.bidding.closed:
        raise refused("late", rule="order20/27")
    _check_lot(session, act, body)
    if body.bid in session.bidding.bids:
        raise refused("bid_known", field="body.bid")
    if _written_size(body.bid) > MARK_ROOM - _longest_criterion(session.tender):
        raise refused("name_too_long", field="body.bid", rule="spec/seal")
    if session.bidding.live_of(act.actor, body.lot) is not None:
        raise refused("bid_live", field="body.lot", rule="order87/34")
    check_seal(session, body.seal, Purpose.BID)
    bid = Bid(
        id=body.bid,
        lot=body.lot,
        bidder=act.actor,
        position=act.position,
        entry=act.hash,
        ciphertext=body.ciphertext,
        seal=body.seal,
    )
    secret = SealedSecret(
        purpose=Purpose.BID, author=act.actor, entry=act.hash, seal=body.seal, about=bid.id
    )

    def count() -> None:
        session.bidding.bids[bid.id] = bid
        session.sharing.add(secret)

    return count


def withdraw_bid(session: Standing, act: Act, body: BidWithdrawn) -> Callable[[], None]:
    """A bidder takes the own bid back before the box is closed."""
    if session.bidding.closed:
        raise refused("late", rule="order20/27")
    bid = session.bidding.bids.get(body.bid)
    if bid is None or bid.bidder != act.actor or bid.state is not BidState.SEALED:
        raise refused("unknown_bid", field="body.bid")
    return partial(session.bidding.withdraw, bid.id)


def close_bids(session: Standing, act: Act, body: BidsClosed) -> Callable[[], None]:
    """Main closes the box, saying what it had of each venue: all that the record has."""
    if session.tender is None:
        raise refused("no_tender")
    if session.bidding.closed:
        raise refused("already_closed")
    if act.entry.at < session.tender.deadline:
        raise refused("before_deadline")
    check_vector(session, act, body.vector)
    closing = Closing(position=act.position, at=act.entry.at, vector=body.vector)
    return partial(session.bidding.close, closing)


def check_vector(session: Standing, act: Act, vector: Mapping[str, OriginHead]) -> None:
    """Raise unless the vector names every venue, just as far as the record before this entry goes.

    A vector that stops short of the record would let main leave out what it has itself taken.
    """
    if vector.keys() != session.people.venues.keys():
        raise refused("vector_differs", field="body.vector")
    for origin, head in vector.items():
        chains = session.chains[origin]
        last = act.n - 1 if origin == act.origin else len(chains) - 1
        if head.n != last or chains[last] != head.chain:
            raise refused("vector_differs", field=f"body.vector.{origin}")


def release_share(session: Standing, act: Act, body: ShareReleased) -> Callable[[], None]:
    """A custodian releases the share it was dealt, once the seal's date has come.

    A share with another digest is noted as wrong, with its custodian, and voided by `state`.
    """
    secret = _own_seal(session, act, body)
    if not due(session, secret):
        raise refused("too_early", field="body.recipient")
    if (body.recipient, body.custodian) in session.sharing.shares:
        raise refused("share_known")
    try:
        check_share(secret.seal, custodian=body.custodian, share=body.share)
    except BidevalError:
        raise refused("share_wrong", field="body.share") from None
    return partial(session.sharing.shares.__setitem__, (body.recipient, body.custodian), body.share)


def _own_seal(session: Standing, act: Act, body: ShareReleased | ShareRefused) -> SealedSecret:
    """Return the seal that a custodian speaks of; raise unless it keeps a share of it."""
    if body.custodian != act.actor:
        raise refused("other_custodian", field="body.custodian")
    secret = session.sharing.seals.get(body.recipient)
    if secret is None:
        raise refused("unknown_seal", field="body.recipient")
    if body.custodian not in secret.seal.custodians:
        raise refused("other_custodian", field="body.custodian")
    return secret


def refuse_share(session: Standing, act: Act, body: ShareRefused) -> Callable[[], None]:
    """A custodian says, before it is asked, that what it was dealt does not open.

    Where so many refuse that the seal is lost, what was sealed to it counts no more, and its author
    seals again. A bid has its own way (`bid.unopenable`), and nobody may speak of it before.
    """
    secret = _own_seal(session, act, body)
    if secret.purpose is Purpose.BID:
        raise refused("other_purpose", field="body.recipient", rule="order20/31")
    key = (body.recipient, body.custodian)
    if key in session.sharing.shares:
        raise refused("share_known")
    if key in session.sharing.refused:
        raise refused("already_refused")

    def count() -> None:
        session.sharing.refused[key] = body.reason
        if session.sharing.lost(body.recipient):
            _lose(session, secret)

    return count


def _lose(session: Standing, secret: SealedSecret) -> None:
    """Take out of the count what was sealed to a seal that cannot open.

    A nonce goes while no nonce is open, so that nobody commits anew knowing another's; marks go
    before release; afterwards they are missing, and are corrected as such (Order 87 art. 64).
    """
    nonces = session.panel.nonces.values()
    opened = any(session.sharing.enough(nonce.seal.recipient) for nonce in nonces)
    if secret.purpose is Purpose.NONCE and not opened:
        session.panel.spoil_nonce(secret.author, secret.recipient)
    if secret.purpose is Purpose.MARKS and not session.procedure.reached(Phase.RELEASED):
        spoilt = [(session.places[one], one) for one in session.marks.drop(secret.recipient)]
        for place, entry in sorted(spoilt, key=lambda one: one[0].position):
            session.void(place, entry, "seal_refused")


def locate_wrong_share(session: Standing, act: Act, body: ShareReleased) -> None:
    """Note whose share was wrong, so that the fault has an address."""
    wrong = WrongShare(body.recipient, body.custodian, act.position)
    session.sharing.wrong.append(wrong)


def due(session: Standing, secret: SealedSecret) -> bool:
    """Return whether a secret's date has come (DESIGN section 5)."""
    if secret.purpose is Purpose.BID:
        bid = session.bidding.bids[secret.about]
        lots = {lot.id for lot in session.lots_to_open()}
        return session.bidding.closed and bid.state in TAKING_PART and bid.lot in lots
    if secret.purpose is Purpose.NONCE:
        nonce = session.panel.nonces.get(secret.author)
        stands = nonce is not None and nonce.seal.recipient == secret.recipient
        return stands and session.all_committed()
    reached = Phase.RELEASED if secret.purpose is Purpose.MARKS else Phase.REPORTED
    return session.procedure.reached(reached)


def open_bid(session: Standing, _act: Act, body: BidOpened) -> Callable[[], None]:
    """Main announces a bid that the custodians have opened."""
    bid = _sealed_bid(session, body.bid)
    if not session.sharing.enough(bid.seal.recipient):
        raise refused("too_early", field="body.bid")
    manifest = body.manifest
    claimed = (manifest.session, manifest.bid, manifest.lot, manifest.bidder)
    if claimed != (session.session_id, bid.id, bid.lot, bid.bidder):
        raise refused("manifest_differs", field="body.manifest")
    try:
        check_offer(session, manifest)
    except EvidenceError:
        raise refused("manifest_differs", field="body.manifest", rule="session/faults") from None
    return partial(session.bidding.open, bid.id, body.sha256, manifest)


def give_up_bid(session: Standing, act: Act, body: BidUnopenable) -> Callable[[], None]:
    """Main notes that a bid stays closed; the others go on (Order 20 art. 31).

    Shares are missing, or there are enough to say what else is wrong; nothing is given up untried.
    """
    bid = _sealed_bid(session, body.bid)
    over = act.entry.at >= session.opening_ends()
    enough = session.sharing.enough(bid.seal.recipient)
    if body.reason in AWAITED and not over:
        raise refused("too_early", field="body.reason")
    if enough is (body.reason == SHARES_MISSING):
        raise refused("too_early", field="body.reason")
    return partial(session.bidding.give_up, bid.id, body.reason)


def _sealed_bid(session: Standing, bid_id: str) -> Bid:
    if not session.bidding.closed:
        raise refused("too_early")
    bid = session.bidding.bids.get(bid_id)
    if bid is None or bid.state is not BidState.SEALED:
        raise refused("unknown_bid", field="body.bid")
    return bid


def object_to_opening(session: Standing, act: Act, body: OpeningObjected) -> Callable[[], None]:
    """A bidder objects on the spot (Regulation art. 44)."""
    if not session.bidding.closed:
        raise refused("too_early")
    objection = Objection(entry=act.hash, bidder=act.actor, text=body.text)
    return partial(session.bidding.objections.__setitem__, act.hash, objection)


def answer_objection(session: Standing, act: Act, body: OpeningAnswered) -> Callable[[], None]:
    """An officer answers an objection, once."""
    objection = session.bidding.objections.get(body.objection)
    if objection is None:
        raise refused("unknown_objection", field="body.objection")
    if objection.answered_by is not None:
        raise refused("already_answered", field="body.objection")
    answered = replace(objection, answered_by=act.actor, answer=body.text)
    return partial(session.bidding.objections.__setitem__, objection.entry, answered)
