"""How much may be on its way without an acknowledgement, over all sessions of a link.

Decided here: one pool of bytes per link. A stream takes before it reads from storage and gives
back when the peer has acknowledged. Not decided here: the window of one stream; see sending.
"""

from __future__ import annotations

from bideval.sync import limits


class Credit:
    """Bytes that may still be sent without an acknowledgement."""

    def __init__(self, limit: int = limits.LINK_WINDOW_BYTES) -> None:
        self.available = limit

    def resize(self, held: int, needed: int) -> int:
        """Exchange `held` bytes for `needed` ones and return `needed`."""
        self.available += held - needed
        return needed
