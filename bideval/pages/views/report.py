"""The report's page, and what bidders are told of the result once it is delivered.

Decided here: who is shown what of an issued report. Not decided here: what stands in it (session),
and who may read the file (actions.files).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from bideval.pages.views.panel import bid_label, bid_name
from bideval.pages.views.result import Document, bid_line
from bideval.session.names import Phase
from bideval.session.view_panel import may_know_report
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from bideval.pages.views.result import BidLine
    from bideval.session.bodies.course import ReportIssued
    from bideval.session.standing import Standing
    from bideval.session.tender import Lot

PRINTERS = frozenset({Role.OFFICER, Role.OPERATOR})
"""Who notes how many copies a venue has printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLot:
    """What a bidder is told of a lot (Order 87 art. 69): candidates, and the own lines."""

    id: str
    title: str
    candidates: tuple[str, ...]
    own: tuple[BidLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The report as it is in the record, and how often each venue printed it."""

    report: ReportIssued | None
    printed: tuple[tuple[str, int], ...]
    may_read: bool
    may_print: bool
    published: tuple[PublishedLot, ...]


def report_view(session: Standing, person: str, role: Role) -> ReportView:
    """Gather the report's page; bidders learn of the report once it is delivered."""
    results = session.results
    known = may_know_report(session, role)
    return ReportView(
        report=results.report if known else None,
        printed=tuple(sorted(results.printed.items())) if known else (),
        may_read=role is not Role.BIDDER,
        may_print=role in PRINTERS,
        published=_published(session, person) if role is Role.BIDDER else (),
    )


def _published(session: Standing, bidder: str) -> tuple[PublishedLot, ...]:
    current = session.results.current
    if current is None or not session.procedure.reached(Phase.REPORTED):
        return ()
    lots = {lot.id: lot for lot in session.plan.lots}
    return tuple(
        _lot(session, lots[lot], dict(document), bidder)
        for lot, document in current.body.lots.items()
    )


def _lot(session: Standing, lot: Lot, document: Document, bidder: str) -> PublishedLot:
    lines = cast("dict[str, Document]", document["bids"])
    candidates = cast("list[str]", document["candidates"])
    bids = session.bidding.bids
    return PublishedLot(
        id=lot.id,
        title=lot.title,
        candidates=tuple(f"{bid_label(bids[one])} · {bid_name(bids[one])}" for one in candidates),
        own=tuple(
            bid_line(session, bid, line, candidates)
            for bid, line in lines.items()
            if bids[bid].bidder == bidder
        ),
    )
