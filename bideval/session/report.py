"""The content of the evaluation report, as plain data for whoever prints it.

Decided here: what the report says, in the order of the ten items of Order 12 art. 42 (Order 87
art. 58 asks for a subset), with everything that happened to the panel and to marks, and what a
reader needs to verify it. Not decided here: words, layout, the PDF. Members appear by their seats;
their names are published with the result, not with the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.opening.sheet import sheet_document
from bideval.scoring.explanation import amount
from bideval.session.bodies.marks import Verdict
from bideval.session.names import BidState
from bideval.session.procedure import fault_document
from bideval.session.tender import tender_document
from bideval.terms.decimals import plain
from bideval.terms.errors import RefusedError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from decimal import Decimal

    from bideval.scoring.explanation import Explanation
    from bideval.session.bidding import Bid
    from bideval.session.caseform import Consolidation
    from bideval.session.panel import Member
    from bideval.session.procedure import Pause
    from bideval.session.standing import Standing
    from bideval.session.unsealing import OpenedMarks

    Json = dict[str, object]

REPORT_FORMAT = "bideval-report/1"


def report_content(
    session: Standing, *, marks: OpenedMarks, numbers: Consolidation, root: str
) -> Json:
    """Return the content of the report of the current result.

    `marks` are the corrected marks and `numbers` what `caseform.consolidation` made of them; both
    must give the recorded digest again. `root` is the record's root (hex) at `session.size`.
    Raises `RefusedError` where there is no result, or the numbers are not the recorded ones.
    """
    current = session.results.current
    if current is None or numbers.body["digest"] != current.body.digest:
        raise RefusedError("digest_differs", field="digest")
    return {
        "format": REPORT_FORMAT,
        "basics": _basics(session),
        "members": _members(session),
        "opening": _opening(session),
        "responsive": _responsive(session),
        "rejected": _rejected(session),
        "method": tender_document(session.plan)["method"],
        "comparison": _comparison(session, marks=marks, numbers=numbers),
        "ranking": {lot: _ranking(session, document) for lot, document in _documents(session)},
        "candidates": {lot: document.get("candidates") for lot, document in _documents(session)},
        "clarifications": _objections(session),
        "corrections": _corrections(session),
        "remarks": [
            {
                "code": one.code,
                "member": one.member,
                "bid": one.bid,
                "criterion": one.criterion,
            }
            for one in marks.remarks
        ],
        "signatures": _signatures(session),
        "course": _course(session),
        "verification": _verification(session, root),
    }


def _documents(session: Standing) -> list[tuple[str, Json]]:
    current = session.results.current
    lots = current.body.lots if current else {}
    return [(lot, dict(document)) for lot, document in lots.items()]


def _basics(session: Standing) -> Json:
    tender = session.plan
    people = session.people
    return {
        "session": session.session_id,
        "title": session.title,
        "rulebook": session.rulebook.id,
        "number": tender.number,
        "tender_title": tender.title,
        "procuring_entity": tender.procuring_entity,
        "agent": tender.agent,
        "category": tender.category.value,
        "budget": _money(tender.budget),
        "ceiling": _money(tender.ceiling),
        "deadline": instant_text(tender.deadline),
        "lots": [{"id": lot.id, "title": lot.title} for lot in tender.lots],
        "disciplines": {one.id: one.name for one in tender.panel.disciplines},
        "venues": [
            {"id": venue.id, "name": venue.name, "main": venue.id == people.main}
            for venue in people.venues.values()
        ],
    }


def _money(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _members(session: Standing) -> list[Json]:
    return [_member(session, member) for member in session.panel.members.values()]


def _member(session: Standing, member: Member) -> Json:
    return {
        "member": member.id,
        "venue": member.venue,
        "seat": member.seat,
        "discipline": member.discipline,
        "representative": member.representative,
        "chair": session.panel.chair == member.id,
        "state": member.state.value,
        "ground": member.ground.value if member.ground else None,
        "reason": member.reason or None,
        "replaced_by": member.replaced_by,
    }


def _opening(session: Standing) -> Json:
    closing = session.bidding.closing
    shown = {BidState.OPENED, BidState.UNOPENABLE}
    bids = [bid for bid in session.bidding.bids.values() if bid.state in shown]
    bids.sort(key=lambda bid: (bid.label is None, bid.label or 0, bid.position))
    return {
        "closed_at": instant_text(closing.at) if closing else None,
        "bids": [_opened_bid(bid) for bid in bids],
        "objections": _objections(session),
    }


def _opened_bid(bid: Bid) -> Json:
    return {
        "label": bid.label,
        "bid": bid.id,
        "lot": bid.lot,
        "bidder": bid.bidder,
        "sheet": sheet_document(bid.manifest.sheet) if bid.manifest else None,
        "unopenable": bid.reason or None,
    }


def _objections(session: Standing) -> list[Json]:
    return [
        {"bidder": one.bidder, "text": one.text, "answer": one.answer or None}
        for one in session.bidding.objections.values()
    ]


def _responsive(session: Standing) -> list[str]:
    return [bid.id for bid in session.reviewed_bids() if not session.rejected(bid.id)]


def _rejected(session: Standing) -> list[Json]:
    """Return the rejected bids with the members' grounds, and those above the ceiling."""
    rejected: list[Json] = []
    for bid in session.reviewed_bids():
        votes = session.opinions.on(bid.id, session.member_ids())
        grounds = [
            {"requirement": vote.requirement, "reason": vote.reason, "member": vote.member}
            for vote in votes
            if vote.verdict is Verdict.UNRESPONSIVE
        ]
        if session.rejected(bid.id):
            rejected.append({"bid": bid.id, "cause": "unresponsive", "grounds": grounds})
        elif session.over_ceiling(bid):
            rejected.append({"bid": bid.id, "cause": "over_ceiling", "grounds": []})
    return rejected


def _comparison(session: Standing, *, marks: OpenedMarks, numbers: Consolidation) -> Json:
    """Return, for each lot, every member's marks, the result's lines and how each came about."""
    documents = dict(_documents(session))
    return {
        lot: {
            "marks": _lot_marks(session, lot, marks),
            "lines": documents[lot].get("bids"),
            "benchmark_price": documents[lot].get("benchmark_price"),
            "explanations": [_explanation(one) for one in result.explanations],
        }
        for lot, result in numbers.results.items()
    }


def _lot_marks(session: Standing, lot: str, marks: OpenedMarks) -> Json:
    bids = [bid.id for bid in session.left(lot)]
    return {
        member: {
            bid: {name: _money(mark) for name, mark in sheet.get(bid, {}).items()} for bid in bids
        }
        for member, sheet in marks.sheets.items()
    }


def _explanation(one: Explanation) -> Json:
    """Return how one number came about: formula, inputs, exact value, rounding, article."""
    return {
        "bid": one.bid,
        "step": str(one.step),
        "subject": one.subject,
        "formula": one.formula,
        "inputs": [list(pair) for pair in one.inputs],
        "value": amount(one.value),
        "rounded": _money(one.rounded),
        "rounding": one.rounding,
        "article": one.article,
    }


def _ranking(session: Standing, document: Json) -> list[Json]:
    """Return the ranked bids by rank, joint ones in the order of their labels."""
    lines = document.get("bids")
    known = lines if isinstance(lines, dict) else {}
    labels = {bid.id: bid.label for bid in session.bidding.opened()}
    ranked = [(line["rank"], labels[bid], bid) for bid, line in known.items() if line["rank"]]
    return [{"rank": rank, "label": label, "bid": bid} for rank, label, bid in sorted(ranked)]


def _corrections(session: Standing) -> list[Json]:
    return [
        {
            "member": one.member,
            "bid": one.bid,
            "criterion": one.criterion,
            "before": _money(one.before),
            "after": _money(one.after),
            "ground": one.ground.value,
            "reason": one.reason,
        }
        for one in session.marks.corrections
    ]


def _signatures(session: Standing) -> list[Json]:
    """Return how every member signed, and where in the record: agreed, with dissent, refused,
    or noted as refusing.
    """
    results = session.results
    signatures: list[Json] = []
    for member in session.member_ids():
        signed, noted = results.confirmations.get(member), results.refusals.get(member)
        if signed is not None:
            stance, words = signed.stance.value, signed.reasons
        else:
            stance, words = ("noted", noted.note) if noted else ("missing", "")
        where = signed or noted
        signatures.append(
            {
                "member": member,
                "stance": stance,
                "reasons": words or None,
                "position": where.position if where else None,
            }
        )
    return signatures


def _course(session: Standing) -> Json:
    procedure = session.procedure
    return {
        "moves": [
            {
                "from": move.leaving.value,
                "to": move.to.value,
                "at": instant_text(move.at),
                "reason": move.reason or None,
            }
            for move in procedure.moves
        ],
        "pauses": [_pause(one) for one in procedure.pauses],
        "warnings": [
            {"by": one.by, "text": one.text, "at": instant_text(one.at)}
            for one in procedure.warnings
        ],
    }


def _pause(pause: Pause) -> Json:
    """Return a pause with the clock of its fault, and why the session went on."""
    return {
        "by": pause.by,
        "reason": pause.reason,
        "since": instant_text(pause.since),
        "until": None if pause.until is None else instant_text(pause.until),
        "fault": fault_document(pause.fault) if pause.fault else None,
        "resumed_by": pause.resumed_by,
        "resume_reason": pause.resume_reason or None,
        "decision": pause.decision or None,
    }


def _verification(session: Standing, root: str) -> Json:
    current = session.results.current
    return {
        "digest": current.body.digest if current else None,
        "version": current.body.version if current else None,
        "size": session.size,
        "root": root,
        "void_lines": len(session.void_lines),
    }
