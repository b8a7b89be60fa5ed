"""This venue as a custodian: its nonce for the draw, its shares when their time has come.

Decided here: how a venue seals its nonce, tests what it was dealt, and releases a share.
Not decided here: when (session.duties), and the draw itself (drawing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.authoring import say
from bideval.draw.tickets import NONCE_BYTES, nonce_commitment
from bideval.evidence.encoding import b64u
from bideval.evidence.sealing import Custodian, Purpose, age_encrypt, deal_seal, open_share
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from bideval.actions.venue import Venue


def seal_for(venue: Venue, session: str, purpose: Purpose, secret: bytes) -> dict[str, object]:
    """Encrypt a secret to a one-time key that the custodians of its purpose hold in pieces."""
    with venue.book.reading(session) as fold:
        custody = fold.custody(purpose)
    custodians = [Custodian(one.actor, one.recipient) for one in custody.custodians]
    _, seal = deal_seal(
        session=session, purpose=purpose, custodians=custodians, threshold=custody.threshold
    )
    return {"ciphertext": b64u(age_encrypt(str(seal["recipient"]), secret)), "seal": seal}


def seal_nonce(venue: Venue, session: str) -> None:
    """Commit to this venue's nonce; sealed to the others, so that nobody can withhold it."""
    nonce = venue.devices.entropy.token(NONCE_BYTES)
    commitment = nonce_commitment(session, venue.actor, nonce)
    sealed = seal_for(venue, session, Purpose.NONCE, nonce)
    body = {"commitment": commitment.hex(), **sealed}
    with venue.book.reading(session) as fold:
        lost = fold.panel.spoilt.count(venue.actor)
    about = (venue.id, str(lost)) if lost else (venue.id,)
    say(venue, session, "nonce.sealed", body, about=about)


def try_share(venue: Venue, session: str, recipient: str) -> bool:
    """Open this venue's share of a seal for itself; say so in the record if it does not open.

    Done when a seal arrives: its author can still seal again, which is too late at the release.
    """
    try:
        _own_share(venue, session, recipient)
    except EvidenceError as wrong:
        reason = "is_another" if wrong.code == "bad_share" else "does_not_open"
        body = {"recipient": recipient, "custodian": venue.actor, "reason": reason}
        say(venue, session, "share.refused", body, about=(venue.id, recipient))
        return False
    return True


def release_share(venue: Venue, session: str, recipient: str) -> None:
    """Put this venue's share of one seal into the record."""
    share = _own_share(venue, session, recipient)
    body = {"recipient": recipient, "custodian": venue.actor, "share": b64u(share)}
    say(venue, session, "share.released", body, about=(venue.id, recipient))


def _own_share(venue: Venue, session: str, recipient: str) -> bytes:
    with venue.book.reading(session) as fold:
        seal = fold.sharing.seals[recipient].seal
    identity = venue.devices.keys.identity
    return open_share(seal, custodian=venue.actor, identity=identity, session=session)
