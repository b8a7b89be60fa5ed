"""When a venue's next time stamp is due."""

from __future__ import annotations

from bideval.actions.stamping import milestone
from bideval.session.names import Phase
from tests.unit.session.conversation import at

OURS, OTHERS = "wencheng", "beilun"


def stamp(talk, venue, size):
    body = {"head": {"size": size, "root": "ab" * 32}, "response": "MAA"}
    talk.must(f"venue/{venue}", "record.stamped", body)


def test_nothing_is_stamped_while_the_box_is_open():
    assert milestone(at(Phase.PREPARED).session, OURS) is None


def test_the_end_of_a_phase_is_due_until_this_venue_has_stamped_it():
    talk = at(Phase.SCORING)
    last = talk.session.procedure.moves[-1].position
    assert milestone(talk.session, OURS) == last
    stamp(talk, OTHERS, last + 1)
    stamp(talk, OURS, last)
    assert milestone(talk.session, OURS) == last
    stamp(talk, OURS, last + 1)
    assert milestone(talk.session, OURS) is None
    assert milestone(talk.session, OTHERS) is None


def test_an_ended_session_takes_no_more_stamps():
    assert milestone(at(Phase.ARCHIVED).session, OURS) is None
