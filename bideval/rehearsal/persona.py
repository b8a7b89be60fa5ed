"""Somebody who acts: a person's keys and the signed words they make.

Decided here: what a browser would sign with the person's own key: proofs of possession, entries,
log-in challenges. Not decided here: what is said when, and how it reaches the venue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import sign_compact
from bideval.evidence.sealing import new_age_identity
from bideval.evidence.signing import Suite, new_signing_key
from bideval.ledger.entry import NOTHING_SEEN, Seen, entry_payload, sign_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bideval.evidence.signing import SigningKey
    from bideval.terms.identifiers import Role

PROOF_TYPE = "bideval-proof/1"
KEY_BYTES = 32
ENTRY_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Devices:
    """What a client needs from its machine: the time in milliseconds, and random bytes."""

    now_ms: Callable[[], int]
    token: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Persona:
    """One person at one venue with keys of their own; the server never sees the private ones."""

    person: str
    role: Role
    key: SigningKey
    identity: str
    recipient: str

    def proof(self, *, session: str | None, venue: str) -> str:
        """Return the proof of possession for an enrolment of exactly this person and place."""
        payload: dict[str, object] = {
            "session": session,
            "venue": venue,
            "person": self.person,
            "role": str(self.role),
            "recipient": self.recipient,
        }
        return sign_compact(self.key, PROOF_TYPE, canonical_bytes(payload))

    def enrolment(self, *, session: str | None, venue: str) -> dict[str, object]:
        """Return the key as enrolment requests carry it."""
        return {
            "suite": str(self.key.suite),
            "public": b64u(self.key.public.raw),
            "recipient": self.recipient,
            "proof": self.proof(session=session, venue=venue),
        }

    def entry(
        self,
        session: str,
        kind: str,
        body: Mapping[str, object],
        *,
        devices: Devices,
        seen: Seen = NOTHING_SEEN,
    ) -> str:
        """Return a signed entry, ready to be submitted; it names the head that was seen last."""
        payload = entry_payload(
            session=session,
            author=self.person,
            kind=kind,
            id=b64u(devices.token(ENTRY_ID_BYTES)),
            at=devices.now_ms(),
            body=body,
            seen=seen,
        )
        return sign_entry(self.key, payload)


def new_persona(person: str, role: Role, devices: Devices) -> Persona:
    """Make the keys of a person."""
    key = new_signing_key(Suite.ED25519, devices.token(KEY_BYTES))
    identity, recipient = new_age_identity()
    return Persona(person, role, key, identity, recipient)
