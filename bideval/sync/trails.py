"""Running digests: what a prefix of lines comes to, computed alike by sender and receiver.

Decided here: going up (a branch's own lines) it is the origin's chain, going down (main's ordered
record) the root of the tree; a mark is a count of lines with the digest after the last of them.
Not decided here: what the lines say; see the ledger and the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bideval.ledger.line import chain_next, chain_start, parse_line
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Direction(StrEnum):
    """Which of a session's two streams: up to main, or down from it."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Mark:
    """The first `n` lines and their digest: a chain going up, a tree root going down."""

    n: int
    digest: bytes


class Trail(Protocol):
    """The digest of the first `n` lines, which grows line by line."""

    @property
    def n(self) -> int:
        """The number of lines."""
        ...

    def extend(self, line: bytes) -> None:
        """Add line `n`+1.

        Raises EvidenceError, and stays as it was, when the bytes are no line or not that one.
        """
        ...

    def mark(self) -> Mark:
        """Return where the trail stands."""
        ...

    def after(self, lines: Sequence[bytes]) -> Mark:
        """Return where it would stand after these bytes, whether they are lines or not."""
        ...

    def copy(self) -> Trail:
        """Return an independent trail at the same mark."""
        ...


class ChainTrail:
    """The chain of one origin in one session."""

    __slots__ = ("_chain", "_origin", "n")

    def __init__(self, origin: str, n: int, chain: bytes) -> None:
        self.n = n
        self._origin = origin
        self._chain = chain

    def extend(self, line: bytes) -> None:
        """Add the origin's next line; numbers without gaps, no other origin."""
        parsed = parse_line(line)
        if (parsed.origin, parsed.n) != (self._origin, self.n + 1):
            detail = f"expected {self._origin} {self.n + 1}, got {parsed.origin} {parsed.n}"
            raise EvidenceError("line_order", field="line", detail=detail)
        self._chain = chain_next(self._chain, line)
        self.n += 1

    def mark(self) -> Mark:
        """Return the number of lines and the chain."""
        return Mark(self.n, self._chain)

    def after(self, lines: Sequence[bytes]) -> Mark:
        """Return the number and the chain after these bytes."""
        chain = self._chain
        for line in lines:
            chain = chain_next(chain, line)
        return Mark(self.n + len(lines), chain)

    def copy(self) -> ChainTrail:
        """Return an independent trail."""
        return ChainTrail(self._origin, self.n, self._chain)


class TreeTrail:
    """The tree of one session's record; several origins' lines in main's order."""

    __slots__ = ("_frontier",)

    def __init__(self, frontier: Frontier) -> None:
        self._frontier = frontier

    @property
    def n(self) -> int:
        """The size of the tree."""
        return self._frontier.size

    def extend(self, line: bytes) -> None:
        """Add the record's next line; numbers within origins are checked where it is committed."""
        parse_line(line)
        self._frontier.add(leaf_hash(line))

    def mark(self) -> Mark:
        """Return the size and the root."""
        return Mark(self._frontier.size, self._frontier.root())

    def after(self, lines: Sequence[bytes]) -> Mark:
        """Return the size and the root after these bytes."""
        frontier = self._frontier.copy()
        for line in lines:
            frontier.add(leaf_hash(line))
        return Mark(frontier.size, frontier.root())

    def copy(self) -> TreeTrail:
        """Return an independent trail."""
        return TreeTrail(self._frontier.copy())


def trail_at(direction: Direction, *, session: str, origin: str, n: int, state: bytes) -> Trail:
    """Return the trail after `n` lines from what storage keeps of it.

    `state`: the chain (UP; 32 bytes) or the serialised frontier (DOWN); empty bytes for `n` 0.
    Raises EvidenceError when `state` cannot be that.
    """
    if direction is Direction.UP:
        chain = state or chain_start(session, origin)
        if len(chain) != len(chain_start(session, origin)) or (not state and n):
            raise EvidenceError("mark_state", field="state", detail=f"no chain of {n} lines")
        return ChainTrail(origin, n, chain)
    frontier = Frontier.from_bytes(state) if state else Frontier()
    if frontier.size != n:
        raise EvidenceError("mark_state", field="state", detail=f"no frontier of {n} lines")
    return TreeTrail(frontier)
