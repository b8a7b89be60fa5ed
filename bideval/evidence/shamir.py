"""Shamir's secret sharing over GF(256): shares back to the secret.

Decided here: interpolation at 0, byte by byte, in the field of x^8 + x^4 + x^3 + x + 1. Its tables
are not of constant time: shares are in the record, for everybody to read, when they are combined.
Not decided here: splitting, which handles secrets and is the library's (docs/spec/seal.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_POLYNOMIAL = 0x11B
_UNITS = 255


def _tables() -> tuple[list[int], list[int]]:
    """Return powers of the generator 3 (twice around, so that no sum of logarithms wraps)."""
    powers, logarithms = [1], [0] * 256
    for exponent in range(1, 2 * _UNITS):
        doubled = powers[-1] << 1
        tripled = powers[-1] ^ (doubled ^ _POLYNOMIAL if doubled > _UNITS else doubled)
        powers.append(tripled)
        logarithms[powers[exponent % _UNITS]] = exponent % _UNITS
    return powers, logarithms


_POWERS, _LOGARITHMS = _tables()


def combine(shares: Sequence[bytes]) -> bytes:
    """Return the secret that shares of one length meet at; x is the last byte of each.

    Shares that were dealt for another secret give other bytes: the caller knows what to compare.
    Raises `ValueError` for no shares, different lengths, an x of 0, and an x that comes twice.
    """
    points = [share[-1] for share in shares if share]
    if not points or len({len(share) for share in shares}) != 1:
        raise ValueError("shares of one length are needed")
    if 0 in points or len(set(points)) != len(points):
        raise ValueError("every share has a point of its own, from 1")
    secret = bytearray(len(shares[0]) - 1)
    for share, x in zip(shares, points, strict=True):
        weight = _weight(x, points)
        for place, value in enumerate(share[:-1]):
            if value:
                secret[place] ^= _POWERS[_LOGARITHMS[value] + weight]
    return bytes(secret)


def _weight(x: int, points: Sequence[int]) -> int:
    """Return the logarithm of the product of x' / (x' - x) over the other points x'."""
    others = [other for other in points if other != x]
    total = sum(_LOGARITHMS[other] - _LOGARITHMS[other ^ x] for other in others)
    return total % _UNITS
