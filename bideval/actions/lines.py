"""Which lines to other venues are down, in memory.

Decided here: nothing but what counts as a change.
Not decided here: who knows it and whom it is told (peer_lines).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.ports import PeerLine


class Lines:
    """What is known of the lines. Thread-safe."""

    def __init__(self) -> None:
        self._lines: dict[str, PeerLine] = {}
        self._lock = threading.Lock()

    def down_since(self) -> dict[str, int]:
        """Return the venues whose line is down, each with the instant since when (ms)."""
        with self._lock:
            return {line.venue: line.since_ms for line in self._lines.values() if not line.up}

    def take(self, lines: Iterable[PeerLine]) -> list[PeerLine]:
        """Note what is known now; return what changed."""
        with self._lock:
            changed = [line for line in lines if self._lines.get(line.venue) != line]
            self._lines.update({line.venue: line for line in changed})
        return changed
