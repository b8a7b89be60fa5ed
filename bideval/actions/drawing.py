"""The draw as main performs it: nonces opened, seed, panel, and each name to its venue only.

Decided here: how a computed draw becomes an entry, and who can read which name from it.
Not decided here: who wins (bideval.draw) and when a draw or its supplement is due (session.duties).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.authoring import say
from bideval.actions.shares import seal_for
from bideval.draw.identity import identity_document, read_identity
from bideval.draw.panel import DrawnExpert, draw_panel, next_expert
from bideval.draw.pool import Pool, parse_pool
from bideval.draw.tickets import check_nonce, draw_seed
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import b64u
from bideval.evidence.sealing import Purpose, age_decrypt, age_encrypt, combine_shares
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.venue import Venue
    from bideval.session.panel import DrawnSeat
    from bideval.session.state import Session

IDENTITY_LIMIT = 16_384
"""Bytes of one expert's identity with all declarations."""


def compute_draw(venue: Venue, session: str) -> None:
    """Open the nonces, draw the panel, and write it down."""
    with venue.book.reading(session) as fold:
        seed = _seed(fold)
        plan = fold.plan.panel.seat_plan()
    panel = draw_panel(_pool(venue, session).rows, seed, plan)
    seats = [_seat(venue, session, number, one) for number, one in enumerate(panel, start=1)]
    names = _seal_names(venue, session, panel)
    body = {"seed": seed.hex(), "panel": seats, "names": names}
    say(venue, session, "draw.computed", body, about=())


def supplement_draw(venue: Venue, session: str, blinded: str, reason: str) -> None:
    """Give the seat of an expert who does not come to the next ticket of the same kind."""
    pool = _pool(venue, session)
    with venue.book.reading(session) as fold:
        seed = bytes.fromhex(fold.panel.seed or "")
        seat = _seat_left_by(fold, blinded)
        spent = {bytes.fromhex(one) for one in fold.panel.spent}
        classes = fold.plan.panel.seat_plan().classes(seat.item.discipline)
    leaving = next(row for row in pool.rows if row.blinded == blinded)
    drawn = next_expert(pool.rows, seed, leaving, spent, classes=classes)
    body = {
        "reason": reason,
        "for": blinded,
        "panel": _seat(venue, session, seat.item.seat, drawn),
        "names": _seal_names(venue, session, [drawn]),
    }
    say(venue, session, "draw.supplemented", body, about=(blinded,))


def _seat_left_by(fold: Session, blinded: str) -> DrawnSeat:
    seat = fold.panel.seat_of(blinded)
    if seat is None:
        raise FaultError("unknown_seat", detail="no seat of this ticket")
    return seat


def _seed(fold: Session) -> bytes:
    nonces: dict[str, bytes] = {}
    for actor, sealed in fold.panel.nonces.items():
        identity = combine_shares(sealed.seal, fold.sharing.of(sealed.seal.recipient))
        nonce = age_decrypt(identity, sealed.ciphertext)
        check_nonce(fold.session_id, actor, nonce, bytes.fromhex(sealed.commitment))
        nonces[actor] = nonce
    root = fold.panel.pool.root if fold.panel.pool else ""
    return draw_seed(fold.session_id, bytes.fromhex(root), nonces)


def _pool(venue: Venue, session: str) -> Pool:
    with venue.book.reading(session) as fold:
        sealed = fold.panel.pool
    if sealed is None:
        raise FaultError("no_pool", detail="the pool is not sealed")
    with venue.devices.files.open(sealed.file.sha256) as source:
        return parse_pool(source.read())


def _seat(venue: Venue, session: str, number: int, drawn: DrawnExpert) -> dict[str, object]:
    row = drawn.row
    with venue.book.reading(session) as fold:
        recipient = fold.people.venues[row.region].recipient
    sealed = age_encrypt(recipient, identity_of(venue, session, row.blinded))
    seat: dict[str, object] = {
        "seat": number,
        "blinded": row.blinded,
        "discipline": drawn.discipline,
        "venue": row.region,
        "ticket": drawn.ticket.hex(),
        "for_venue": b64u(sealed),
    }
    return seat if drawn.stratum is None else {**seat, "class": row.discipline}


def _seal_names(venue: Venue, session: str, panel: Sequence[DrawnExpert]) -> dict[str, object]:
    documents = [
        read_json(identity_of(venue, session, one.row.blinded), limit=IDENTITY_LIMIT)
        for one in panel
    ]
    identities = [identity_document(read_identity(document)) for document in documents]
    return seal_for(venue, session, Purpose.IDENTITY, canonical_bytes(identities))


def identity_of(venue: Venue, session: str, blinded: str) -> bytes:
    """Return a drawn expert's identity out of the pool that this venue keeps encrypted."""
    with venue.devices.store.read() as reader:
        expert = reader.pool_expert(session, blinded)
    if expert is None:
        raise FaultError("unknown_expert", detail="a drawn expert is not in the pool")
    return age_decrypt(venue.devices.keys.identity, expert.sealed)
