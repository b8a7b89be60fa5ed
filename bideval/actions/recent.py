"""The newest lines of one numbering, kept at hand.

Decided here: that they follow one another without a gap, and how many are kept.
Not decided here: which numbering it is (a record's positions, a venue's own numbers).
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.ports import StoredLine

KEPT_LINES = 256
"""Lines at hand: what a link or an author asks for within seconds of a commit."""


class Recent:
    """Consecutive lines, the newest `KEPT_LINES` of them."""

    def __init__(self) -> None:
        self._lines: deque[StoredLine] = deque(maxlen=KEPT_LINES)
        self._next: int | None = None

    def add(self, number: int, stored: StoredLine) -> None:
        """Take the line with this number; one that came before is not taken again."""
        if self._next is not None and number < self._next:
            return
        if number != self._next:
            self._lines.clear()
        self._lines.append(stored)
        self._next = number + 1

    def since(self, number: int, limit: int) -> list[StoredLine] | None:
        """Return at most `limit` lines from this number on; None where they are not at hand."""
        if self._next is None:
            return None
        behind = self._next - number
        if not 0 < behind <= len(self._lines):
            return None
        start = len(self._lines) - behind
        return list(islice(self._lines, start, start + limit))
