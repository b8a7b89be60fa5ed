"""A kept receipt as it lies in a file or a QR code, and what it shows without a record.

Decided here: the one-line form that carries the venue's key with the receipt (docs/spec/receipt.md,
section 3), reading every form a receipt is kept in, signature and entry. Whose key it is, nobody
can tell from the receipt: a bundle of the session says it.
Not decided here: the receipt's place in a record (`kept_receipts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.audit.kept_receipts import KEPT_LIMIT
from bideval.evidence.canonical import read_json
from bideval.evidence.encoding import b64u, unb64u
from bideval.evidence.jws import read_compact
from bideval.evidence.signing import public_key
from bideval.ledger.entry import parse_entry
from bideval.ledger.proof import parse_proof
from bideval.ledger.receipt import check_receipt, open_receipt
from bideval.terms.errors import BidevalError, EvidenceError, InputError
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from bideval.evidence.signing import PublicKey
    from bideval.ledger.receipt import Receipt

KEPT = "bideval-kept/1"
"""First word of the one-line form."""

QR_LIMIT = 2_331
"""Characters that fit a QR code of the largest version with error correction M (ISO/IEC 18004)."""

_PROOF = "c2sp.org/tlog-proof@"


@dataclass(frozen=True, slots=True)
class Kept:
    """A receipt taken apart, NOT verified.

    `receipt` is the JWS, or empty for a proof under a checkpoint, which only a record can judge.
    `entry` is the entry that its owner kept beside it, `key` the venue's key as the file has it.
    """

    receipt: str
    entry: str | None = None
    key: PublicKey | None = None
    proof: str = ""


def kept_text(receipt: str, key: PublicKey) -> str:
    """Return the one line that a file or a QR code holds: format, suite, key, receipt."""
    return f"{KEPT} {key.suite} {b64u(key.raw)} {receipt}"


def read_kept(data: bytes) -> Kept:
    """Take a kept receipt apart, in whichever form; raises InputError for anything else."""
    if len(data) > KEPT_LIMIT:
        raise InputError("not_a_receipt", field="receipt", detail="is too large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("not_a_receipt", field="receipt", detail="is no text") from None
    try:
        if text.startswith(_PROOF):
            parse_proof(text)
            return Kept("", proof=text)
        if text.startswith("{"):
            return _read_file(data)
        return _read_line(text.strip())
    except BidevalError as wrong:
        raise InputError("not_a_receipt", field="receipt", detail=str(wrong)) from None


def check_alone(kept: Kept) -> Receipt:
    """Check what can be checked without a record.

    1. The receipt is signed by the key that lies beside it. 2. It is for the entry that lies beside
    it, where one does. Raises EvidenceError at the first that fails, InputError where there is no
    key to check with.
    """
    if kept.key is None:
        detail = "has no key beside it; give a bundle of the session"
        raise InputError("no_key", field="receipt", detail=detail)
    receipt = open_receipt(kept.receipt, kept.key)
    check_entry(kept, receipt)
    return receipt


def check_entry(kept: Kept, receipt: Receipt) -> None:
    """Raise EvidenceError unless the receipt is for the entry that was kept with it."""
    if kept.entry is None:
        return
    check_receipt(receipt, kept.entry)
    if parse_entry(kept.entry).session != receipt.session:
        raise EvidenceError("receipt_mismatch", field="session", detail="is of another session")


def _read_file(data: bytes) -> Kept:
    """Read the file that a page gives: the receipt with its entry, and the key where it has one."""
    fields = Fields(read_json(data, limit=KEPT_LIMIT, field="receipt"), "receipt")
    entry = fields.optional("jws", lambda name: fields.text(name, limit=KEPT_LIMIT))
    line = fields.optional("kept", lambda name: fields.text(name, limit=QR_LIMIT))
    found = _read_line(fields.text("receipt") if line is None else line)
    return Kept(found.receipt, entry=entry, key=found.key)


def _read_line(text: str) -> Kept:
    words = text.split(" ")
    if len(words) == 1:
        read_compact(text)
        return Kept(text)
    if len(words) != 4 or words[0] != KEPT:
        raise InputError("not_a_receipt", field="receipt", detail="is none of the known forms")
    _, suite, public, receipt = words
    key = public_key(suite, unb64u(public, field="key"), field="key")
    read_compact(receipt)
    return Kept(receipt, key=key)
