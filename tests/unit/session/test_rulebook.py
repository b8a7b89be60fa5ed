from __future__ import annotations

import pytest

from bideval.scoring.rulebooks import RULEBOOKS
from bideval.session.rulebook import MEETING_RULES, find_rules
from bideval.terms.errors import InputError


def test_every_rulebook_has_rules_of_the_meeting() -> None:
    assert MEETING_RULES.keys() == RULEBOOKS.keys()


def test_procurement_needs_three_bids_to_the_end_and_a_rehearsal_none() -> None:
    assert {name: rules.minimum_responsive for name, rules in MEETING_RULES.items()} == {
        "procurement/1": 3,
        "works/1": 1,
        "rehearsal/1": 0,
    }


def test_rules_are_found_by_the_versioned_name() -> None:
    limits, meeting = find_rules("procurement/1", field="body.rulebook")

    assert (limits.id, meeting.pause_limit_ms) == ("procurement/1", 14_400_000)


def test_unknown_rulebook_is_refused_at_its_field() -> None:
    with pytest.raises(InputError) as caught:
        find_rules("procurement/2", field="body.rulebook")
    assert caught.value.field == "body.rulebook"
