"""From a session to the case that the engine evaluates, and back into a result's body.

Decided here: which bids are valid, whose marks are void, which corrections apply.
Not decided here: the numbers (`bideval.scoring`). Main, the branches and the auditor all call this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import hex_digest
from bideval.scoring.case import Bid, Case, Member, MemberStatus, Scoresheet, Size
from bideval.scoring.case import Tender as CaseTender
from bideval.scoring.engine import consolidate
from bideval.scoring.method import MethodType
from bideval.scoring.result import result_document
from bideval.session.unsealing import OpenedMarks, Remark
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from bideval.scoring.method import Method
    from bideval.scoring.result import Result
    from bideval.session.bidding import Bid as SealedBid
    from bideval.session.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidation:
    """The results of all evaluated lots, and what `result.consolidated` says of them."""

    results: Mapping[str, Result]
    body: Mapping[str, object]


def corrected_marks(session: Standing, opened: OpenedMarks) -> OpenedMarks:
    """Return the marks after corrections.

    A member's first correction of a mark must start from the mark that was opened; one that does
    not is left out together with those that build on it, and remarked.
    """
    sheets: dict[str, dict[str, dict[str, Decimal | None]]] = {
        member: {bid: dict(row) for bid, row in sheet.items()}
        for member, sheet in opened.sheets.items()
    }
    remarks = list(opened.remarks)
    for one in session.marks.corrections:
        row = sheets.setdefault(one.member, {}).setdefault(one.bid, {})
        if row.get(one.criterion) == one.before:
            row[one.criterion] = one.after
            continue
        remarks.append(
            Remark(
                code="before_differs",
                member=one.member,
                bid=one.bid,
                criterion=one.criterion,
            )
        )
    return OpenedMarks(sheets=sheets, remarks=tuple(remarks))


def compares_prices(method: Method) -> bool:
    """Return whether a method ranks or scores prices, so that one of zero is no offer."""
    return method.type is MethodType.LOWEST_PRICE or method.price is not None


def check_price(session: Standing, price: Decimal) -> None:
    """Refuse a price of zero where prices are compared: every formula divides by one.

    Main gives such a bid up instead of opening it. Raises `InputError`.
    """
    if compares_prices(session.plan.method) and price == 0:
        raise InputError("out_of_range", field="manifest.sheet.price", detail="must be above zero")


def case_of(session: Standing, lot: str, marks: OpenedMarks) -> Case:
    """Return the case of one lot, `marks` being corrected already.

    Members who were replaced or recused are in it with what they signed; it is void.
    """
    tender = session.plan
    return Case(
        title=tender.title,
        tender=CaseTender(category=tender.category, ceiling=tender.ceiling),
        method=tender.method,
        bids=tuple(_bid(session, bid) for bid in session.bidding.opened(lot)),
        members=_members(session),
        scoresheets=tuple(
            Scoresheet(member=member, marks=_given(sheet)) for member, sheet in marks.sheets.items()
        ),
    )


def _bid(session: Standing, bid: SealedBid) -> Bid:
    sheet = bid.manifest.sheet  # type: ignore[union-attr]  # an opened bid has its manifest
    return Bid(
        id=bid.id,
        price=sheet.price,
        size=Size(sheet.size.value),
        small_share_percent=sheet.small_share_percent,
        valid=not session.rejected(bid.id),
    )


def _members(session: Standing) -> tuple[Member, ...]:
    return tuple(
        Member(
            id=member.id,
            status=MemberStatus.SEATED if member.counts else MemberStatus.REPLACED,
            replaced_by=member.replaced_by,
        )
        for member in session.panel.members.values()
    )


def _given(sheet: Mapping[str, Mapping[str, Decimal | None]]) -> dict[str, dict[str, Decimal]]:
    return {
        bid: {criterion: mark for criterion, mark in row.items() if mark is not None}
        for bid, row in sheet.items()
    }


def consolidation(session: Standing, opened: OpenedMarks) -> Consolidation:
    """Compute the next version of the result from what the record says now.

    Raises `InputError` where the method cannot be applied to these bids (see the engine).
    """
    marks = corrected_marks(session, opened)
    lots = [lot.id for lot in session.lots_evaluated()]
    results = {lot: consolidate(case_of(session, lot, marks)) for lot in lots}
    documents = {lot: result_document(result) for lot, result in results.items()}
    return Consolidation(
        results=results,
        body={
            "version": len(session.results.versions) + 1,
            "lots": documents,
            "digest": hex_digest(canonical_bytes(documents)),
            "final": all(result.final for result in results.values()),
        },
    )
