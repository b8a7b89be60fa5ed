"""What a session that continues another one takes over: the bids that were opened there.

Decided here: when a bid is the one that was opened before. Its bidder hands it in again, sealed for
the new session; another one is not opened, because its prices have been read out.
Not decided here: which session continues which (the founding entry), and opening itself (`acts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import hex_digest
from bideval.opening.sheet import sheet_document
from bideval.terms.decimals import plain
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from decimal import Decimal

    from bideval.opening.package import Manifest
    from bideval.session.standing import Standing


def offer_digest(manifest: Manifest) -> str:
    """Return the digest of what a bid offers: its sheet and the digests of its files, in hex.

    docs/spec/phases.md, faults: names of files, bid and session are not in it, and numbers are
    what they are worth, however many zeros were typed.
    """
    sheet = manifest.sheet
    share = sheet.small_share_percent
    numbers = {
        "price": _shortest(sheet.price),
        "small_share_percent": None if share is None else _shortest(share),
    }
    files = sorted(file.sha256 for file in manifest.files)
    return hex_digest(canonical_bytes({"files": files, "sheet": sheet_document(sheet) | numbers}))


def _shortest(number: Decimal) -> str:
    whole, point, places = plain(number).partition(".")
    places = places.rstrip("0")
    return whole + point + places if places else whole


def offers_of(session: Standing) -> list[dict[str, object]]:
    """Return the opened bids as the founding entry of a continuing session names them."""
    return [
        {"lot": bid.lot, "bidder": bid.bidder, "digest": offer_digest(bid.manifest)}
        for bid in session.bidding.opened()
        if bid.manifest is not None
    ]


def may_bid(session: Standing, *, bidder: str, lot: str) -> bool:
    """Return whether a bidder has a bid to hand in: everybody but in a continuing session."""
    return session.continues is None or (lot, bidder) in session.continues.offers


def check_offer(session: Standing, manifest: Manifest) -> None:
    """Raise `EvidenceError` where another bid was opened before than the one handed in now."""
    if session.continues is None:
        return
    known = session.continues.offers.get((manifest.lot, manifest.bidder))
    if known != offer_digest(manifest):
        detail = "is not the bid that was opened in the session before"
        raise EvidenceError("manifest_differs", field="manifest", detail=detail)
