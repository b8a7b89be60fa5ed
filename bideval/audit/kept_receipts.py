"""A kept receipt against the record of a bundle: was the entry left out, or the past rewritten?

Decided here: which files are receipts (docs/spec/receipt.md: the JWS *saved here*, alone or in the
file that a bidder's page gives; the proof *saved by the session*), what each demands of the record.
Not decided here: whether the record is true to itself (`bideval.audit.verifier`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.evidence.canonical import read_json
from bideval.evidence.jws import read_compact
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ledger.entry import entry_hash
from bideval.ledger.proof import parse_proof
from bideval.ledger.receipt import open_receipt, receipt_place
from bideval.ledger.tree import Frontier, verify_inclusion
from bideval.terms.errors import BidevalError, EvidenceError
from bideval.terms.fields import Fields
from bideval.terms.identifiers import venue_actor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bideval.audit.replay import Replay
    from bideval.ledger.checkpoint import Checkpoint
    from bideval.ledger.proof import Proof
    from bideval.session.people import KeyOwner

KEPT_LIMIT = 256 * 1024
"""Bytes of a receipt in a file: an entry with its receipt, or a proof."""

_PROOF = "c2sp.org/tlog-proof@"


def check_kept(run: Replay, data: bytes) -> str:
    """Return what the receipt in `data` shows to be in the record.

    Raises EvidenceError: `omitted` for what is not there, `rewritten` for what was changed before
    it, naming the place; else what is wrong with the receipt itself, which then proves nothing.
    """
    if len(data) > KEPT_LIMIT:
        raise EvidenceError("receipt_malformed", field="receipt", detail="is too large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise EvidenceError("receipt_malformed", field="receipt", detail="is no text") from None
    if text.startswith(_PROOF):
        return _check_proof(run, parse_proof(text))
    if text.startswith("{"):
        return _check_file(run, data)
    return _check_here(run, text.split()[-1] if text.split() else "")


def _check_file(run: Replay, data: bytes) -> str:
    """Check the file that a page gives: the receipt and the entry that it is for."""
    fields = Fields(read_json(data, limit=KEPT_LIMIT, field="receipt"), "receipt")
    jws = fields.text("jws", limit=KEPT_LIMIT)
    return _check_here(run, fields.text("receipt"), entry_hash(jws))


def _check_here(run: Replay, jws: str, entry: str | None = None) -> str:
    """Check a venue's word that it holds an entry at a place of its chain."""
    signer = _signer(run, read_compact(jws).kid)
    receipt = open_receipt(jws, signer.key)
    if (receipt.session, receipt.origin) != (run.session.session_id, signer.venue):
        raise _wrong("other_session", "receipt", "is not for this session at its signer's venue")
    if entry not in (None, receipt.entry):
        raise _wrong("receipt_mismatch", "receipt", "is for another entry than the one beside it")
    place = run.session.places.get(receipt.entry)
    if place is None or place.origin != receipt.origin:
        detail = f"entry {receipt.entry} is not in the record, and {signer.venue} signed for it"
        raise _wrong("omitted", f"record of {signer.venue}", detail)
    where = run.where(place.position)
    if receipt.place != receipt_place(run.session.chains[place.origin][place.n]):
        detail = f"{signer.venue} signed for other lines of its own before this one"
        raise _wrong("rewritten", where, detail)
    return f"{where} is in its place"


def _signer(run: Replay, kid: str) -> KeyOwner:
    owner = run.session.people.owners.get(kid)
    if owner is None or owner.actor != venue_actor(owner.venue):
        raise _wrong("unknown_key", "receipt", "is signed by no venue of this record")
    return owner


def _check_proof(run: Replay, proof: Proof) -> str:
    """Check a place under a checkpoint: this record must go through that very checkpoint."""
    people = run.session.people
    head = open_checkpoint(proof.note, run.session.session_id, people.venues[people.main].key)
    if proof.position >= run.size:
        detail = f"is not in the record; main signed for {head.size} entries"
        raise _wrong("omitted", f"entry {proof.position}", detail)
    where = run.where(proof.position)
    try:
        verify_inclusion(
            run.leaf(proof.position),
            proof.position,
            size=head.size,
            root=head.root,
            path=proof.path,
        )
    except BidevalError:
        raise _wrong("omitted", where, "is not the entry that main signed for here") from None
    _check_past(run, proof, head)
    return f"{where} is in its place"


def _check_past(run: Replay, proof: Proof, head: Checkpoint) -> None:
    """Every subtree of the proof must be the record's own, which tells where it is not."""
    for (start, end), node in zip(_siblings(proof.position, head.size), proof.path, strict=True):
        if end > run.size:
            detail = f"vanished with what follows; main signed for {head.size} entries"
            raise _wrong("omitted", f"entry {run.size}", detail)
        if Frontier(run.leaf(place) for place in range(start, end)).root() != node:
            raise _wrong("rewritten", _span(run, start, end), "main signed for another past")


def _siblings(index: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of leaves under the nodes of an inclusion path, sibling first."""
    ranges: list[tuple[int, int]] = []
    start = 0
    while size > 1:
        split = 1 << ((size - 1).bit_length() - 1)
        if index - start < split:
            ranges.append((start + split, start + size))
            size = split
        else:
            ranges.append((start, start + split))
            start, size = start + split, size - split
    return reversed(ranges)


def _span(run: Replay, start: int, end: int) -> str:
    return run.where(start) if end - start == 1 else f"entries {start} to {end - 1}"


def _wrong(code: str, region: str, detail: str) -> EvidenceError:
    return EvidenceError(code, field=region, detail=detail)
