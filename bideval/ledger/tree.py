"""The Merkle tree of RFC 9162 section 2.1 (the same tree as RFC 6962) over the lines of a record.

Decided here: hashes, roots, proofs and their verification; a `Frontier` that grows by one leaf at
a time. Not decided here: what a leaf's bytes mean, who signs a root. Hashes are 32 raw bytes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()

_SIZE_BYTES = 8


def leaf_hash(line: bytes) -> bytes:
    """Return SHA-256(0x00 || line)."""
    return sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: the roots of its perfect subtrees, largest first.

    Enough to add leaves and know the root: at most 64 hashes for any record.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Append a leaf hash: merge as many subtrees as the size has trailing one bits."""
        carry, rest = leaf, self.size
        while rest & 1:
            carry = node_hash(self._peaks.pop(), carry)
            rest >>= 1
        self._peaks.append(carry)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in self._peaks[-2::-1]:
            root = sha256(b"\x01" + peak + root).digest()  # node_hash; a verifier asks every time
        return root

    def copy(self) -> Frontier:
        """Return an independent frontier of the same tree."""
        twin = Frontier()
        twin.size = self.size
        twin._peaks = self._peaks.copy()
        return twin

    def to_bytes(self) -> bytes:
        """Return the size as eight bytes, most significant first, then the hashes."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self._peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Return the frontier that `to_bytes` wrote; raise `EvidenceError` for a wrong length."""
        frontier = cls()
        frontier.size = int.from_bytes(data[:_SIZE_BYTES], "big")
        if len(data) != _SIZE_BYTES + HASH_SIZE * frontier.size.bit_count():
            detail = "must be eight bytes of size and a hash per one bit of it"
            raise EvidenceError("frontier_malformed", field="frontier", detail=detail)
        frontier._peaks = [
            data[start : start + HASH_SIZE] for start in range(_SIZE_BYTES, len(data), HASH_SIZE)
        ]
        return frontier


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes (RFC 9162 section 2.1.1)."""
    return Frontier(leaves).root()


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the inclusion proof of leaf `index` (from 0), sibling first (section 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    path: list[bytes] = []
    start, size = 0, len(leaves)
    while size > 1:
        split = _split(size)
        if index - start < split:
            path.append(tree_root(leaves[start + split : start + size]))
            size = split
        else:
            path.append(tree_root(leaves[start : start + split]))
            start, size = start + split, size - split
    path.reverse()
    return path


def consistency_path(leaves: Sequence[bytes], old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `new` leaves extends the one of `old` (section 2.1.4.1).

    It is empty for equal sizes and from size 0, as C2SP tlog-witness wants it.
    """
    if not 0 <= old <= new <= len(leaves):
        raise IndexError("sizes must rise and not exceed the tree")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, size, whole = 0, new, True
    while old - start != size:
        split = _split(size)
        if old - start <= split:
            path.append(tree_root(leaves[start + split : start + size]))
            size = split
        else:
            path.append(tree_root(leaves[start : start + split]))
            start, size, whole = start + split, size - split, False
    if not whole:
        path.append(tree_root(leaves[start : start + size]))
    path.reverse()
    return path


def verify_inclusion(
    leaf: bytes, index: int, *, size: int, root: bytes, path: Sequence[bytes]
) -> None:
    """Check that leaf hash `leaf` stands at `index` of the tree (RFC 9162 section 2.1.3.2).

    Raises `EvidenceError` at the first step that fails.
    """
    if not 0 <= index < size:
        raise EvidenceError("inclusion_failed", field="index", detail="must be below the size")
    _check_hashes("inclusion_failed", [leaf, root, *path])
    position, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise EvidenceError("inclusion_failed", field="path", detail="is too long")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise EvidenceError("inclusion_failed", field="path", detail="is too short")
    if node != root:
        raise EvidenceError("inclusion_failed", field="root", detail="is another one")


def verify_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]
) -> None:
    """Check that the tree `new` (size, root) extends the tree `old` (RFC 9162 section 2.1.4.2).

    Raises `EvidenceError` at the first step that fails.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    _check_hashes("consistency_failed", [old_root, new_root, *path])
    if not 0 <= old_size <= new_size:
        raise EvidenceError("consistency_failed", field="size", detail="must not shrink")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise EvidenceError("consistency_failed", field="root", detail="must be the empty root")
    if old_size in (0, new_size):
        if path:
            raise EvidenceError("consistency_failed", field="path", detail="must be empty")
        if old_size == new_size and old_root != new_root:
            raise EvidenceError("consistency_failed", field="root", detail="two roots of one size")
        return
    _climb(old, new, path)


def _climb(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> None:
    """Do steps 3 to 7 of section 2.1.4.2: fold the path into both roots at once."""
    perfect = old[0].bit_count() == 1
    hashes = [old[1], *path] if perfect else list(path)
    if not hashes:
        raise EvidenceError("consistency_failed", field="path", detail="is too short")
    trailing_ones = (old[0] ^ (old[0] - 1)).bit_length() - 1
    position, last = (old[0] - 1) >> trailing_ones, (new[0] - 1) >> trailing_ones
    old_node = new_node = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise EvidenceError("consistency_failed", field="path", detail="is too long")
        if position & 1 or position == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise EvidenceError("consistency_failed", field="path", detail="is too short")
    if (old_node, new_node) != (old[1], new[1]):
        raise EvidenceError("consistency_failed", field="root", detail="is another one")


def _split(size: int) -> int:
    """Return the largest power of two below `size` (size at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_hashes(code: str, hashes: Iterable[bytes]) -> None:
    if any(len(node) != HASH_SIZE for node in hashes):
        raise EvidenceError(code, field="path", detail=f"a hash has {HASH_SIZE} bytes")
