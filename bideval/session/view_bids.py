"""The parts of a view about bids, shares and objections.

Decided here: who sees a bid from when on. Not decided here: everything else (`view`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.opening.package import manifest_document
from bideval.session.names import BidState
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from bideval.session.bidding import Bid
    from bideval.session.people import Person
    from bideval.session.standing import Standing

    Json = dict[str, object]

AT_THE_OPENING = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.BIDDER})
"""Roles that attend the opening; committee members must not (Order 87 art. 40)."""


def may_see_bid(session: Standing, person: Person, bid: Bid) -> bool:
    """Return whether a person may know of a bid.

    The own bid always; at the opening every live one; an expert the opened ones, once seated.
    """
    if bid.bidder == person.id:
        return True
    if person.role in AT_THE_OPENING:
        return session.bidding.closed and bid.state is not BidState.WITHDRAWN
    seated = person.role is Role.EXPERT and session.panel.member(person.id) is not None
    return seated and bid.state is BidState.OPENED


def may_read_bid(session: Standing, person: Person, bid: Bid) -> bool:
    """Return whether a person may read the files of an opened bid: the panel and the own bidder."""
    if bid.state is not BidState.OPENED:
        return False
    return bid.bidder == person.id or session.panel.member(person.id) is not None


def bids_part(session: Standing, person: Person) -> list[Json]:
    """Return the bids that a person may know of; opened ones first, in order of their labels."""
    bids = [bid for bid in session.bidding.bids.values() if may_see_bid(session, person, bid)]
    bids.sort(key=lambda bid: (bid.label is None, bid.label or 0, bid.position))
    return [_bid(session, bid) for bid in bids]


def _bid(session: Standing, bid: Bid) -> Json:
    document = manifest_document(bid.manifest) if bid.manifest else {}
    return {
        "bid": bid.id,
        "lot": bid.lot,
        "bidder": bid.bidder,
        "entry": bid.entry,
        "state": bid.state.value,
        "label": bid.label,
        "reason": bid.reason or None,
        "recipient": bid.seal.recipient,
        "ciphertext": {"sha256": bid.ciphertext.sha256, "size": bid.ciphertext.size},
        "released": sorted(session.sharing.of(bid.seal.recipient)),
        "plaintext": bid.plaintext,
        "sheet": document.get("sheet"),
        "files": document.get("files"),
    }


def objections_part(session: Standing, person: Person) -> list[Json]:
    """Return the objections at the opening and their answers, for those who attend it."""
    if person.role not in AT_THE_OPENING:
        return []
    return [
        {
            "entry": one.entry,
            "bidder": one.bidder,
            "text": one.text,
            "answered_by": one.answered_by,
            "answer": one.answer or None,
        }
        for one in session.bidding.objections.values()
    ]


def shares_part(session: Standing, person: Person) -> list[Json]:
    """Return how far each seal is, for officers and supervisors; bids only once the box is closed.

    A wrong share is named with its custodian.
    """
    if person.role not in {Role.OFFICER, Role.SUPERVISOR} or not session.bidding.closed:
        return []
    wrong = {(one.recipient, one.custodian) for one in session.sharing.wrong}
    return [
        {
            "purpose": secret.purpose.value,
            "recipient": recipient,
            "by": secret.author,
            "about": secret.about or None,
            "threshold": secret.seal.threshold,
            "released": sorted(session.sharing.of(recipient)),
            "wrong": sorted(one for seal, one in wrong if seal == recipient),
        }
        for recipient, secret in session.sharing.seals.items()
    ]
