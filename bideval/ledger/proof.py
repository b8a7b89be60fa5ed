"""The receipt *session* (C2SP tlog-proof): this line stands in the record that venues co-signed.

Decided here: the file's bytes and its verification without anything but public keys.
Not decided here: which venues and how many must have co-signed; the caller states both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bideval.evidence.encoding import b64, unb64
from bideval.ledger.checkpoint import Checkpoint, open_checkpoint
from bideval.ledger.cosignature import cosigned_by
from bideval.ledger.note import NOTE_LIMIT, parse_note
from bideval.ledger.tree import HASH_SIZE, leaf_hash, verify_inclusion
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.evidence.signing import PublicKey

PATH_LIMIT = 63
"""Hashes of an inclusion proof: the depth of a tree of 2^63 leaves."""

_FORMAT = "c2sp.org/tlog-proof@v1"
_PROOF_LIMIT = NOTE_LIMIT + 4_096
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})", re.ASCII)


class Proof(NamedTuple):
    """A proof file taken apart, NOT verified."""

    position: int
    path: tuple[bytes, ...]
    note: str


class Proven(NamedTuple):
    """What a verified proof says: position (from 0), record head, who co-signed it and when (s)."""

    position: int
    checkpoint: Checkpoint
    cosigned: dict[str, int]


class Trust(NamedTuple):
    """Whom a verifier believes: main's key, the venues' keys, how many of them must co-sign."""

    main: PublicKey
    venues: Mapping[str, PublicKey]
    needed: int


def make_proof(index: int, path: Sequence[bytes], note: str) -> str:
    """Return the proof file of the leaf at `index` under the checkpoint `note`."""
    hashes = "".join(b64(node) + "\n" for node in path)
    return f"{_FORMAT}\nindex {index}\n{hashes}\n{note}"


def parse_proof(text: str) -> Proof:
    """Take a proof file apart; raise `EvidenceError` unless `make_proof` would write it.

    The optional `extra` line of the specification is refused: nothing signs it.
    """
    if len(text) > _PROOF_LIMIT:
        raise _malformed(f"must have at most {_PROOF_LIMIT} characters")
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 2 or lines[0] != _FORMAT:
        raise _malformed(f"must start with {_FORMAT}")
    index = _INDEX.fullmatch(lines[1])
    if index is None:
        raise _malformed("must state the index in its second line")
    if len(lines) - 2 > PATH_LIMIT:
        raise _malformed(f"must have at most {PATH_LIMIT} hashes")
    path = tuple(unb64(line, field="proof") for line in lines[2:])
    if any(len(node) != HASH_SIZE for node in path):
        raise _malformed(f"a hash has {HASH_SIZE} bytes")
    return Proof(int(index[1]), path, note)


def open_proof(text: str, *, session: str, line: bytes, trust: Trust) -> Proven:
    """Return what the proof says about `line` (see `encode_line`) in the record of `session`.

    1. The file is well formed. 2. Main signed the checkpoint. 3. At least `trust.needed` of the
    known venues co-signed it, and no line with a known key is false. 4. The line stands at the
    index. Raises `EvidenceError` at the first step that fails.
    """
    proof = parse_proof(text)
    checkpoint = open_checkpoint(proof.note, session, trust.main)
    cosigned = cosigned_by(parse_note(proof.note), trust.venues)
    if len(cosigned) < trust.needed:
        detail = f"{len(cosigned)} of {trust.needed} needed venues co-signed"
        raise EvidenceError("too_few_cosignatures", field="checkpoint", detail=detail)
    size, root = checkpoint.size, checkpoint.root
    verify_inclusion(leaf_hash(line), proof.position, size=size, root=root, path=proof.path)
    return Proven(proof.position, checkpoint, cosigned)


def _malformed(detail: str) -> EvidenceError:
    return EvidenceError("proof_malformed", field="proof", detail=detail)
