"""Three real venues: what main has told one branch only reaches the other, and stops it too."""

from __future__ import annotations

import itertools

import pytest

from bideval.actions.findings import proof_file, session_findings
from bideval.audit.misbehaviour import judge, read_misbehaviour
from bideval.sync import messages
from bideval.sync.words import RECORD, Vouch
from tests.integration.server.people import Person, running_venues
from tests.integration.server.test_misbehaviour import await_, key_of, say_on_link, size

MAIN, ONE, OTHER = "fenghua", "wencheng", "changshan"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def venues(tmp_path_factory):
    with running_venues(tmp_path_factory.mktemp("venues"), [MAIN, ONE, OTHER]) as running:
        yield running


@pytest.fixture(scope="module")
def officer(venues):
    person = Person("officer-main", "officer", venues[MAIN])
    person.enrol()
    return person


@pytest.fixture
def session(venues, officer):
    """A session of all three that everybody has whole, with main's word for it."""
    name = f"fh-2026-05{next(_numbers):02}"
    body = {"id": name, "title": "Beds", "rulebook": "rehearsal/1", "branches": [ONE, OTHER]}
    officer.ok(officer.http.post("/api/sessions", json=body))

    def whole(place):
        said = place.venue.findings.vouched(name, RECORD)
        return said is not None and said.n == size(place, name) == size(venues[MAIN], name) >= 2

    await_(lambda: all(whole(venues[branch]) for branch in (ONE, OTHER)))
    return name


def other_word(venues, session):
    """Return a word by which main has signed another record than it has."""
    n = size(venues[ONE], session)
    word = Vouch(session, RECORD, n, b"?" * 32)
    return n, word.digest, key_of(venues[MAIN]).sign(word.signed_bytes())


def proofs(place, session):
    with place.venue.devices.store.read() as reader:
        found = session_findings(reader, session)
        return [proof_file(reader, session, one.sha256) for one in found]


def test_branch_that_has_a_proof_shows_it_to_the_other_one(venues, session):
    message = messages.Vouched(session, *other_word(venues, session))
    say_on_link(venues[MAIN], ONE, message, ("vouch", session))
    await_(lambda: proofs(venues[OTHER], session))
    (file,) = proofs(venues[ONE], session)
    assert proofs(venues[OTHER], session) == [file]
    found = read_misbehaviour(file)
    assert (found.found_by, judge(found).accused) == (ONE, f"venue/{MAIN}")
    assert proofs(venues[MAIN], session) == []


def test_branch_compares_what_main_has_told_the_other_one(venues, session):
    message = messages.Told(session, *other_word(venues, session))
    say_on_link(venues[ONE], OTHER, message, ("Told", session))
    await_(lambda: proofs(venues[ONE], session))
    (file,) = proofs(venues[OTHER], session)
    found = read_misbehaviour(file)
    assert (found.what, found.found_by) == ("two_heads", OTHER)
    assert proofs(venues[ONE], session) == [file]


def test_file_that_proves_nothing_costs_the_line_only(venues, session):
    before = venues[OTHER].app.state.hub._live[ONE]
    say_on_link(venues[ONE], OTHER, messages.Proof(session, b"nothing"), ("proof",))
    await_(lambda: venues[OTHER].app.state.hub._live.get(ONE) not in (None, before))
    assert [proofs(venues[name], session) for name in venues] == [[], [], []]
