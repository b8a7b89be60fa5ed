"""Checkpoints (C2SP tlog-checkpoint v1.0.0): main's signed word for what the record is.

Decided here: origin line, size and root of a session's record, signed by the main venue's key.
Not decided here: whether it is consistent with an earlier one (`tree.verify_consistency`), who
co-signs it (`cosignature`), when one is made.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bideval.evidence.encoding import b64, unb64
from bideval.ledger.note import (
    TextKey,
    parse_note,
    signature_line,
    verify_note,
    write_note,
)
from bideval.ledger.tree import HASH_SIZE
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from bideval.evidence.signing import PublicKey, SigningKey
    from bideval.ledger.note import Note

_ORIGIN = "bideval/session/"
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


class Checkpoint(NamedTuple):
    """What main signed: the record of `session` has `size` lines under `root` (32 bytes)."""

    session: str
    size: int
    root: bytes


def checkpoint_origin(session: str) -> str:
    """Return the origin line, which is also the key name of main's signature."""
    return _ORIGIN + session


def checkpoint_body(checkpoint: Checkpoint) -> str:
    """Return the note text: three lines, no extension lines."""
    origin = checkpoint_origin(checkpoint.session)
    return f"{origin}\n{checkpoint.size}\n{b64(checkpoint.root)}\n"


def sign_checkpoint(key: SigningKey, session: str, size: int, root: bytes) -> str:
    """Return the note that says so, signed with main's key (Ed25519)."""
    body = checkpoint_body(Checkpoint(session, size, root))
    signer = TextKey(checkpoint_origin(session), key.public)
    line = signature_line(signer.name, signer.key_id, key.sign(body.encode()))
    return write_note(body, [line])


def open_checkpoint(note: str, session: str, public: PublicKey) -> Checkpoint:
    """Return what main signed for `session`; other signatures on the note are not looked at.

    1. The note is well formed. 2. Its text is a checkpoint of this session. 3. The key `public`
    signed it under the origin's name. Raises `EvidenceError` at the first step that fails.
    """
    parsed = parse_note(note)
    checkpoint = read_checkpoint(parsed, session)
    if not verify_note(parsed, [TextKey(checkpoint_origin(session), public)]):
        detail = "carries no signature of the main venue's key"
        raise EvidenceError("checkpoint_unsigned", field="checkpoint", detail=detail)
    return checkpoint


def read_checkpoint(note: Note, session: str) -> Checkpoint:
    """Return what the text of a note says, NOT verified; raise `EvidenceError` if malformed."""
    lines = note.body[:-1].split("\n")
    if len(lines) != 3:
        raise _malformed("must have three lines and no extension lines")
    origin, size, root_text = lines
    if origin != checkpoint_origin(session):
        raise _malformed(f"must be one of {checkpoint_origin(session)}")
    if _SIZE.fullmatch(size) is None:
        raise _malformed("must state its size without leading zeros")
    root = unb64(root_text, field="checkpoint")
    if len(root) != HASH_SIZE:
        raise _malformed(f"a root has {HASH_SIZE} bytes")
    return Checkpoint(session, int(size), root)


def _malformed(detail: str) -> EvidenceError:
    return EvidenceError("checkpoint_malformed", field="checkpoint", detail=detail)
