"""The Merkle tree again, slowly: the recursive definitions of RFC 9162 section 2.1, word by word.

Lists of leaf *data*, no cleverness, nothing of bideval. A proof is checked by running the
recursion of section 2.1.3.1 or 2.1.4.1 backwards, not by the loops that section 2.1.3.2 gives.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256


def split(n: int) -> int:
    """Return k: the largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def join(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@cache
def mth(data: tuple[bytes, ...]) -> bytes:
    """Return MTH(D_n), section 2.1.1."""
    n = len(data)
    if n == 0:
        return sha256().digest()
    if n == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = split(n)
    return join(mth(data[:k]), mth(data[k:]))


def path(m: int, data: tuple[bytes, ...]) -> list[bytes]:
    """Return PATH(m, D_n), section 2.1.3.1."""
    n = len(data)
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return [*path(m, data[:k]), mth(data[k:])]
    return [*path(m - k, data[k:]), mth(data[:k])]


def proof(m: int, data: tuple[bytes, ...]) -> list[bytes]:
    """Return PROOF(m, D_n), section 2.1.4.1, for 0 < m <= n."""
    return subproof(m, data, b=True)


def subproof(m: int, data: tuple[bytes, ...], *, b: bool) -> list[bytes]:
    n = len(data)
    if m == n:
        return [] if b else [mth(data)]
    k = split(n)
    if m <= k:
        return [*subproof(m, data[:k], b=b), mth(data[k:])]
    return [*subproof(m - k, data[k:], b=False), mth(data[:k])]


def holds_inclusion(leaf: bytes, m: int, n: int, root: bytes, hashes: list[bytes]) -> bool:
    """Say whether PATH(m, D_n) = hashes can be, for a tree of this root with this leaf hash."""
    left = list(hashes)
    rebuilt = _root_of_path(leaf, m, n, left) if 0 <= m < n else None
    return rebuilt == root and not left


def _root_of_path(leaf: bytes, m: int, n: int, left: list[bytes]) -> bytes | None:
    if n == 1:
        return leaf
    if not left:
        return None
    k, other = split(n), left.pop()
    if m < k:
        below = _root_of_path(leaf, m, k, left)
        return None if below is None else join(below, other)
    below = _root_of_path(leaf, m - k, n - k, left)
    return None if below is None else join(other, below)


def holds_consistency(old: tuple[int, bytes], new: tuple[int, bytes], hashes: list[bytes]) -> bool:
    """Say whether PROOF(m, D_n) = hashes can be, for these sizes (0 < m <= n) and roots."""
    left = list(hashes)
    rebuilt = _roots_of_proof(old[0], new[0], old[1], left, b=True)
    return rebuilt == (old[1], new[1]) and not left


def _roots_of_proof(
    m: int, n: int, root: bytes, left: list[bytes], *, b: bool
) -> tuple[bytes, bytes] | None:
    if m == n:
        if b:
            return root, root
        return (left[0], left.pop()) if left else None
    if not left:
        return None
    k, other = split(n), left.pop()
    if m <= k:
        below = _roots_of_proof(m, k, root, left, b=b)
        return None if below is None else (below[0], join(below[1], other))
    below = _roots_of_proof(m - k, n - k, root, left, b=False)
    return None if below is None else (join(other, below[0]), join(other, below[1]))
