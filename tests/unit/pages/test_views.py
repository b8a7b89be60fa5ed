"""Every page in every phase and both languages, from real sessions; and what no page may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bideval.actions.visitor import Visitor
from bideval.evidence.sealing import Purpose
from bideval.pages import rendering
from bideval.pages.html_procedure import CheckInView, ExpectedRow, free_seat
from bideval.pages.language import LANGUAGES
from bideval.pages.views import panel, result
from bideval.pages.views.bids import custody_context, opening_view, seal_view, tender_view
from bideval.pages.views.board import board_view
from bideval.pages.views.desk import desk_view
from bideval.pages.views.draw import draw_view
from bideval.pages.views.faults import pause_view, sealed
from bideval.pages.views.frame import (
    Frame,
    context_of,
    left_panel,
    lines_down,
    rooms_of,
    steps_of,
)
from bideval.pages.views.record import record_view
from bideval.pages.views.report import report_view
from bideval.pages.views.shares import due_shares
from bideval.pages.views.sheet import sheet_context
from bideval.session.names import COURSE, Phase
from bideval.terms.identifiers import Role
from tests.unit.session.conversation import BIDDERS, DEADLINE, MARKS, SHEETS, SUPERVISOR, at

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.pages.language import Language
    from bideval.session.standing import Standing

OFFICER, BIDDER, EXPERT = "officer-lin", BIDDERS[0], "wencheng-01"
PEOPLE = {
    OFFICER: Role.OFFICER,
    BIDDER: Role.BIDDER,
    EXPERT: Role.EXPERT,
    SUPERVISOR: Role.SUPERVISOR,
}

VIEWS: dict[str, tuple[str, Callable[[Standing, str], object]]] = {
    "desk": (OFFICER, lambda session, _: desk_view(session, DEADLINE)),
    "tender": (OFFICER, lambda session, _: tender_view(session, {}, may_publish=True)),
    "seal": (BIDDER, lambda session, who: seal_view(session, who, DEADLINE - 1)),
    "opening": (
        BIDDER,
        lambda session, who: opening_view(session, who, may_object=True, may_answer=False),
    ),
    "draw": (SUPERVISOR, draw_view),
    "board": (SUPERVISOR, lambda session, _: board_view(session, may_warn=True)),
    "work": (EXPERT, panel.work_view),
    "declare": (EXPERT, panel.declare_view),
    "chair": (EXPERT, panel.chair_view),
    "responsiveness": (EXPERT, panel.responsiveness_view),
    "score": (EXPERT, lambda session, who: panel.score_view(session, who, {})),
    "correct": (EXPERT, result.correct_view),
    "result": (SUPERVISOR, lambda session, _: result.result_view(session, explain=True)),
    "confirm": (EXPERT, result.confirm_view),
    "report": (OFFICER, lambda session, _: report_view(session, OFFICER, Role.OFFICER)),
}


def rendered(
    session: Standing,
    name: str,
    language: Language = "en",
    *,
    view: object = None,
    now: int = DEADLINE,
) -> str:
    """Return a page as its visitor gets it."""
    who, build = VIEWS.get(name, (OFFICER, lambda _session, _who: view))
    visitor = Visitor(who, PEOPLE[who], "k" * 22)
    view = build(session, who) if view is None else view
    context: dict[str, Any] = context_of(session, visitor, "fenghua", None)
    if name == "score" and session.tender:
        context["sheet"] = sheet_context(session, who, view)  # type: ignore[arg-type]  # score has this view
    if name == "seal" and session.tender:
        context["custody"] = custody_context(session, Purpose.BID)
    frame = Frame(
        venue="fenghua",
        venue_name="Fenghua",
        person=who,
        role=PEOPLE[who],
        session=session.session_id,
        title=session.title,
        phase=session.phase,
        pause=pause_view(session, now),
        sealed=sealed(session),
        steps=steps_of(session.phase, closed=session.bidding.closed),
        rooms=rooms_of(PEOPLE[who], session.session_id),
        context=context,
    )
    values = {"frame": frame, "view": view, "shares": due_shares(session, who), "path": "/"}
    values |= {"kept": None, "sheet": None}
    return rendering.environment(language).get_template(f"pages/{name}.html").render(values)


@pytest.mark.parametrize("phase", COURSE)
@pytest.mark.parametrize("name", VIEWS)
def test_page_renders_in_both_languages(name: str, phase: Phase) -> None:
    texts = [rendered(at(phase).session, name, language) for language in LANGUAGES]

    assert [text.count("<title>") for text in texts] == [1, 1]


@pytest.mark.parametrize("name", [name for name in VIEWS if name not in {"seal", "tender"}])
def test_no_price_is_shown_before_the_bids_are_open(name: str) -> None:
    text = rendered(at(Phase.PREPARED).session, name)
    prices = [rendering.money(sheet["price"]) for sheet in SHEETS.values()]

    assert [price for price in prices if price in text] == []


def test_bidder_sees_only_own_bids_before_the_opening() -> None:
    text = rendered(at(Phase.PREPARED).session, "seal")

    assert [bid for bid in ("bid-b", "bid-c") if bid in text] == []


@pytest.mark.parametrize("name", ["opening", "seal", "report"])
def test_bidder_never_sees_a_member(name: str) -> None:
    text = rendered(at(Phase.SCORING).session, name)

    assert [seat for seat in ("fenghua-01", "wencheng-01", "beilun-01") if seat in text] == []


def test_desk_and_board_show_progress_and_no_mark() -> None:
    session = at(Phase.SCORING).session
    marks = {mark for row in MARKS.values() for mark in row.values() if "." in mark}

    for name in ("desk", "board"):
        text = rendered(session, name)
        assert [mark for mark in marks if f">{mark}<" in text] == []


def test_member_sees_own_vote_and_not_that_of_others() -> None:
    session = at(Phase.SCORING).session
    view = panel.responsiveness_view(session, EXPERT)

    assert {bid.voted.member for bid in view.bids if bid.voted} == {EXPERT}


def test_opening_rows_appear_together() -> None:
    session = at(Phase.OPENED).session
    view = opening_view(session, BIDDER, may_object=True, may_answer=False)

    assert view.ready
    assert [row.label for row in view.rows] == [1, 2, 3]
    assert [row.mine for row in view.rows].count(True) == 1


def test_nothing_is_due_for_somebody_who_keeps_no_share() -> None:
    assert due_shares(at(Phase.RELEASED).session, BIDDER) == ()


def test_result_lists_candidates_by_rank_and_explains_numbers() -> None:
    view = result.result_view(at(Phase.CONSOLIDATED).session, explain=True)
    (lot,) = view.lots

    assert [line.rank for line in lot.bids] == [1, 2, 3]
    assert {"total", "rank", "price_score"} <= {step.step for step in lot.steps}


def test_tasks_point_to_rooms_that_exist() -> None:
    for phase in COURSE:
        rows = panel.task_rows(at(phase).session, EXPERT)
        assert all(row.url == "" or row.url.startswith("/sessions/") for row in rows)


def stopped_by_findings() -> Standing:
    """A session whose result is stopped by a mark that is out of range."""
    talk = at(Phase.SCORING)
    talk.script[EXPERT] = {"bid-a": {"design": "99"}}
    talk.until(Phase.RELEASED)
    talk.release_marks()
    talk.consolidate()
    return talk.session


def test_ending_without_a_result_is_never_the_next_thing_to_do() -> None:
    session = stopped_by_findings()

    assert panel.next_task(session, OFFICER) == ""
    assert desk_view(session, 0).may_close
    assert "Archive without a result" in rendered(session, "desk")
    assert not desk_view(at(Phase.SCORING).session, 0).may_close


def test_candidates_are_told_with_the_name_of_their_venue() -> None:
    session = at(Phase.DECLARED).session
    text = rendered(session, "chair")

    shown = panel.chair_view(session, EXPERT).candidates
    assert {one.venue for one in shown} == {"Fenghua", "Wencheng", "Beilun"}
    assert all(f"· {one.venue}</span>" in text for one in shown)


def test_noting_a_refusal_is_nobodys_turn() -> None:
    session = at(Phase.CONSOLIDATED).session
    rows = {row.title: row.state for row in panel.task_rows(session, EXPERT)}

    assert (rows["Confirm the result"], rows["Note who does not sign"]) == ("next", "may")
    assert "if there is cause" in rendered(session, "work")


def test_committers_of_the_draw_are_told_by_the_names_of_their_venues() -> None:
    session = at(Phase.OPENED).session
    told = [one.actor for one in draw_view(session, SUPERVISOR).commitments]

    assert sorted(told) == sorted(["Fenghua", "Wencheng", "Beilun", SUPERVISOR])
    text = rendered(session, "draw")
    assert [name for name in told if f">{name}</th>" not in text] == []


def test_who_is_waited_for_is_told_by_name_too() -> None:
    session = at(Phase.OPENED).session
    move = desk_view(session, 0).move
    assert move is not None
    waited = {who for one in move.conditions for who in one.waiting_for}

    assert {"Fenghua", SUPERVISOR} <= waited
    assert not any(who.startswith("venue/") for who in waited)


@pytest.mark.parametrize("forms", [2, 0])
def test_no_code_is_offered_when_the_session_has_ended(forms: int) -> None:
    expert = ExpectedRow(
        blinded="ab" * 32,
        discipline="Property",
        state="checked_in",
        person="fenghua-01",
        suggested="fenghua-02",
        identity={"name": "Somebody"},
        details=(),
    )
    view = CheckInView(
        open=forms > 0,
        expected=(expert,),
        representatives=True,
        representative_seat="fenghua-03",
        answers=(),
    )
    text = rendered(at(Phase.ARCHIVED).session, "checkin", view=view)

    assert "Somebody" in text
    assert text.count('<form class="json-form') == forms


def test_record_says_why_it_shows_nothing_while_the_box_is_open() -> None:
    session = at(Phase.PREPARED).session
    hidden = record_view(session, None, 0)  # type: ignore[arg-type]  # nothing is read

    assert hidden.hidden
    assert not hidden.entries


def test_tender_shows_rule_and_group_of_a_criterion() -> None:
    session = at(Phase.OPENED).session
    notes = {"design": {"rule": "Three points for a plan", "group": "Technique"}}
    view = tender_view(session, notes, may_publish=False)
    text = rendered(session, "tender", view=view)

    assert "Three points for a plan" in text
    assert '<tr class="group-row">' in text


def replaced_in(phase: Phase) -> Standing:
    """A session whose member EXPERT has just been taken off the panel."""
    talk = at(phase)
    body = {"person": EXPERT, "ground": "illness", "reason": "Taken to hospital", "by": None}
    talk.must(OFFICER, "member.replaced", body)
    return talk.session


def test_former_member_is_told_and_may_do_nothing_more() -> None:
    session = replaced_in(Phase.SCORING)
    view = panel.score_view(session, EXPERT, {})
    member = left_panel(session, EXPERT)

    assert not view.open
    assert member is not None
    assert member.reason == "Taken to hospital"
    assert panel.next_task(session, EXPERT) == ""
    assert left_panel(session, "fenghua-01") is None


def test_newcomer_gets_a_seat_that_nobody_had() -> None:
    session = replaced_in(Phase.SCORING)

    assert free_seat(session, "wencheng", 1) not in session.people.persons
    assert free_seat(session, "wencheng", 9) == "wencheng-09"


def test_sheet_knows_what_the_record_has_and_no_mark() -> None:
    session = at(Phase.RELEASED).session
    context = sheet_context(session, EXPERT, panel.score_view(session, EXPERT, {}))
    recorded = {tuple(field.split("\n")) for field in context["recorded"]}  # type: ignore[attr-defined]  # a list

    assert recorded == set(session.marks.last_marks(EXPERT))
    assert context["sheet"] == session.marks.sheet(EXPERT).entry  # type: ignore[union-attr]  # signed


def test_line_that_matters_to_a_branch_is_the_one_to_main() -> None:
    session = at(Phase.SCORING).session
    down = {"fenghua": 1, "beilun": 2, "elsewhere": 3}

    assert [one.since for one in lines_down(session, "wencheng", down)] == [1]
    assert [one.since for one in lines_down(session, "fenghua", down)] == [2]


def test_bidder_is_told_candidates_and_the_own_scores_when_the_report_is_delivered() -> None:
    session = at(Phase.REPORTED).session
    view = report_view(session, BIDDER, Role.BIDDER)
    (lot,) = view.published

    assert not view.may_read
    assert len(lot.candidates) == 3
    assert [line.label for line in lot.own] == ["A"]
    assert report_view(at(Phase.CONFIRMED).session, BIDDER, Role.BIDDER).published == ()
