"""How much one person may leave on a venue's disk.

Decided here: what is counted: files that no entry names, uploads that are under way, and the bids
of one bidder in one session. Not decided here: the numbers (Limits), and one file's own size.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bideval.actions.venue import Venue
    from bideval.ledger.entry import Entry


class Uploads:
    """The uploads under way in this process: how many each person has, and their bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes: dict[str, list[int]] = {}

    @contextmanager
    def room(self, venue: Venue, person: str, size: int) -> Iterator[None]:
        """Hold room for an upload of at most `size` bytes while it comes.

        Raises RefusedError `too_many_uploads`, `quota_files` or `quota_bytes`.
        """
        with venue.devices.store.read() as reader:
            files, taken = reader.spare_files(person)
        with self._lock:
            coming = self._sizes.setdefault(person, [])
            _check(venue, len(coming), files=files, taken=taken + sum(coming) + size)
            coming.append(size)
        try:
            yield
        finally:
            with self._lock:
                coming.remove(size)
                if not coming:
                    del self._sizes[person]


def _check(venue: Venue, coming: int, *, files: int, taken: int) -> None:
    limits = venue.limits
    if coming >= limits.uploads:
        raise RefusedError("too_many_uploads", field="sha256", rule="limits.uploads")
    if files + coming >= limits.spare_files:
        raise RefusedError("quota_files", field="sha256", rule="limits.spare_files")
    if taken > limits.spare_bytes:
        raise RefusedError("quota_bytes", field="content-length", rule="limits.spare_bytes")


def check_session_quota(venue: Venue, entry: Entry) -> None:
    """Raise RefusedError `quota_bids` for one bid too many of a bidder in a session.

    Every bid is kept for as long as the record, a withdrawn one too, and copied to every venue.
    """
    if entry.kind != "bid.sealed":
        return
    with venue.book.reading(entry.session) as fold:
        own = [bid for bid in fold.bidding.bids.values() if bid.bidder == entry.author]
    limits = venue.limits
    if len(own) >= limits.session_bids:
        raise RefusedError("quota_bids", field="body.bid", rule="limits.session_bids")
    if sum(bid.ciphertext.size for bid in own) >= limits.session_bytes:
        raise RefusedError("quota_bids", field="body.ciphertext", rule="limits.session_bytes")
