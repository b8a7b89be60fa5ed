"""Result, corrections, confirmation: what the panel made together.

Decided here: how result documents and explanations are laid out for reading. Not decided here: any
number in them (scoring), and when marks may be opened (session).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from bideval.pages.views.panel import bid_label, bid_name, open_for
from bideval.session.caseform import consolidation, corrected_marks
from bideval.session.names import Phase
from bideval.session.unsealing import open_marks
from bideval.terms.decimals import exact_decimal, plain
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.scoring.explanation import Explanation
    from bideval.session.marks import Correction
    from bideval.session.standing import Standing
    from bideval.session.tender import Lot
    from bideval.session.unsealing import OpenedMarks

Document = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class BidLine:
    """One line of the ranking; scores as the result document writes them."""

    label: str
    name: str
    valid: bool
    candidate: bool
    rank: int | None
    evaluated_price: str | None
    panel_mean: str | None
    objective: str | None
    price_score: str | None
    total: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """One finding of the result."""

    code: str
    bid: str
    criterion: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One explained number."""

    bid: str
    step: str
    subject: str
    formula: str
    inputs: tuple[tuple[str, str], ...]
    value: str
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LotResult:
    """The result of one lot."""

    id: str
    title: str
    final: bool
    benchmark: str | None
    bids: tuple[BidLine, ...]
    findings: tuple[FindingLine, ...]
    steps: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """The current version; `digest` is empty while there is none."""

    version: int
    digest: str
    lots: tuple[LotResult, ...]
    corrections: tuple[Correction, ...]


def result_view(session: Standing, *, explain: bool) -> ResultView:
    """Gather the current version of the result, with the way to each number if asked."""
    current = session.results.current
    if current is None:
        return ResultView(version=0, digest="", lots=(), corrections=())
    steps = _explanations(session) if explain else {}
    titles = {lot.id: lot for lot in session.plan.lots}
    return ResultView(
        version=current.body.version,
        digest=current.body.digest,
        lots=tuple(
            _lot(session, titles[lot], dict(document), steps.get(lot, ()))
            for lot, document in current.body.lots.items()
        ),
        corrections=tuple(session.marks.corrections),
    )


def _explanations(session: Standing) -> Mapping[str, tuple[Explanation, ...]]:
    """Recompute the explanations; a result that cannot be recomputed is shown without them."""
    try:
        results = consolidation(session, open_marks(session)).results
    except BidevalError:
        return {}
    return {lot: result.explanations for lot, result in results.items()}


def _lot(
    session: Standing, lot: Lot, document: Document, steps: tuple[Explanation, ...]
) -> LotResult:
    bids = cast("dict[str, Document]", document["bids"])
    candidates = cast("list[str]", document["candidates"])
    findings = cast("list[dict[str, str]]", document["findings"])
    lines = [bid_line(session, bid, line, candidates) for bid, line in bids.items()]
    return LotResult(
        id=lot.id,
        title=lot.title,
        final=document["final"] is True,
        benchmark=cast("str | None", document.get("benchmark_price")),
        bids=tuple(sorted(lines, key=lambda line: (line.rank is None, line.rank or 0, line.label))),
        findings=tuple(
            FindingLine(
                code=one["kind"],
                bid=_label(session, one.get("bid", "")),
                criterion=one.get("criterion", ""),
                member=one.get("member", ""),
            )
            for one in findings
        ),
        steps=tuple(_step(session, one) for one in steps),
    )


def bid_line(session: Standing, bid: str, line: Document, candidates: list[str]) -> BidLine:
    """Lay out one bid's line of a result document."""
    known = session.bidding.bids[bid]

    def text(name: str) -> str | None:
        return cast("str | None", line.get(name))

    return BidLine(
        label=bid_label(known),
        name=bid_name(known),
        valid=line["valid"] is True,
        candidate=bid in candidates,
        rank=cast("int | None", line["rank"]),
        evaluated_price=text("evaluated_price"),
        panel_mean=text("panel_mean"),
        objective=text("objective"),
        price_score=text("price_score"),
        total=text("total"),
    )


def _label(session: Standing, bid: str) -> str:
    known = session.bidding.bids.get(bid)
    return bid_label(known) if known else bid


def _step(session: Standing, one: Explanation) -> StepLine:
    return StepLine(
        bid=_label(session, one.bid) if one.bid else "",
        step=one.step.value,
        subject=one.subject or "",
        formula=one.formula,
        inputs=one.inputs,
        value=_value(one),
        article=one.article,
    )


def _value(one: Explanation) -> str:
    """The rounded value, else the exact one: as a decimal where it ends, else as a fraction."""
    exact = exact_decimal(one.value) if one.rounded is None else one.rounded
    return str(one.value) if exact is None else plain(exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFinding:
    """A finding that the member must look at, with the own mark; `others` where all must agree."""

    bid: str
    bid_label: str
    criterion: str
    criterion_name: str
    code: str
    ground: str
    before: str | None
    min: str
    max: str
    others: tuple[str, ...]
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectView:
    """The findings that concern a member."""

    findings: tuple[OwnFinding, ...]


GROUNDS = {
    "out_of_range": "out_of_range",
    "off_step": "out_of_range",
    "missing_mark": "missing",
    "objective_inconsistent": "objective",
}
"""Which ground of Order 87 art. 64 corrects which finding."""


def correct_view(session: Standing, person: str) -> CorrectView:
    """Gather a member's findings of the current version."""
    current = session.results.current
    seated = session.panel.member(person) is not None
    if current is None or current.body.final or not seated:
        return CorrectView(findings=())
    marks = corrected_marks(session, open_marks(session))
    found = [
        cast("dict[str, str]", one)
        for document in current.body.lots.values()
        for one in cast("list[object]", document["findings"])
    ]
    return CorrectView(
        findings=tuple(
            _own(session, person, one, marks)
            for one in found
            if one["kind"] in GROUNDS and one.get("member", person) == person
        )
    )


def _own(session: Standing, person: str, finding: dict[str, str], marks: OpenedMarks) -> OwnFinding:
    bid, criterion = finding["bid"], finding["criterion"]
    rule = next(one for one in session.plan.method.criteria if one.id == criterion)
    before = marks.sheets.get(person, {}).get(bid, {}).get(criterion)
    agree = finding["kind"] == "objective_inconsistent"
    values = [marks.sheets.get(one, {}).get(bid, {}).get(criterion) for one in session.member_ids()]
    return OwnFinding(
        bid=bid,
        bid_label=_label(session, bid),
        criterion=criterion,
        criterion_name=rule.name,
        code=finding["kind"],
        ground=GROUNDS[finding["kind"]],
        before=None if before is None else plain(before),
        min=plain(rule.min),
        max=plain(rule.max),
        others=tuple(plain(mark) for mark in values if mark is not None) if agree else (),
        open=open_for(session, "mark.corrected", person),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberStance:
    """How one member signed."""

    id: str
    venue: str
    stance: str
    reasons: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmView:
    """The joint confirmation."""

    digest: str
    lots: tuple[LotResult, ...]
    members: tuple[MemberStance, ...]
    may_confirm: bool
    may_note_of: tuple[str, ...]
    """Members of whom the reader may note that they do not sign."""


def confirm_view(session: Standing, person: str) -> ConfirmView:
    """Gather the confirmation of the current version."""
    result = result_view(session, explain=False)
    results = session.results
    open_now = open_for(session, "result.confirmed", person) and session.result_is_current()
    return ConfirmView(
        digest=result.digest,
        lots=result.lots,
        members=tuple(_stance(session, one) for one in session.member_ids()),
        may_confirm=open_now
        and person in session.member_ids()
        and session.phase is Phase.CONSOLIDATED,
        may_note_of=tuple(
            one
            for one in session.member_ids()
            if session.phase is Phase.CONSOLIDATED
            and one not in results.confirmations
            and session.may_note_refusal(person, one)
        ),
    )


def _stance(session: Standing, member: str) -> MemberStance:
    confirmation = session.results.confirmations.get(member)
    refusal = session.results.refusals.get(member)
    return MemberStance(
        id=member,
        venue=session.people.venues[session.panel.members[member].venue].name,
        stance=confirmation.stance.value if confirmation else "",
        reasons=confirmation.reasons if confirmation else "",
        note=refusal.note if refusal else "",
    )
