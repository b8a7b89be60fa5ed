"""Links hear of everything, whatever came between: lost hints, or somebody who looked too early."""

from __future__ import annotations

import time

import pytest

from bideval.actions.record_book import RecordBook
from bideval.link.host import NewSession
from bideval.link.venue_host import VenueHost
from bideval.ports import Event
from tests.integration.server.people import Person, running_venues

SESSION = "fh-2026-0500"
FOUNDING = {"id": SESSION, "title": "Beds", "rulebook": "rehearsal/1", "branches": ["wencheng"]}


@pytest.fixture
def venues(tmp_path):
    with running_venues(tmp_path, ["fenghua", "wencheng"]) as running:
        yield running


def found(place):
    officer = Person("officer-a", "officer", place)
    officer.enrol()
    officer.ok(officer.http.post("/api/sessions", json=FOUNDING))


def await_(holds, patience_s=30):
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def size(place):
    with place.venue.devices.store.read() as reader:
        head = reader.head(SESSION)
    return head.size if head else 0


def test_session_founded_among_lost_hints_is_still_offered(venues):
    place = venues["fenghua"]
    found(place)
    host = VenueHost(place.venue, place.house.steward)
    changes = host.changes_by("wencheng", Event("link.changes", lagging=True))
    offered = [one.shared.session for one in changes if isinstance(one, NewSession)]
    assert offered == [SESSION]


def test_session_that_somebody_reads_before_its_founding_is_told_reaches_the_branch(
    venues, monkeypatch
):
    """As the steward does, who looks at all sessions every second."""
    refresh = RecordBook.refresh

    def look_and_refresh(book, session, **more):
        with book.reading(session):
            pass
        refresh(book, session, **more)

    await_(lambda: "fenghua" in venues["wencheng"].app.state.hub._live)
    monkeypatch.setattr(RecordBook, "refresh", look_and_refresh)
    found(venues["fenghua"])
    await_(lambda: size(venues["wencheng"]) == size(venues["fenghua"]) >= 2)
