"""Tender, sealing page and opening hall.

Decided here: what of a bid is shown when. Before opening only the bidder's own sealed bids are in a
view, and of those nothing but what the record says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.sealing import Purpose
from bideval.pages.views.actors import actor_names
from bideval.session.names import BidState, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from bideval.session.bidding import Bid, Objection
    from bideval.session.standing import Standing
    from bideval.session.tender import Tender


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderView:
    """The tender as published, or nothing yet; `notes` are rule and group of each criterion."""

    tender: Tender | None
    may_publish: bool
    custody: tuple[CustodyRow, ...]
    notes: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRow:
    """Who keeps shares of what."""

    purpose: Purpose
    threshold: int
    custodians: tuple[str, ...]


def tender_view(
    session: Standing, notes: Mapping[str, Mapping[str, str]], *, may_publish: bool
) -> TenderView:
    """Gather the tender with what it says of its criteria in words."""
    plans = session.tender.custody.items() if session.tender else ()
    return TenderView(
        tender=session.tender,
        may_publish=may_publish and session.phase is Phase.PREPARED,
        notes=notes,
        custody=tuple(
            CustodyRow(purpose=purpose, threshold=plan.threshold, custodians=plan.custodians)
            for purpose, plan in plans
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SealView:
    """A bidder's sealing page: the tender, the own bids, whether the box is open."""

    tender: Tender | None
    bids: tuple[Bid, ...]
    open: bool
    missing_custodians: tuple[str, ...]
    continues: str


def seal_view(session: Standing, bidder: str, now_ms: int) -> SealView:
    """Gather the page of one bidder; other bidders' bids are not in it."""
    tender = session.tender
    in_time = tender is not None and now_ms < tender.deadline and not session.bidding.closed
    return SealView(
        tender=tender,
        bids=tuple(bid for bid in session.bidding.bids.values() if bid.bidder == bidder),
        open=in_time and session.phase is Phase.PREPARED and not session.paused,
        missing_custodians=custodians_without_key(session) if tender else (),
        continues=session.continues.session if session.continues else "",
    )


def custodians_without_key(session: Standing) -> tuple[str, ...]:
    """Custodians of bids who have no recipient in the record: nothing can be sealed to them."""
    custody = session.custody(Purpose.BID)
    return tuple(one.actor for one in custody.custodians if not one.recipient)


def custody_context(session: Standing, purpose: Purpose) -> dict[str, object]:
    """A custody as scripts take it."""
    custody = session.custody(purpose)
    return {
        "threshold": custody.threshold,
        "custodians": [
            {"actor": one.actor, "recipient": one.recipient} for one in custody.custodians
        ],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRow:
    """One line of the opening table; `capital` shows the same price in capitals."""

    bid: str
    label: int | None
    lot: str
    bidder_name: str
    price: Decimal | None
    size: str
    duration: str
    remarks: str
    state: str
    reason: str
    mine: bool
    shares: int
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasable:
    """A seal whose share this custodian should release now."""

    label: str
    seal: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningView:
    """The hall: countdown, rows, what is awaited, objections."""

    tender: Tender | None
    closed: bool
    closed_at: int | None
    ready: bool
    rows: tuple[OpeningRow, ...]
    objections: tuple[Objection, ...]
    may_object: bool
    may_answer: bool
    waiting_for: tuple[str, ...]


def opening_view(
    session: Standing, person: str, *, may_object: bool, may_answer: bool
) -> OpeningView:
    """Gather the hall. Rows appear together, when every bid is opened or given up."""
    bidding = session.bidding
    waiting = bidding.sealed() if bidding.closed else []
    ready = bidding.closed and not waiting
    shown = [bid for bid in bidding.bids.values() if bid.state is not BidState.WITHDRAWN]
    missing = [actor for bid in waiting for actor in session.sharing.missing(bid.seal.recipient)]
    return OpeningView(
        tender=session.tender,
        closed=bidding.closed,
        closed_at=bidding.closing.at if bidding.closing else None,
        ready=ready,
        rows=tuple(_row(session, bid, person) for bid in _in_order(shown)) if ready else (),
        objections=tuple(bidding.objections.values()),
        may_object=may_object and bidding.closed and session.phase is Phase.PREPARED,
        may_answer=may_answer,
        waiting_for=actor_names(session, missing),
    )


def _in_order(bids: list[Bid]) -> list[Bid]:
    return sorted(bids, key=lambda bid: (bid.label is None, bid.label or bid.position))


def _row(session: Standing, bid: Bid, person: str) -> OpeningRow:
    sheet = bid.manifest.sheet if bid.manifest else None
    return OpeningRow(
        bid=bid.id,
        label=bid.label,
        lot=bid.lot,
        bidder_name=sheet.bidder_name if sheet else bid.bidder,
        price=sheet.price if sheet else None,
        size=sheet.size.value if sheet else "",
        duration=sheet.duration if sheet else "",
        remarks=sheet.remarks if sheet else "",
        state=bid.state.value,
        reason=bid.reason,
        mine=bid.bidder == person,
        shares=len(session.sharing.of(bid.seal.recipient)),
        threshold=bid.seal.threshold,
    )
