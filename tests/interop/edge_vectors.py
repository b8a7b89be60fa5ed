"""Makes tests/vectors/ed25519_edges.json: signatures on which honest libraries disagree.

Run as `python -m tests.interop.edge_vectors`. Everything comes from fixed texts, so that the file
is the same each time. A vector says for itself what the policy of docs/spec/keys.md makes of it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tests.interop.slow_ed25519 import (
    TORSION,
    B,
    L,
    P,
    Point,
    add,
    challenge,
    encoded,
    judged,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).parents[1] / "vectors" / "ed25519_edges.json"
KEY = int.from_bytes(sha256(b"edge: key").digest(), "little") % L
ONCE = int.from_bytes(sha256(b"edge: nonce").digest(), "little") % L
SIGN = 1 << 255


def odd_spellings() -> dict[str, bytes]:
    """Return the encodings of low-order points that are not canonical."""
    spelled = {
        "y=1, sign of zero": 1 | SIGN,
        "y=-1, sign of zero": P - 1 | SIGN,
        "y=p": P,
        "y=p, sign": P | SIGN,
        "y=p+1": P + 1,
        "y=p+1, sign of zero": P + 1 | SIGN,
    }
    return {name: number.to_bytes(32, "little") for name, number in spelled.items()}


def torsion(public: Point, count: int) -> Point:
    return add(public, TORSION[count])


def scalar(value: int) -> bytes:
    return value.to_bytes(32, "little")


def sought(first: bytes, public: bytes, wanted: int | None, order: int = 8) -> bytes:
    """Return a message whose challenge is `wanted` modulo `order`, or is anything."""
    for number in range(10_000):
        message = f"edge {number}".encode()
        if wanted is None or challenge(first, public, message) % order == wanted:
            return message
    raise AssertionError("one in eight messages fits")


def signed(name: str, a: int, public: bytes, r: int, first: bytes, rest: int | None) -> Vector:
    """Return a vector whose cofactored equation holds, for challenge `rest` modulo 8."""
    message = sought(first, public, rest)
    s = (r + challenge(first, public, message) * a) % L
    return name, public, message, first + scalar(s)


Vector = tuple[str, bytes, bytes, bytes]


def honest_vectors() -> Iterator[Vector]:
    public, first = encoded(times(KEY, B)), encoded(times(ONCE, B))
    for rest in range(8):
        yield signed(f"honest, challenge {rest} mod 8", KEY, public, ONCE, first, rest)
    _, _, message, signature = signed("honest", KEY, public, ONCE, first, None)
    s = int.from_bytes(signature[32:], "little")
    for count in range(1, 8):
        yield f"S + {count} L", public, message, first + scalar(s + count * L)
    yield "S with its highest bit", public, message, first + scalar(s | SIGN)
    yield "S of zero", public, message, first + scalar(0)
    yield "S = L", public, message, first + scalar(L)
    yield "another message", public, message + b".", signature
    yield "negative R", public, message, bytes([*first[:31], first[31] ^ 128]) + signature[32:]
    yield "another key", encoded(times(KEY + 1, B)), message, signature


def first_vectors() -> Iterator[Vector]:
    public = encoded(times(KEY, B))
    for count in range(1, 8):
        first = encoded(torsion(times(ONCE, B), count))
        yield signed(f"R of mixed order, part {count}", KEY, public, ONCE, first, None)
    for count, point in enumerate(TORSION):
        yield signed(f"R of low order, {count}", KEY, public, 0, encoded(point), None)
    for name, first in odd_spellings().items():
        yield signed(f"R not canonical, {name}", KEY, public, 0, first, None)


def key_vectors() -> Iterator[Vector]:
    start = encoded(times(ONCE, B))
    for count in range(1, 8):
        public = encoded(torsion(times(KEY, B), count))
        for rest in (0, 1):
            name = f"key of mixed order, part {count}, challenge {rest} mod 8"
            yield signed(name, KEY, public, ONCE, start, rest)
    spelled = {str(count): encoded(point) for count, point in enumerate(TORSION)}
    for name, public in (spelled | odd_spellings()).items():
        for rest in (0, 1):
            title = f"key of low order, {name}, challenge {rest} mod 8"
            yield signed(title, 0, public, ONCE, start, rest)
        yield signed(f"key and R of low order, {name}", 0, public, 0, encoded(TORSION[0]), 0)
        yield signed(f"key and R the same, {name}", 0, public, 0, public, 7)


def vectors() -> list[dict[str, object]]:
    found = []
    for name, public, message, signature in (*honest_vectors(), *first_vectors(), *key_vectors()):
        verdicts = judged(public, message, signature)
        found.append(
            {
                "name": name,
                "public": public.hex(),
                "message": message.hex(),
                "signature": signature.hex(),
                **verdicts._asdict(),
                "library": verdicts.library,
                "accepted": verdicts.accepted,
            }
        )
    return found


def text() -> str:
    lines = ",\n".join(json.dumps(one) for one in vectors())
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    FILE.write_text(text())
