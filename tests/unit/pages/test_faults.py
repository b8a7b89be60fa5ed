"""Faults as pages show them: the clock, who may do what after the limit, what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bideval.pages.rendering import local_second
from bideval.pages.views.desk import desk_view
from bideval.pages.views.faults import fault_desk, next_name, pause_view, pauses_of, sealed
from bideval.session.names import Phase
from bideval.terms.instants import instant_text
from tests.unit.pages.test_views import OFFICER, VIEWS, rendered
from tests.unit.session.conversation import Conversation, at

if TYPE_CHECKING:
    from bideval.pages.language import Language

MAIN = "venue/fenghua"
LATER = {
    "zh-CN": "逾期只能重新组建评标委员会评审。",
    "en": "After that only a new panel can evaluate.",
}
OVER = {"zh-CN": "原评标委员会不得继续评审", "en": "This panel cannot go on."}
DECIDES = {"zh-CN": "由采购人（招标人）决定：", "en": "The tenderer decides whether"}


def faulty(phase: Phase) -> tuple[Conversation, int]:
    """Return a session that stands still for a fault, and when its limit passes."""
    talk = at(phase, "procurement/2")
    fault = {"since": instant_text(talk.now)}
    talk.must(OFFICER, "session.paused", {"reason": "no power", "fault": fault})
    known = talk.session.procedure.fault
    assert known is not None
    assert known.due is not None
    return talk, known.due


def expire(talk: Conversation, due: int) -> None:
    talk.must(MAIN, "pause.expired", {"due": instant_text(due)}, at=due)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_shows_the_clock_of_a_fault(name: str, language: Language) -> None:
    talk, due = faulty(Phase.SCORING)
    before, after = [
        rendered(
            talk.session,
            name,
            language,
            view=desk_view(talk.session, now) if name == "desk" else None,
            now=now,
        )
        for now in (due - 1, due)
    ]

    assert [LATER[language] in text for text in (before, after)] == [True, False]
    assert [OVER[language] in text for text in (before, after)] == [False, True]
    assert [f'data-until="{due}"' in text for text in (before, after)] == [True, False]


def test_limit_is_over_by_main_s_note_even_where_the_clock_runs_late() -> None:
    talk, due = faulty(Phase.SCORING)
    expire(talk, due)
    view = pause_view(talk.session, 0)
    assert view is not None

    assert (view.over, view.may_resume, view.needs_decision) == (True, False, False)


def test_tenderer_s_decision_is_asked_for_before_the_start_only() -> None:
    talk, due = faulty(Phase.CHAIRED)
    before, after = pause_view(talk.session, due - 1), pause_view(talk.session, due)
    assert before is not None
    assert after is not None

    assert (before.may_resume, before.needs_decision) == (True, False)
    assert (after.may_resume, after.needs_decision) == (True, True)
    assert DECIDES["en"] in rendered(talk.session, "board", now=due)


def test_desk_offers_what_the_rules_leave() -> None:
    talk, due = faulty(Phase.SCORING)
    offered = []
    for now in (due - 1, due):
        page = rendered(talk.session, "desk", view=desk_view(talk.session, now), now=now)
        offered.append(
            ('id="resume"' in page, 'id="re-form"' in page, page.count('name="successor"'))
        )

    assert offered == [(True, False, 1), (False, True, 1)]


def test_desk_asks_since_when_a_fault_lasts_where_there_are_limits() -> None:
    later, first = at(Phase.SCORING, "procurement/2").session, at(Phase.SCORING).session

    assert 'name="fault.since"' in rendered(later, "desk")
    assert 'name="fault.since"' not in rendered(first, "desk")
    assert fault_desk(first) is None


def test_fault_may_have_begun_when_a_line_was_lost() -> None:
    talk = at(Phase.SCORING, "procurement/2")
    before = fault_desk(talk.session)
    assert before is not None
    assert before.begun is None
    since = talk.now - 5_000
    body = {"venue": "beilun", "since": instant_text(since)}
    talk.must(MAIN, "venue.absent", body)
    found = fault_desk(talk.session)
    assert found is not None

    assert found.begun == since
    assert f'value="{local_second(since)}"' in rendered(talk.session, "desk")


def test_pauses_that_are_over_are_told_with_what_was_decided() -> None:
    talk, due = faulty(Phase.CHAIRED)
    expire(talk, due)
    assert pauses_of(talk.session) == ()
    body = {"reason": "power is back", "decision": "the tenderer goes on today"}
    talk.must(OFFICER, "session.resumed", body)

    for name in ("desk", "board"):
        page = rendered(talk.session, name)
        told = [one in page for one in ("no power", "power is back", "the tenderer goes on today")]
        assert told == [True, True, True]
    assert pause_view(talk.session, due) is None


def test_sealed_session_says_so_on_every_page_and_where_it_goes_on() -> None:
    talk, due = faulty(Phase.SCORING)
    expire(talk, due)
    order = talk.order(Phase.RE_FORMED, "four hours without power", successor="fh-2026-0200")
    talk.must(MAIN, "phase.moved", talk.moving(Phase.RE_FORMED, order=order.entry))
    end = sealed(talk.session)
    assert end is not None

    assert (end.successor, end.reason) == ("fh-2026-0200", "moved")
    assert pause_view(talk.session, due) is None
    assert len(pauses_of(talk.session)) == 1
    for name in VIEWS:
        assert "fh-2026-0200" in rendered(talk.session, name)
    assert "/?after=fh-2026-0117#begin" in rendered(talk.session, "desk")
    assert sealed(at(Phase.SCORING).session) is None


def test_next_name_counts_on() -> None:
    names = {name: next_name(name) for name in ("fh-2026-0117", "fh-2026-0117-2", "x" * 64, "wy-1")}

    assert names == {
        "fh-2026-0117": "fh-2026-0117-2",
        "fh-2026-0117-2": "fh-2026-0117-3",
        "x" * 64: "x" * 62 + "-2",
        "wy-1": "wy-1-2",
    }
