"""What a person has to do now, and what is done: the task list of every role.

Decided here: which tasks a role has and the state of each. Not decided here: words and layout.
A state is `todo`, `done`, or `waiting` (it is somebody else's turn, or its time has not come).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.evidence.sealing import seal_document
from bideval.session.acts.bids import due
from bideval.session.kinds import KINDS
from bideval.session.names import Phase
from bideval.session.phases import MOVES, missing, moves_from, next_phase
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.session.people import Person
    from bideval.session.standing import Standing

    Task = dict[str, object]

TODO = "todo"
DONE = "done"
WAITING = "waiting"


def tasks_of(session: Standing, person: Person) -> list[Task]:
    """Return the tasks of a person, in the order of the course; none once the session has ended.

    Custodians of any role have one task `release_share` for each seal whose date has come; it
    carries the seal, out of which the custodian's own client opens the share.
    """
    if session.phase in {Phase.FAILED, Phase.RE_FORMED}:
        return []
    return _TASKS[person.role](session, person) + _shares(session, person)


def _task(name: str, state: str, **more: object) -> Task:
    return {"task": name, "state": state, **more}


def _state(session: Standing, kind: str, *, done: bool) -> str:
    """Return the state of a task that one kind of entry fulfils."""
    if done:
        return DONE
    return TODO if session.phase in KINDS[kind].phases and not session.paused else WAITING


def _shares(session: Standing, person: Person) -> list[Task]:
    return [
        _task(
            "release_share",
            TODO,
            purpose=secret.purpose.value,
            recipient=recipient,
            about=secret.about or None,
            seal=seal_document(secret.seal),
        )
        for recipient, secret in session.sharing.seals.items()
        if person.id in secret.seal.custodians
        and (recipient, person.id) not in session.sharing.shares
        and not session.sharing.enough(recipient)
        and not session.sharing.lost(recipient)
        and due(session, secret)
    ]


def _officer(session: Standing, _person: Person) -> list[Task]:
    tasks = [
        _task(
            "publish_tender",
            _state(session, "tender.published", done=session.tender is not None),
        )
    ]
    tasks += [
        _task("answer_objection", TODO, objection=one.entry)
        for one in session.bidding.objections.values()
        if one.answered_by is None
    ]
    return tasks + _fault(session) + _order(session)


def _fault(session: Standing) -> list[Task]:
    """Return the decision that is due once a fault has outlasted its limit (RULES 2.2)."""
    fault = session.procedure.fault
    if fault is None or fault.limit is None or fault.expired is None:
        return []
    return [_task("decide_fault", TODO, after=fault.limit.after.value)]


def _order(session: Standing) -> list[Task]:
    """Return the order that the next move waits for."""
    to = next_phase(session.phase)
    stuck = session.phase is Phase.RELEASED and Phase.ARCHIVED in moves_from(session.phase)
    if stuck and not missing(session, Phase.ARCHIVED):
        to = Phase.ARCHIVED
    if to is None or session.tender is None or not MOVES[session.phase, to].needs_order:
        return []
    order = session.procedure.order()
    ordered = order is not None and order.to is to
    ready = not missing(session, to) and not session.paused
    state = DONE if ordered else TODO if ready else WAITING
    return [_task("order_phase", state, to=to.value)]


def _bidder(session: Standing, person: Person) -> list[Task]:
    if session.tender is None:
        return [_task("seal_bid", WAITING)]
    tasks = []
    for lot in session.tender.lots:
        bid = session.bidding.live_of(person.id, lot.id)
        done = bid is not None or session.bidding.closed
        name = bid.id if bid else None
        state = _state(session, "bid.sealed", done=done)
        tasks.append(_task("seal_bid", state, lot=lot.id, bid=name))
    return tasks


def _expert(session: Standing, person: Person) -> list[Task]:
    member = session.panel.member(person.id)
    if member is None:
        return []
    results = session.results
    steps: list[tuple[str, str, bool]] = [
        ("declare", "declaration.signed", member.declared),
        ("vote_chair", "chair.voted", _chair_done(session, person)),
        ("vote_responsiveness", "responsiveness.voted", _votes_done(session, person)),
        ("sign_sheet", "scoresheet.signed", session.marks.sheet(person.id) is not None),
    ]
    tasks = [_task(name, _state(session, kind, done=done)) for name, kind, done in steps]
    if not member.declared:
        tasks[1:] = [_task(str(task["task"]), WAITING) for task in tasks[1:]]
    tasks += _corrections(session, person)
    signed = person.id in results.confirmations
    final = results.current is not None and results.current.body.final
    ready = signed or (final and session.result_is_current())
    confirm = _state(session, "result.confirmed", done=signed) if ready else WAITING
    tasks.append(_task("confirm_result", confirm))
    return tasks + _refusals(session, person)


def _chair_done(session: Standing, person: Person) -> bool:
    panel = session.panel
    return panel.chair is not None or person.id in panel.votes(panel.round)


def _votes_done(session: Standing, person: Person) -> bool:
    votes = session.opinions.votes
    bids = session.reviewed_bids()
    return bool(bids) and all((bid.id, person.id) in votes for bid in bids)


def _corrections(session: Standing, person: Person) -> list[Task]:
    """Return the findings of the latest version that this member, or all, must look at."""
    current = session.results.current
    phases = KINDS["mark.corrected"].phases
    if current is None or current.body.final or session.phase not in phases:
        return []
    return [
        _task("correct_mark", TODO, lot=lot, finding=finding)
        for lot, document in current.body.lots.items()
        for finding in _findings(document)
        if finding.get("criterion") and finding.get("member", person.id) == person.id
    ]


def _findings(document: object) -> list[dict[str, object]]:
    findings = document.get("findings") if isinstance(document, dict) else None
    return [one for one in findings or () if isinstance(one, dict)]


def _refusals(session: Standing, person: Person) -> list[Task]:
    if session.phase is not Phase.CONSOLIDATED:
        return []
    settled = {*session.results.confirmations, *session.results.refusals}
    silent = [
        one
        for one in session.member_ids()
        if one not in settled and one != person.id and session.may_note_refusal(person.id, one)
    ]
    return [_task("note_refusal", TODO, person=one) for one in silent]


def _operator(session: Standing, person: Person) -> list[Task]:
    """Return whom the operator's venue still has to check in."""
    waiting = [
        seat
        for seat in session.panel.seats.values()
        if seat.item.venue == person.venue and seat.person is None
    ]
    state = TODO if session.procedure.reached(Phase.DRAWN) else WAITING
    return [_task("check_in", state, seat=seat.item.seat) for seat in waiting]


def _supervisor(session: Standing, person: Person) -> list[Task]:
    if session.tender is None or person.id not in session.committers():
        return []
    done = person.id in session.panel.nonces
    ready = done or session.panel.pool is not None
    return [_task("seal_nonce", _state(session, "nonce.sealed", done=done) if ready else WAITING)]


_TASKS: dict[Role, Callable[[Standing, Person], list[Task]]] = {
    Role.OFFICER: _officer,
    Role.BIDDER: _bidder,
    Role.EXPERT: _expert,
    Role.OPERATOR: _operator,
    Role.SUPERVISOR: _supervisor,
}
