from __future__ import annotations

import pytest

from bideval.scoring.rulebooks import RULEBOOKS
from bideval.session.names import Phase
from bideval.session.rulebook import (
    HOUR_MS,
    MEETING_RULES,
    AfterLimit,
    FaultLimit,
    find_rules,
)
from bideval.terms.errors import InputError


def test_every_rulebook_has_rules_of_the_meeting() -> None:
    assert MEETING_RULES.keys() == RULEBOOKS.keys()


def test_procurement_needs_three_bids_to_the_end_and_a_rehearsal_none() -> None:
    assert {name: rules.minimum_responsive for name, rules in MEETING_RULES.items()} == {
        "procurement/1": 3,
        "works/1": 1,
        "rehearsal/1": 0,
        "procurement/2": 3,
        "works/2": 1,
        "rehearsal/2": 0,
        "drill/1": 0,
    }


def test_rules_are_found_by_the_versioned_name() -> None:
    limits, meeting = find_rules("procurement/1", field="body.rulebook")

    assert (limits.id, meeting.pause_limit_ms) == ("procurement/1", 14_400_000)


def test_unknown_rulebook_is_refused_at_its_field() -> None:
    with pytest.raises(InputError) as caught:
        find_rules("procurement/9", field="body.rulebook")
    assert caught.value.field == "body.rulebook"


def test_first_versions_hold_to_no_limit_of_faults() -> None:
    """What was founded before there were limits goes on by what it was founded with."""
    first = {name: rules for name, rules in MEETING_RULES.items() if rules.faults is None}

    assert {name: rules.pause_limit_ms for name, rules in first.items()} == {
        "procurement/1": 4 * HOUR_MS,
        "works/1": 4 * HOUR_MS,
        "rehearsal/1": None,
    }


@pytest.mark.parametrize("name", ["procurement/2", "works/2", "rehearsal/2"])
def test_fault_has_two_hours_before_the_start_and_four_during_the_evaluation(name: str) -> None:
    faults = MEETING_RULES[name].faults
    assert faults is not None
    before = FaultLimit(2 * HOUR_MS, AfterLimit.TENDERER_DECIDES)
    during = FaultLimit(4 * HOUR_MS, AfterLimit.NEW_PANEL)

    assert {phase.value: faults.limit_in(phase) for phase in Phase} == {
        "prepared": None,
        **dict.fromkeys(["opened", "drawn", "checked_in", "declared", "chaired"], before),
        **dict.fromkeys(["responsiveness", "scoring", "released", "consolidated"], during),
        **dict.fromkeys(["confirmed", "reported", "archived", "failed", "re_formed"]),
    }


def test_drill_has_the_same_rule_in_seconds() -> None:
    city, drill = MEETING_RULES["procurement/2"].faults, MEETING_RULES["drill/1"].faults
    assert city is not None
    assert drill is not None

    limits = (drill.before_start.limit_ms, drill.during.limit_ms)
    assert limits == (20_000, 30_000)
    assert drill.before_start.after is city.before_start.after
    assert drill.during.after is city.during.after


def test_current_versions_limit_the_draw_and_ask_why_there_is_no_result() -> None:
    for rules in MEETING_RULES.values():
        current = rules.faults is not None
        assert (rules.most_drawn, rules.archive_reason) == (21 if current else None, current)
        assert rules.members_note_chair is current
        assert rules.archive_corrected is current
