"""A member's own pages: tasks, declaration, chair, responsiveness, scoring, corrections.

Decided here: what of the fold a member is shown, and in which words tasks are told. Other members'
marks are in none of these views; of their votes only the panel's verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from bideval.evidence.sealing import Purpose
from bideval.pages.names import N_
from bideval.session.kinds import KINDS
from bideval.session.names import Phase
from bideval.session.tasks import tasks_of
from bideval.terms.decimals import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.scoring.method import Criterion
    from bideval.session.bidding import Bid
    from bideval.session.bodies.marks import Verdict
    from bideval.session.opinions import Vote
    from bideval.session.standing import Standing
    from bideval.session.tender import Requirement

TASKS = {
    "declare": (N_("Sign discipline and recusal"), "declare"),
    "vote_chair": (N_("Elect the chair"), "chair"),
    "vote_responsiveness": (N_("Check responsiveness"), "responsiveness"),
    "sign_sheet": (N_("Score and sign"), "score"),
    "correct_mark": (N_("Correct a finding"), "correct"),
    "confirm_result": (N_("Confirm the result"), "confirm"),
    "note_refusal": (N_("Note who does not sign"), "confirm"),
    "publish_tender": (N_("Publish the tender"), "tender"),
    "answer_objection": (N_("Answer an objection"), "opening"),
    "order_phase": (N_("Order the next step"), "desk"),
    "seal_bid": (N_("Seal a bid"), "seal"),
    "check_in": (N_("Check experts in"), "checkin"),
    "seal_nonce": (N_("Seal a random number"), "draw"),
    "release_share": (N_("Release a share"), "opening"),
}
"""What a task is called and where it is done."""

SHARE_ROOMS = {
    Purpose.BID: "opening",
    Purpose.NONCE: "draw",
    Purpose.MARKS: "result",
    Purpose.IDENTITY: "result",
}

Notes = dict[str, dict[str, str]]
"""What a tender says of its criteria, by criterion."""

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task: `state` is done, next, waiting, or may: nobody's turn, for whoever sees cause."""

    title: str
    state: str
    url: str
    detail: str = ""
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkView:
    """A person's tasks in the order of the course."""

    tasks: tuple[TaskRow, ...]
    chair: str


def work_view(session: Standing, person: str) -> WorkView:
    """Gather the tasks of a member."""
    return WorkView(tasks=task_rows(session, person), chair=session.panel.chair or "")


def task_rows(session: Standing, person: str) -> tuple[TaskRow, ...]:
    """The tasks of anybody in the session, one row per kind of task."""
    known = session.people.persons.get(person)
    if known is None:
        return ()
    rows: dict[tuple[str, str], TaskRow] = {}
    for task in tasks_of(session, known):
        if _is_last_resort(session, task):
            continue
        row = _task_row(session.session_id, task)
        earlier = rows.get((row.title, row.url))
        if earlier is None or earlier.state == "done":
            rows[row.title, row.url] = row
    return tuple(rows.values())


def _is_last_resort(session: Standing, task: dict[str, object]) -> bool:
    """Whether an order would end the session without a result: only the desk has it."""
    return session.phase is Phase.RELEASED and task["task"] == "order_phase"


def _task_row(session: str, task: dict[str, object]) -> TaskRow:
    title, room = TASKS[str(task["task"])]
    if task["task"] == "release_share":
        room = SHARE_ROOMS[Purpose(str(task["purpose"]))]
    todo = "may" if task["task"] == "note_refusal" else "next"
    state = {"todo": todo, "done": "done"}.get(str(task["state"]), "waiting")
    url = f"/sessions/{session}/{room}" if state != "waiting" else ""
    return TaskRow(title=title, state=state, url=url)


def next_task(session: Standing, person: str) -> str:
    """The title of what this person should do next; nothing if it is not their turn."""
    return next((row.title for row in task_rows(session, person) if row.state == "next"), "")


def open_for(session: Standing, kind: str, person: str) -> bool:
    """Whether entries of a kind are taken now from this person, who has to sit on the panel."""
    seated = session.panel.member(person) is not None
    return seated and session.phase in KINDS[kind].phases and not session.paused


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareView:
    """The declaration: who bids, whether it is signed."""

    open: bool
    declared: bool
    bidders: tuple[str, ...]


def declare_view(session: Standing, person: str) -> DeclareView:
    """Gather the declaration's page."""
    member = session.panel.member(person)
    names = (bid_name(bid) for bid in session.bidding.opened())
    return DeclareView(
        open=open_for(session, "declaration.signed", person),
        declared=member is not None and member.declared,
        bidders=tuple(dict.fromkeys(names)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A member who may be elected, and the name of the venue where he or she sits."""

    id: str
    venue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChairView:
    """The election: the round, the candidates, the own vote."""

    open: bool
    chair: str
    round: int
    candidates: tuple[Candidate, ...]
    voted_for: str
    waiting_for: tuple[str, ...]


def chair_view(session: Standing, person: str) -> ChairView:
    """Gather the election; a representative of the purchaser is no candidate."""
    panel = session.panel
    votes = panel.votes(panel.round)
    return ChairView(
        open=open_for(session, "chair.voted", person),
        chair=panel.chair or "",
        round=panel.round,
        candidates=tuple(
            Candidate(id=one.id, venue=session.people.venues[one.venue].name)
            for one in panel.counting()
            if not one.representative
        ),
        voted_for=votes.get(person, ""),
        waiting_for=tuple(one.id for one in panel.counting() if one.id not in votes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A file of a bid, as the venue's server gives it to a member."""

    name: str
    url: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedBid:
    """One bid of the matrix, with the own vote and the panel's verdict."""

    id: str
    label: str
    name: str
    files: tuple[FileLink, ...]
    voted: Vote | None
    panel: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsivenessView:
    """The matrix."""

    open: bool
    requirements: tuple[Requirement, ...]
    bids: tuple[ReviewedBid, ...]
    watermark: str


def responsiveness_view(session: Standing, person: str) -> ResponsivenessView:
    """Gather the matrix of one member."""
    reviewed = session.reviewed_bids() if session.procedure.reached(Phase.OPENED) else []
    return ResponsivenessView(
        open=open_for(session, "responsiveness.voted", person),
        requirements=session.tender.requirements if session.tender else (),
        bids=tuple(
            ReviewedBid(
                id=bid.id,
                label=bid_label(bid),
                name=bid_name(bid),
                files=bid_files(session, bid),
                voted=session.opinions.votes.get((bid.id, person)),
                panel=session.verdict(bid.id),
            )
            for bid in reviewed
        ),
        watermark=f"{person} · {session.session_id}",
    )


def bid_label(bid: Bid) -> str:
    """A short label of an opened bid: A, B, …, Z, 27, 28, …"""
    number = bid.label or 0
    return LABELS[number - 1] if 1 <= number <= len(LABELS) else str(number)


def bid_name(bid: Bid) -> str:
    """The bidder's name as it was announced."""
    return bid.manifest.sheet.bidder_name if bid.manifest else bid.bidder


def bid_files(session: Standing, bid: Bid) -> tuple[FileLink, ...]:
    """The files of an opened bid."""
    files = bid.manifest.files if bid.manifest else ()
    base = f"/api/sessions/{session.session_id}/bids/{bid.id}/files"
    return tuple(
        FileLink(name=one.name, url=f"{base}/{at}", media_type=one.media_type)
        for at, one in enumerate(files)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredCriterion:
    """A criterion as its field shows it; decimals as texts."""

    id: str
    name: str
    kind: str
    rule: str
    group: str
    min: str
    max: str
    step: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Criteria of one kind or of one part of the tender, with the sum of their maxima."""

    name: str
    kind: str
    criteria: tuple[ScoredCriterion, ...]
    max: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredBid:
    """One tab of the sheet."""

    id: str
    label: str
    name: str
    lot: str
    files: tuple[FileLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreView:
    """The workbench: what is scored, and what is printed over the pages."""

    open: bool
    criteria: tuple[ScoredCriterion, ...]
    groups: tuple[Group, ...]
    max: str
    bids: tuple[ScoredBid, ...]
    lots: int
    watermark: str


def score_view(session: Standing, person: str, notes: Notes) -> ScoreView:
    """Gather the workbench. No mark is in it: those are in the member's own browser.

    `notes` are what the published tender says of a criterion beyond its method: rule and group.
    """
    scored = session.evaluated_bids() if session.procedure.reached(Phase.SCORING) else []
    known = session.tender.method.criteria if session.tender else ()
    criteria = tuple(_criterion(one, notes.get(one.id, {})) for one in known)
    return ScoreView(
        open=open_for(session, "scoresheet.signed", person),
        criteria=criteria,
        groups=_groups(criteria),
        max=_sum_of_maxima(criteria),
        bids=tuple(
            ScoredBid(
                id=bid.id,
                label=bid_label(bid),
                name=bid_name(bid),
                lot=bid.lot,
                files=bid_files(session, bid),
            )
            for bid in scored
        ),
        lots=len(session.tender.lots) if session.tender else 0,
        watermark=f"{person} · {session.session_id}",
    )


def _criterion(one: Criterion, note: Mapping[str, str]) -> ScoredCriterion:
    return ScoredCriterion(
        id=one.id,
        name=one.name,
        kind=one.kind.value,
        rule=note.get("rule", ""),
        group=note.get("group", ""),
        min=plain(one.min),
        max=plain(one.max),
        step=None if one.step is None else plain(one.step),
    )


def _groups(criteria: Sequence[ScoredCriterion]) -> tuple[Group, ...]:
    """Groups in the order of the tender: the tender's own headings, kinds where it has none."""
    runs = [list(run) for _, run in groupby(criteria, lambda one: one.group or one.kind)]
    return tuple(
        Group(
            name=run[0].group,
            kind=run[0].kind,
            criteria=tuple(run),
            max=_sum_of_maxima(run),
        )
        for run in runs
    )


def _sum_of_maxima(criteria: Sequence[ScoredCriterion]) -> str:
    return plain(sum((Decimal(one.max) for one in criteria), Decimal(0)))
