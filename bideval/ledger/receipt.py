"""The receipt *here*: a venue's signed word that it holds an entry on disk, as its nth line.

Decided here: the format `bideval-receipt/1` (docs/spec/receipt.md) and its verification.
Not decided here: that the entry is in the record; the receipt *session* (`proof`) proves that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.jws import sign_compact, verify_compact
from bideval.ledger.entry import entry_hash
from bideval.ledger.line import Line, chain_next, encode_line
from bideval.terms.errors import EvidenceError
from bideval.terms.fields import Fields
from bideval.terms.instants import Instant, instant_text

if TYPE_CHECKING:
    from bideval.evidence.signing import PublicKey, SigningKey

RECEIPT_TYPE = "bideval-receipt/1"
"""The `typ` of a receipt: format name and version."""

RECEIPT_LIMIT = 2_048
"""Characters of a receipt; the longest names give about 800."""


class Receipt(NamedTuple):
    """The venue `origin` holds entry `entry` (hex) as line `n` of `session`, chain head `chain`."""

    session: str
    origin: str
    n: int
    entry: str
    chain: str
    at: Instant


def sign_receipt(key: SigningKey, receipt: Receipt) -> str:
    """Return the receipt as a compact JWS by the origin venue's key."""
    members = receipt._asdict() | {"at": instant_text(receipt.at)}
    return sign_compact(key, RECEIPT_TYPE, canonical_bytes(members))


def open_receipt(jws: str, public: PublicKey) -> Receipt:
    """Return what the venue with key `public` signed.

    1. The JWS verifies (`verify_compact`). 2. The payload is exactly the six members of
    docs/spec/receipt.md. Raises `EvidenceError`, or `InputError` with the path in step 2.
    """
    payload = verify_compact(jws, public, typ=RECEIPT_TYPE, limit=RECEIPT_LIMIT)
    fields = Fields(read_json(payload, limit=RECEIPT_LIMIT, field="receipt"), "receipt")
    fields.only(*Receipt._fields)
    return Receipt(
        session=fields.session("session"),
        origin=fields.venue("origin"),
        n=fields.integer("n", least=1),
        entry=fields.digest("entry"),
        chain=fields.digest("chain"),
        at=fields.instant("at"),
    )


def check_receipt(receipt: Receipt, jws: str, *, chain_before: bytes | None = None) -> None:
    """Check that a receipt is for the entry `jws`; with the chain before it, also its chain.

    Raises `EvidenceError` at the first of: entry hash, chain.
    """
    if receipt.entry != entry_hash(jws):
        raise EvidenceError("receipt_mismatch", field="entry", detail="is for another entry")
    if chain_before is None:
        return
    line = encode_line(Line(receipt.origin, receipt.n, jws))
    if receipt.chain != chain_next(chain_before, line).hex():
        raise EvidenceError("receipt_mismatch", field="chain", detail="follows another line")
