"""What was read out of bytes a moment ago, kept at hand.

Decided here: how much is kept, by the bytes it was read from: more than a link may have on its way
in one session, so that a batch is read once for its check and both folds.
Not decided here: what is read.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Text = TypeVar("Text", bound="str | bytes")
Read = TypeVar("Read")

KEPT_BYTES = 4 << 20
"""Four windows of a link; a few thousand marks."""


class Fresh(Generic[Text, Read]):
    """`read`, which depends on nothing but its argument, done once for what is fresh. Thread-safe.

    What it raises is not kept.
    """

    def __init__(self, read: Callable[[Text], Read], *, most: int = KEPT_BYTES) -> None:
        self._read: Callable[[Text], Read] = read
        self._most = most
        self._kept: dict[Text, Read] = {}
        self._size = 0
        self._lock = threading.Lock()

    def __call__(self, text: Text) -> Read:
        """Return what `text` reads as."""
        found = self._kept.get(text)
        if found is not None:
            return found
        made = self._read(text)
        with self._lock:
            if text not in self._kept:
                self._kept[text] = made
                self._size += len(text)
            while self._size > self._most:
                oldest = next(iter(self._kept))
                del self._kept[oldest]
                self._size -= len(oldest)
        return made
