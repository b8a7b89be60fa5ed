"""Shares of the browser's library and of the server's are the same thing, both ways.

And what they promise: enough of them give the secret, one fewer says nothing at all about it.
"""

from __future__ import annotations

import json
import subprocess
from functools import reduce
from itertools import combinations
from pathlib import Path
from typing import Any

import pyshamir
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.evidence.agefile import new_age_identity
from bideval.evidence.shamir import combine
from tests.interop.judges import command

HERE = Path(__file__).parent
REGISTER = HERE.parent / "web" / "register.mjs"
LARGEST = 7
SHAPES = [(m, n) for n in range(2, LARGEST + 1) for m in range(2, n + 1)]
IDENTITY = new_age_identity()[0].encode()
SECRETS = [IDENTITY, bytes(range(256)), b"\x00" * 74, b"\xff"]


def in_node(question: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [command("node", "nodejs"), "--no-warnings", "--import", str(REGISTER), "shares.mjs"],
        cwd=HERE,
        input=json.dumps({"split": [], "combine": []} | question),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def by_library(shares: tuple[bytes, ...]) -> bytes:
    return bytes(pyshamir.combine([bytearray(share) for share in shares]))


def split(secret: bytes, m: int, n: int) -> list[bytes]:
    return [bytes(share) for share in pyshamir.split(secret, n, m)]


def test_every_set_of_enough_shares_of_the_server_opens_in_the_browser_library() -> None:
    sets = [
        some
        for m, n in SHAPES
        for shares in [split(IDENTITY, m, n)]
        for size in range(m, n + 1)
        for some in combinations(shares, size)
    ]
    answer = in_node({"combine": [[share.hex() for share in some] for some in sets]})
    assert len(sets) == 522
    assert answer["combine"] == [IDENTITY.hex()] * len(sets)


def test_every_set_of_enough_shares_of_the_browser_library_opens_here() -> None:
    asked = [{"secret": IDENTITY.hex(), "count": n, "threshold": m} for m, n in SHAPES]
    dealt = in_node({"split": asked})["split"]
    for (m, _), shares in zip(SHAPES, dealt, strict=True):
        raw = [bytes.fromhex(share) for share in shares]
        sets = [some for size in range(m, len(raw) + 1) for some in combinations(raw, size)]
        assert [combine(some) for some in sets] == [IDENTITY] * len(sets)
        assert len(raw) > 5 or by_library(sets[0]) == IDENTITY


@pytest.mark.parametrize("secret", SECRETS, ids=["identity", "every byte", "zeros", "one byte"])
def test_secrets_of_any_bytes_cross_both_ways(secret: bytes) -> None:
    ours = split(secret, 3, 5)
    given_out = {"split": [{"secret": secret.hex(), "count": 5, "threshold": 3}]}
    answer = in_node(given_out | {"combine": [[share.hex() for share in ours[1:4]]]})
    theirs = tuple(bytes.fromhex(share) for share in answer["split"][0][:3])
    assert (answer["combine"], combine(theirs)) == ([secret.hex()], secret)
    assert {len(share) for share in ours} | {len(share) for share in theirs} == {len(secret) + 1}


# The field, slowly, for what a set of shares that is too small leaves open.


def product(left: int, right: int) -> int:
    """Multiply in GF(256) modulo x^8 + x^4 + x^3 + x + 1."""
    total = 0
    for bit in range(8):
        if right >> bit & 1:
            total ^= left << bit
    for bit in range(14, 7, -1):
        if total >> bit & 1:
            total ^= 0x11B << (bit - 8)
    return total


INVERSES = {
    one: next(other for other in range(1, 256) if product(one, other) == 1) for one in range(1, 256)
}


def value_at(x: int, points: list[tuple[int, int]]) -> int:
    """Return the polynomial through `points` at `x` (Lagrange)."""
    total = 0
    for at, y in points:
        others = [other for other, _ in points if other != at]
        weights = [product(x ^ other, INVERSES[at ^ other]) for other in others]
        total ^= reduce(product, weights, y)
    return total


@given(st.sampled_from(SHAPES), st.binary(min_size=8, max_size=8), st.data())
def test_one_share_too_few_leaves_every_secret_possible(
    shape: tuple[int, int], other: bytes, data: st.DataObject
) -> None:
    m, n = shape
    shares = split(b"a secret", m, n)
    known = data.draw(st.permutations(shares))[: m - 1]
    free = next(x for x in range(1, 256) if x not in {share[-1] for share in known})
    invented = [
        value_at(free, [(0, other[place]), *((share[-1], share[place]) for share in known)])
        for place in range(8)
    ]
    assert combine((*known, bytes([*invented, free]))) == other
