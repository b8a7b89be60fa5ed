"""From revealed nonces to a seed, from the seed to every expert's ticket.

Decided here: how randomness that several parties contributed becomes one number per pool leaf, in
such a way that neither the order of the list nor the order of the reveals changes anything.
Not decided here: who sits on the panel (`bideval.draw.panel`) and how nonces are sealed.

Method: tickets as in Rivest's consistent sampling, restated with HMAC-SHA-256; every hashed part is
length-prefixed, because a draw whose encoding is not injective can be argued with.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from bideval.evidence.encoding import tagged_hash
from bideval.terms.errors import EvidenceError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

NONCE_BYTES = 32
"""Bytes of a contributed nonce: as many as the hash has, so that one honest party is enough."""

SEED_TAG = "bideval/draw-seed/v1"
COMMITMENT_TAG = "bideval/draw-commitment/v1"

_BLOCK_BYTES = 64
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


def nonce_commitment(session: str, actor: str, nonce: bytes) -> bytes:
    """Return the 32-byte commitment that `actor` publishes before anybody reveals.

    Session and actor are hashed in, so that a commitment cannot be copied by another party.
    Raises InputError when the nonce has another length than `NONCE_BYTES`.
    """
    if len(nonce) != NONCE_BYTES:
        raise InputError("nonce_length", field="nonce", detail=f"must have {NONCE_BYTES} bytes")
    return tagged_hash(COMMITMENT_TAG, session.encode(), actor.encode(), nonce)


def check_nonce(session: str, actor: str, nonce: bytes, commitment: bytes) -> None:
    """Raise EvidenceError when `nonce` is not what `actor` committed to."""
    if not hmac.compare_digest(nonce_commitment(session, actor, nonce), commitment):
        raise EvidenceError(
            "nonce_differs", field=actor, detail="the nonce is not the committed one"
        )


def draw_seed(
    session: str, pool_root: bytes, nonces: Mapping[str, bytes], *, beacon: bytes = b""
) -> bytes:
    """Return the 32-byte seed of the draw.

    `nonces` maps each contributing actor to its nonce; they enter in the order of the actors' ids.
    `pool_root` makes the pool final before the seed is known. Raises InputError without a nonce.
    """
    if not nonces:
        raise InputError("nonces_missing", field="nonces", detail="nobody contributed a nonce")
    parts: list[bytes] = [session.encode(), pool_root, str(len(nonces)).encode()]
    for actor in sorted(nonces):
        parts += (actor.encode(), nonces[actor])
    return tagged_hash(SEED_TAG, *parts, beacon)


def ticket(seed: bytes, leaf: bytes, weight: int = 1) -> bytes:
    """Return the lowest of the `weight` 32-byte tickets of a pool leaf. The lowest of all wins.

    The first is HMAC-SHA-256(seed, leaf), the others HMAC-SHA-256(seed, leaf and j as two bytes)
    for j = 1, 2, …: an urn with `weight` balls per expert. Nothing is rounded, and nothing is
    reduced to a range, so that no number has to be drawn again.
    """
    return Lots(seed).ticket(leaf, weight)


class Lots:
    """The tickets of one seed; half of each HMAC is computed once."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, seed: bytes) -> None:
        key = seed.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(key.translate(_INNER_PAD))
        self._outer = hashlib.sha256(key.translate(_OUTER_PAD))

    def ticket(self, leaf: bytes, weight: int = 1) -> bytes:
        """As `ticket`."""
        if weight == 1:
            return self._hmac(leaf)
        others = (self._hmac(leaf + j.to_bytes(2, "big")) for j in range(1, weight))
        return min(self._hmac(leaf), *others)

    def _hmac(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()
