from __future__ import annotations

from bideval.ledger.entry import parse_entry
from bideval.session.act import ANY_VENUE, Act, Author, refused
from bideval.session.names import Phase
from bideval.terms.errors import RefusedError
from tests.unit.session.conversation import at


def test_act_names_its_actor() -> None:
    talk = at(Phase.PREPARED)
    entry = parse_entry(talk.entry("officer-lin", "session.paused", {"reason": "x"}))
    act = Act(entry=entry, hash="00", origin="fenghua", n=1, position=0, author=Author.OFFICER)

    assert act.actor == "officer-lin"


def test_venues_act_as_main_or_branch() -> None:
    assert {Author.MAIN, Author.BRANCH} == ANY_VENUE


def test_refusal_carries_field_and_rule() -> None:
    error = refused("late", field="body.bid", rule="order20/27")

    assert isinstance(error, RefusedError)
    assert (error.code, error.field, error.rule) == ("late", "body.bid", "order20/27")
