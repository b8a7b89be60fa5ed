"""How two venues prove themselves to each other.

Decided here: each side signs a hash over its own side, both venue ids and both fresh nonces with
its venue key, which the other has pinned. A recorded proof is of an old nonce, a reflected one of
the wrong side and venue, a forwarded one of another pair.
Not decided here: the secrecy of the channel and the name of the server; those are TLS's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bideval.evidence.encoding import tagged_hash
from bideval.sync import limits
from bideval.sync.effects import FaultKind
from bideval.sync.faults import LinkFault
from bideval.sync.messages import Hello, Prove
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.evidence.signing import PublicKey, SigningKey

_TAG = "bideval/link/v1"


class Side(StrEnum):
    """Who opened the connection."""

    DIALLER = "dialler"
    LISTENER = "listener"

    @property
    def other(self) -> Side:
        """The peer's side."""
        return Side.LISTENER if self is Side.DIALLER else Side.DIALLER


@dataclass(frozen=True, slots=True)
class LocalVenue:
    """This venue on its links: its id, its key, and how often its storage was put back."""

    id: str
    key: SigningKey
    epoch: int = 1


def make_hello(me: LocalVenue, side: Side, nonce: bytes) -> Hello:
    """Return our first message; `nonce` is 32 fresh random bytes."""
    return Hello(limits.VERSION, me.id, side.value, nonce, me.epoch)


def check_hello(theirs: Hello, ours: Hello, peers: Mapping[str, PublicKey]) -> PublicKey:
    """Return the pinned key of the venue that says hello.

    Raises LinkFault for another version, an unknown venue, our own side, our own nonce.
    """
    if theirs.version != ours.version:
        raise LinkFault(FaultKind.AUTHENTICATION, f"version {theirs.version}")
    if theirs.venue == ours.venue or theirs.venue not in peers:
        raise LinkFault(FaultKind.AUTHENTICATION, f"unknown venue {theirs.venue}")
    if theirs.side == ours.side:
        raise LinkFault(FaultKind.AUTHENTICATION, f"{theirs.venue} is on our side")
    if theirs.nonce == ours.nonce:
        raise LinkFault(FaultKind.AUTHENTICATION, f"{theirs.venue} repeats our nonce")
    return peers[theirs.venue]


def make_prove(me: LocalVenue, ours: Hello, theirs: Hello) -> Prove:
    """Return our proof for this pair of hellos."""
    return Prove(me.key.sign(proven_bytes(ours, theirs)))


def check_prove(prove: Prove, *, theirs: Hello, ours: Hello, public: PublicKey) -> None:
    """Check the peer's proof.

    Raises LinkFault when it is not by the pinned key over these hellos.
    """
    try:
        public.verify(prove.signature, proven_bytes(theirs, ours))
    except EvidenceError as error:
        raise LinkFault(FaultKind.AUTHENTICATION, f"{theirs.venue}: {error.code}") from None


def proven_bytes(speaker: Hello, hearer: Hello) -> bytes:
    """Return what `speaker` signs towards `hearer` (docs/spec/link.md, section 3)."""
    return tagged_hash(
        _TAG,
        speaker.side.encode(),
        speaker.venue.encode(),
        hearer.venue.encode(),
        speaker.nonce,
        hearer.nonce,
    )
