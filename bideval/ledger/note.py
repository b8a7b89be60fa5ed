"""Signed notes (C2SP signed-note v1.0.0): a text and lines that say who signed it.

Decided here: the format, key ids, and the rule that unknown signatures are ignored while one bad
signature of a known key sinks the whole note. Not decided here: what the text says (checkpoint),
what a signature of each type covers (`Signer.message`), who must have signed.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bideval.evidence.encoding import b64, unb64
from bideval.evidence.signing import Suite
from bideval.terms.errors import EvidenceError, FaultError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.evidence.signing import PublicKey

NOTE_LIMIT = 65_536
"""Characters of a note; a checkpoint with 64 cosigners has about 10,000."""

SIGNATURES_LIMIT = 64
"""Signature lines of a note; the specification demands at least 16."""

ED25519_TYPE = 0x01
"""A signature over the note's text itself."""

COSIGNATURE_TYPE = 0x04
"""A timestamped cosignature of a checkpoint (C2SP tlog-cosignature v1)."""

KEY_ID_SIZE = 4

_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteSignature(NamedTuple):
    """One signature line: who claims to have signed, and the claim, NOT verified."""

    name: str
    key_id: bytes
    signature: bytes


class Note(NamedTuple):
    """A note taken apart; `body` is the signed text with its final line feed."""

    body: str
    signatures: tuple[NoteSignature, ...]


class NoteKey(Protocol):
    """A key that a verifier knows, under the name that it signs with."""

    @property
    def name(self) -> str:
        """The key name in signature lines."""
        ...

    @property
    def key_id(self) -> bytes:
        """Four bytes; see `note_key_id`."""
        ...

    def verify(self, body: str, signature: bytes) -> int:
        """Return the time that the signature states (0 if none); raise `EvidenceError`."""
        ...


def note_key_id(name: str, kind: int, public: PublicKey) -> bytes:
    """Return SHA-256(name || LF || type || raw public key)[:4]; notes know Ed25519 keys only."""
    if public.suite is not Suite.ED25519:
        raise FaultError("unknown_suite", field="suite", detail="notes are signed with Ed25519")
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public.raw).digest()[:KEY_ID_SIZE]


def signature_line(name: str, key_id: bytes, signature: bytes) -> str:
    """Return a signature line without its line feed."""
    if not _is_key_name(name):
        raise FaultError("bad_key_name", field="name", detail="no spaces and no plus sign")
    return f"{_DASH}{name} {b64(key_id + signature)}"


def write_note(body: str, lines: Sequence[str]) -> str:
    """Return the note of a text (which ends in a line feed) and its signature lines."""
    return body + "\n" + "".join(line + "\n" for line in lines)


def parse_note(note: str) -> Note:
    """Take a note apart without believing it; `write_note` of the parts gives the same text.

    Raises `EvidenceError` for a note that is too large, holds control characters, has no blank
    line before its signatures, or has a line there that is not a signature.
    """
    if len(note) > NOTE_LIMIT:
        raise _malformed(f"must have at most {NOTE_LIMIT} characters")
    if _CONTROL.search(note) or not _is_unicode(note):
        raise _malformed("must be UTF-8 without control characters")
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise _malformed("must end in a blank line and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_LIMIT:
        raise _malformed(f"must have at most {SIGNATURES_LIMIT} signatures")
    return Note(head + "\n", tuple(parse_signature_line(line) for line in lines))


def parse_signature_line(line: str) -> NoteSignature:
    """Take one signature line (without line feed) apart; raise `EvidenceError` if it is none."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _is_key_name(name):
        raise _malformed("a signature line is an em dash, a key name and Base 64")
    data = unb64(encoded, field="note")
    if len(data) <= KEY_ID_SIZE:
        raise _malformed("a signature follows its key id of four bytes")
    return NoteSignature(name, data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])


def verify_note(note: Note, keys: Sequence[NoteKey]) -> dict[str, int]:
    """Return which of `keys` signed: name to the time that the signature states.

    Lines of unknown keys are ignored. Raises `EvidenceError` if a line with the name and id of a
    known key does not verify: somebody pretends, so nothing of the note is believed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signed: dict[str, int] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is not None:
            stated = key.verify(note.body, line.signature)
            signed[key.name] = max(stated, signed.get(key.name, 0))
    return signed


class TextKey(NamedTuple):
    """A key that signs the text of a note itself (type 0x01)."""

    name: str
    public: PublicKey

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        return note_key_id(self.name, ED25519_TYPE, self.public)

    def verify(self, body: str, signature: bytes) -> int:
        """Raise `EvidenceError` unless the signature is over `body`; it states no time: 0."""
        self.public.verify(signature, body.encode())
        return 0


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _malformed(detail: str) -> EvidenceError:
    return EvidenceError("note_malformed", field="note", detail=detail)
