"""Cosignatures (C2SP tlog-cosignature v1, Ed25519): a branch's word that it holds the same record.

Decided here: the signed bytes, the signature line, and reading both. A venue has one key and signs
under one name, because the signed bytes do not hold the name.
Not decided here: that the branch checked consistency and stored the checkpoint before it signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bideval.ledger.note import (
    COSIGNATURE_TYPE,
    Note,
    note_key_id,
    parse_note,
    parse_signature_line,
    signature_line,
    verify_note,
    write_note,
)
from bideval.terms.errors import EvidenceError, FaultError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.evidence.signing import PublicKey, SigningKey

_NAME = "bideval/venue/"
_TIME_SIZE = 8
_LAST_TIME_S = 2**63 - 1


class VenueKey(NamedTuple):
    """A venue's key as a cosigner (type 0x04)."""

    venue: str
    public: PublicKey

    @property
    def name(self) -> str:
        """The key name in signature lines."""
        return _NAME + self.venue

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        return note_key_id(self.name, COSIGNATURE_TYPE, self.public)

    def verify(self, body: str, signature: bytes) -> int:
        """Return the stated time (seconds); raise `EvidenceError` unless it was signed."""
        time_s = int.from_bytes(signature[:_TIME_SIZE], "big")
        if time_s > _LAST_TIME_S:
            raise EvidenceError("cosignature_malformed", field="time", detail="is too large")
        self.public.verify(signature[_TIME_SIZE:], _message(body, time_s))
        return time_s


def cosign(key: SigningKey, venue: str, body: str, time_s: int) -> str:
    """Return the signature line (without line feed) of `venue` over a checkpoint's text."""
    if not 0 <= time_s <= _LAST_TIME_S:
        raise FaultError("bad_time", field="time_s", detail="seconds since 1970, below 2^63")
    signer = VenueKey(venue, key.public)
    stamp = time_s.to_bytes(_TIME_SIZE, "big")
    return signature_line(signer.name, signer.key_id, stamp + key.sign(_message(body, time_s)))


def verify_cosignature(line: str, venue: str, public: PublicKey, *, body: str) -> int:
    """Return the time (seconds) at which `venue` signed the checkpoint text `body`.

    1. The line is a signature line. 2. It carries the venue's name and key id. 3. The signature
    verifies. Raises `EvidenceError` at the first step that fails.
    """
    signature = parse_signature_line(line)
    signer = VenueKey(venue, public)
    if (signature.name, signature.key_id) != (signer.name, signer.key_id):
        detail = f"must be signed by {signer.name} with its enrolled key"
        raise EvidenceError("cosignature_wrong_key", field="cosignature", detail=detail)
    return signer.verify(body, signature.signature)


def with_cosignature(note: str, line: str) -> str:
    """Return the note with one more signature line; unchanged where it has that line already."""
    parse_signature_line(line)
    lines = note[len(parse_note(note).body) + 1 : -1].split("\n")
    return note if line in lines else write_note(parse_note(note).body, [*lines, line])


def cosigned_by(note: Note, venues: Mapping[str, PublicKey]) -> dict[str, int]:
    """Return which of `venues` co-signed, each with its stated time in seconds.

    Raises `EvidenceError` if a line that names a venue's key does not verify.
    """
    keys = [VenueKey(venue, public) for venue, public in venues.items()]
    signed = verify_note(note, keys)
    return {key.venue: signed[key.name] for key in keys if key.name in signed}


def _message(body: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{body}".encode()
