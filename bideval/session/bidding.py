"""The box: sealed bids, their closing, their opening in order, objections.

Decided here: which bid of a bidder is live, what the label of an opened bid is.
Not decided here: what may be done when (`acts`), and validity (the panel and the engine decide).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bideval.session.names import BidState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.evidence.sealing import Seal
    from bideval.opening.package import Manifest
    from bideval.session.bodies.parts import FileRef, OriginHead
    from bideval.terms.instants import Instant

TAKING_PART = frozenset({BidState.SEALED, BidState.OPENED, BidState.UNOPENABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """One sealed bid; `label` counts the opened bids from 1 in the order they were announced."""

    id: str
    lot: str
    bidder: str
    position: int
    entry: str
    ciphertext: FileRef
    seal: Seal
    state: BidState = BidState.SEALED
    label: int | None = None
    plaintext: str | None = None
    manifest: Manifest | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How the box was closed; `at` is main's own time, `vector` what it had of each venue."""

    position: int
    at: Instant
    vector: Mapping[str, OriginHead]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """An objection at the opening and its answer."""

    entry: str
    bidder: str
    text: str
    answered_by: str | None = None
    answer: str = ""


@dataclass(slots=True)
class Bidding:
    """All bids by id, in record order."""

    bids: dict[str, Bid] = field(default_factory=dict)
    closing: Closing | None = None
    objections: dict[str, Objection] = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether the box is closed."""
        return self.closing is not None

    def live(self) -> list[Bid]:
        """Return the bids that take part, the withdrawn ones left out."""
        return [bid for bid in self.bids.values() if bid.state in TAKING_PART]

    def live_of(self, bidder: str, lot: str) -> Bid | None:
        """Return the bidder's live bid for a lot."""
        found = (bid for bid in self.live() if (bid.bidder, bid.lot) == (bidder, lot))
        return next(found, None)

    def opened(self, lot: str | None = None) -> list[Bid]:
        """Return the opened bids (of one lot) in the order of their announcement."""
        bids = [bid for bid in self.bids.values() if bid.state is BidState.OPENED]
        chosen = [bid for bid in bids if lot is None or bid.lot == lot]
        return sorted(chosen, key=lambda bid: bid.label or 0)

    def sealed(self) -> list[Bid]:
        """Return the live bids that are neither opened nor given up."""
        return [bid for bid in self.bids.values() if bid.state is BidState.SEALED]

    def close(self, closing: Closing) -> None:
        """Close the box; what comes after it in the record is refused at its place."""
        self.closing = closing

    def withdraw(self, bid: str) -> None:
        """Take a bid out."""
        self.bids[bid] = replace(self.bids[bid], state=BidState.WITHDRAWN)

    def open(self, bid: str, plaintext: str, manifest: Manifest) -> None:
        """Announce a bid; it gets the next label."""
        label = len(self.opened()) + 1
        self.bids[bid] = replace(
            self.bids[bid],
            state=BidState.OPENED,
            label=label,
            plaintext=plaintext,
            manifest=manifest,
        )

    def give_up(self, bid: str, reason: str) -> None:
        """Note that a bid stays closed."""
        self.bids[bid] = replace(self.bids[bid], state=BidState.UNOPENABLE, reason=reason)
