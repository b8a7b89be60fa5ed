"""The receipt *here*: a venue's signed word that it holds an entry on disk, at a place it fixed.

Decided here: the format `bideval-receipt/2` (docs/spec/receipt.md) and its verification. The place
is committed to, not named: a number would tell a bidder how many bids came before. Whoever has the
record computes the commitment again; nobody has to open it, so nobody can refuse to.
Not decided here: that the entry is in the record; the receipt *session* (`proof`) proves that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import tagged_hash
from bideval.evidence.jws import sign_compact, verify_compact
from bideval.ledger.entry import entry_hash
from bideval.terms.errors import EvidenceError
from bideval.terms.fields import Fields
from bideval.terms.instants import Instant, instant_text

if TYPE_CHECKING:
    from bideval.evidence.signing import PublicKey, SigningKey

RECEIPT_TYPE = "bideval-receipt/2"
"""The `typ` of a receipt: format name and version."""

RECEIPT_LIMIT = 2_048
"""Characters of a receipt; the longest names give about 800."""

_PLACE_TAG = "bideval/receipt-place/v1"


class Receipt(NamedTuple):
    """The venue `origin` holds entry `entry` (hex) of `session` at `place` (hex) of its chain."""

    session: str
    origin: str
    entry: str
    place: str
    at: Instant


def receipt_place(chain: bytes) -> str:
    """Return the commitment (hex) to a line's place: to its origin's chain (32 bytes) there.

    It hides the number from everybody who does not have every line before, since each of those is
    signed by a key of another; it binds the venue to exactly those lines in that order.
    """
    return tagged_hash(_PLACE_TAG, chain).hex()


def sign_receipt(key: SigningKey, receipt: Receipt) -> str:
    """Return the receipt as a compact JWS by the origin venue's key."""
    members = receipt._asdict() | {"at": instant_text(receipt.at)}
    return sign_compact(key, RECEIPT_TYPE, canonical_bytes(members))


def open_receipt(jws: str, public: PublicKey) -> Receipt:
    """Return what the venue with key `public` signed.

    1. The JWS verifies (`verify_compact`). 2. The payload is exactly the five members of
    docs/spec/receipt.md. Raises `EvidenceError`, or `InputError` with the path in step 2.
    """
    payload = verify_compact(jws, public, typ=RECEIPT_TYPE, limit=RECEIPT_LIMIT)
    fields = Fields(read_json(payload, limit=RECEIPT_LIMIT, field="receipt"), "receipt")
    fields.only(*Receipt._fields)
    return Receipt(
        session=fields.session("session"),
        origin=fields.venue("origin"),
        entry=fields.digest("entry"),
        place=fields.digest("place"),
        at=fields.instant("at"),
    )


def check_receipt(receipt: Receipt, jws: str, *, chain: bytes | None = None) -> None:
    """Check that a receipt is for the entry `jws`; with its origin's chain there, also its place.

    `chain` is chain n of the line that holds the entry, from the record. Raises `EvidenceError`
    `receipt_mismatch` at the first of: `entry`, `place`.
    """
    if receipt.entry != entry_hash(jws):
        raise EvidenceError("receipt_mismatch", field="entry", detail="is for another entry")
    if chain is not None and receipt.place != receipt_place(chain):
        raise EvidenceError("receipt_mismatch", field="place", detail="follows other lines")
