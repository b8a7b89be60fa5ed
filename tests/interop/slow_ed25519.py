"""Ed25519 again, slowly: curve arithmetic of RFC 8032 section 5.1 on plain numbers.

It knows the points of low order and both verification equations, and makes signatures that sit on
the edge between them. Nothing of bideval, nothing secret, nothing fast.
"""

from __future__ import annotations

from hashlib import sha512
from typing import NamedTuple

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    x: int
    y: int


ZERO = Point(0, 1)


def add(left: Point, right: Point) -> Point:
    """Return the sum by the complete affine law of section 5.1."""
    product = D * left.x * right.x * left.y * right.y % P
    x = (left.x * right.y + right.x * left.y) * pow(1 + product, -1, P) % P
    y = (left.y * right.y + left.x * right.x) * pow(1 - product, -1, P) % P
    return Point(x, y)


def times(scalar: int, point: Point) -> Point:
    """Return scalar * point; projective inside, because inverses are what costs."""
    total, step = (0, 1, 1), (point.x, point.y, 1)
    while scalar:
        if scalar & 1:
            total = _add(total, step)
        step = _add(step, step)
        scalar >>= 1
    inverse = pow(total[2], -1, P)
    return Point(total[0] * inverse % P, total[1] * inverse % P)


def _add(left: tuple[int, int, int], right: tuple[int, int, int]) -> tuple[int, int, int]:
    a = left[2] * right[2] % P
    b, c, d = a * a % P, left[0] * right[0] % P, left[1] * right[1] % P
    e = D * c * d % P
    f, g = b - e, b + e
    cross = (left[0] + left[1]) * (right[0] + right[1]) - c - d
    return a * f * cross % P, a * g * (d + c) % P, f * g % P


def negative(point: Point) -> Point:
    return Point(-point.x % P, point.y)


def encoded(point: Point) -> bytes:
    return (point.y | (point.x & 1) << 255).to_bytes(32, "little")


def decoded(data: bytes) -> Point | None:
    """Return the point, whether or not the bytes are its canonical encoding."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number % 2**255 % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return Point(x if x & 1 == sign else -x % P, y)


def _base() -> Point:
    point = decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert point is not None
    return point


B = _base()


def _torsion() -> list[Point]:
    """Return the eight points of low order: multiples of one of order 8."""
    for y in range(2, 100):
        point = decoded(y.to_bytes(32, "little"))
        if point is not None:
            generator = times(L, point)
            multiples = [times(count, generator) for count in range(8)]
            if len(set(multiples)) == 8:
                return multiples
    raise AssertionError("there is one among the first points")


TORSION = _torsion()


def challenge(first: bytes, public: bytes, message: bytes) -> int:
    return int.from_bytes(sha512(first + public + message).digest(), "little") % L


class Verdicts(NamedTuple):
    """What can be asked of a signature; `equation` is cofactorless, `eightfold` cofactored."""

    key_good: bool
    first_canonical: bool
    first_good: bool
    scalar_good: bool
    equation: bool
    eightfold: bool

    @property
    def accepted(self) -> bool:
        """The policy of docs/spec/keys.md."""
        return self.key_good and self.first_good and self.library

    @property
    def library(self) -> bool:
        """What common libraries check: they compare R as bytes, and look at no point's order."""
        return self.first_canonical and self.scalar_good and self.equation


def is_good(data: bytes) -> bool:
    """Say whether the bytes are the canonical encoding of a point of prime order."""
    point = decoded(data)
    if point is None or encoded(point) != data or point == ZERO:
        return False
    return times(L, point) == ZERO


def judged(public: bytes, message: bytes, signature: bytes) -> Verdicts:
    first, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    key, start = decoded(public), decoded(first)
    assert key is not None
    assert start is not None
    right = add(start, times(challenge(first, public, message), key))
    gap = add(times(scalar, B), negative(right))
    return Verdicts(
        is_good(public),
        encoded(start) == first,
        start not in TORSION,
        scalar < L,
        gap == ZERO,
        times(8, gap) == ZERO,
    )
