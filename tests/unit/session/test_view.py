from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.canonical import canonical_bytes
from bideval.session.caseform import corrected_marks
from bideval.session.names import COURSE, Phase
from bideval.session.unsealing import open_marks
from bideval.session.view import view_for
from bideval.terms.errors import RefusedError
from tests.unit.session.conversation import Conversation, at

ROLES = {
    "officer": "officer-lin",
    "bidder": "bidder-aaaaaaaa",
    "supervisor": "supervisor-gu",
    "operator": "operator-wencheng",
    "expert": "wencheng-01",
}


def view(talk: Conversation, name: str, **more: Any) -> dict[str, Any]:
    return view_for(talk.session, name, **more)


def test_stranger_sees_nothing() -> None:
    with pytest.raises(RefusedError) as caught:
        view(at(Phase.SCORING), "officer-nobody")
    assert caught.value.code == "not_in_session"


@pytest.mark.parametrize("phase", COURSE)
@pytest.mark.parametrize("role", ROLES)
def test_view_of_every_role_in_every_phase_is_json(role: str, phase: Phase) -> None:
    talk = at(phase)
    if ROLES[role] in talk.session.people.persons:
        found = view(talk, ROLES[role])
        assert found["phase"] == phase.value
        assert canonical_bytes(found)


def test_unpublished_session_has_a_view() -> None:
    talk = Conversation()
    talk.found()
    talk.people()

    found = view(talk, "officer-lin")

    assert (found["tender"], found["custody"], found["head"]) == (None, None, None)
    assert found["next"]["to"] == "opened"
    assert view(talk, "supervisor-gu")["draw"]["committers"] == []


def test_bids_are_invisible_to_others_until_the_box_is_closed() -> None:
    """Two sessions that differ only in another bidder's bids look the same to everybody else."""
    talk = at(Phase.PREPARED)
    fewer = talk.fork()
    fewer.must("bidder-cccccccc", "bid.withdrawn", {"bid": "bid-c"})
    more = talk.fork()
    more.enrol("operator-more", "operator")
    for name in ("officer-lin", "supervisor-gu", "operator-wencheng", "bidder-aaaaaaaa"):
        assert view(fewer, name, root="00") == view(more, name, root="11") == view(talk, name)


def test_own_bid_is_always_visible() -> None:
    found = view(at(Phase.PREPARED), "bidder-bbbbbbbb")

    assert [(bid["bid"], bid["state"]) for bid in found["bids"]] == [("bid-b", "sealed")]


def test_head_is_shown_once_the_box_is_closed() -> None:
    talk = at(Phase.PREPARED)
    assert view(talk, "officer-lin", root="ab")["head"] is None
    talk.close()
    assert view(talk, "officer-lin", root="ab")["head"] == {"size": talk.session.size, "root": "ab"}


@pytest.mark.parametrize("phase", COURSE[: COURSE.index(Phase.RELEASED)])
@pytest.mark.parametrize("role", ROLES)
def test_no_mark_is_shown_before_the_release(role: str, phase: Phase) -> None:
    done = at(Phase.CONSOLIDATED)
    opened = corrected_marks(done.session, open_marks(done.session))
    talk = at(phase)
    if ROLES[role] in talk.session.people.persons:
        assert view(talk, ROLES[role], opened=opened)["marks"] is None


def test_experts_see_of_each_other_only_whether_they_are_done() -> None:
    """Sessions that differ in how far another expert is look the same to an expert."""
    talk = at(Phase.SCORING)
    recipient = talk.deal_marks("beilun-01")
    twin = talk.fork()
    for item in talk.session.items()[:3]:
        talk.must("beilun-01", "mark.sealed", talk.mark("beilun-01", recipient, item))
    before, after = view(twin, "wencheng-01"), view(talk, "wencheng-01")
    for found in (before, after):
        found.pop("head")

    assert before == after
    watched = view(talk, "supervisor-gu")["panel"]["members"][4]
    assert (watched["person"], watched["progress"]) == ("beilun-01", [3, 9])


def test_own_progress_and_counter_are_shown() -> None:
    talk = at(Phase.SCORING)
    talk.score("wencheng-01", items=2)

    me = view(talk, "wencheng-01")["me"]

    assert (me["counter"], me["member"]["progress"], me["member"]["done"]) == (3, [2, 9], True)


def test_bidder_and_operator_see_nothing_of_the_panel() -> None:
    talk = at(Phase.CONSOLIDATED)
    opened = corrected_marks(talk.session, open_marks(talk.session))
    talk.confirm("wencheng-01")
    for name in ("bidder-aaaaaaaa", "operator-fenghua"):
        found = view(talk, name, opened=opened)
        parts = ("panel", "next", "marks", "result")
        assert [found[part] for part in parts] == [None] * 4
        lists = ("responsiveness", "corrections", "signatures", "shares")
        assert [found[part] for part in lists] == [[], [], [], []]


def test_bidder_s_view_names_no_expert_in_any_phase() -> None:
    for phase in COURSE:
        talk = at(phase)
        text = canonical_bytes(view(talk, "bidder-aaaaaaaa")).decode()
        assert [name for name in ("wencheng-01", "beilun-01", "fenghua-02") if name in text] == []


def test_next_step_names_whom_everybody_waits_for() -> None:
    talk = at(Phase.CHECKED_IN)
    talk.declare("fenghua-01")

    found = view(talk, "wencheng-01")["next"]

    assert (found["to"], found["needs_order"], found["ordered"]) == ("declared", False, False)
    assert found["missing"] == [
        {
            "condition": "all_declared",
            "detail": "declarations are not signed",
            "waiting_for": ["fenghua-02", "wencheng-01", "wencheng-02", "beilun-01"],
        }
    ]


def test_order_is_shown_as_given() -> None:
    talk = at(Phase.CHAIRED)
    talk.order(Phase.RESPONSIVENESS)

    assert view(talk, "officer-lin")["next"]["ordered"] is True
    assert view(at(Phase.ARCHIVED), "officer-lin")["next"] is None


def test_pause_and_absence_are_shown_to_everybody() -> None:
    talk = at(Phase.SCORING)
    since = "2026-11-22T10:30:00.000+08:00"
    talk.must("venue/fenghua", "venue.absent", {"venue": "beilun", "since": since})
    talk.must("officer-lin", "session.paused", {"reason": "fire alarm"})

    found = view(talk, "bidder-aaaaaaaa")

    assert (found["paused"]["reason"], found["paused"]["limit_ms"]) == ("fire alarm", 14_400_000)
    assert [venue["absent_since"] for venue in found["venues"]] == [None, None, since]


def test_clock_of_a_fault_is_shown_to_everybody() -> None:
    talk = at(Phase.SCORING, "procurement/2")
    body = {"reason": "no power", "fault": {"since": "2026-11-22T09:00:00.000+08:00"}}
    talk.must("officer-lin", "session.paused", body)

    found = view(talk, "bidder-aaaaaaaa")["paused"]

    assert found["limit_ms"] is None
    assert found["fault"] == {
        "since": "2026-11-22T09:00:00.000+08:00",
        "limit_ms": 14_400_000,
        "due": "2026-11-22T13:00:00.000+08:00",
        "after": "new_panel",
        "expired": None,
    }


def test_session_names_the_one_before_and_the_one_after() -> None:
    talk = at(Phase.SCORING, "procurement/2")
    offers = [{"lot": "1", "bidder": "bidder-aaaaaaaa", "digest": "cd" * 32}]
    before = {"session": "fh-2026-0100", "size": 9, "root": "ab" * 32, "bids": offers}
    again = Conversation(rulebook="procurement/2")
    again.must("venue/fenghua", "session.founded", again.founding() | {"continues": before})
    again.people()
    order = talk.order(Phase.RE_FORMED, successor="fh-2026-0200")
    assert view(talk, "officer-lin")["successor"] is None
    talk.must("venue/fenghua", "phase.moved", talk.moving(Phase.RE_FORMED, order=order.entry))

    shown = [view(one, "officer-lin") for one in (talk, again)]
    assert [(one["continues"], one["successor"]) for one in shown] == [
        (None, "fh-2026-0200"),
        ("fh-2026-0100", None),
    ]


def test_warnings_are_for_everybody_but_bidders() -> None:
    talk = at(Phase.SCORING)
    talk.must("supervisor-gu", "supervisor.warned", {"text": "Doors are open"})

    assert [one["text"] for one in view(talk, "wencheng-01")["warnings"]] == ["Doors are open"]
    assert view(talk, "bidder-aaaaaaaa")["warnings"] == []


def test_moves_are_shown_with_their_times() -> None:
    course = view(at(Phase.DRAWN), "bidder-aaaaaaaa")["course"]

    assert [(one["from"], one["to"]) for one in course] == [
        ("prepared", "opened"),
        ("opened", "drawn"),
    ]


def test_custody_names_recipients_to_seal_to() -> None:
    talk = at(Phase.PREPARED)

    custody = view(talk, "bidder-aaaaaaaa")["custody"]["bids"]

    assert custody["threshold"] == 2
    assert custody["custodians"][0] == {
        "actor": "officer-lin",
        "recipient": talk.actors["officer-lin"].recipient,
    }
