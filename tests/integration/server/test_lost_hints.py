"""A link that lost its hints hears of everything again, of new sessions too."""

from __future__ import annotations

from bideval.link.host import NewSession
from bideval.link.venue_host import VenueHost
from bideval.ports import Event
from tests.integration.server.people import Person, running_venues

SESSION = "fh-2026-0500"


def test_session_founded_among_lost_hints_is_still_offered(tmp_path):
    with running_venues(tmp_path, ["fenghua", "wencheng"]) as venues:
        place = venues["fenghua"]
        officer = Person("officer-a", "officer", place)
        officer.enrol()
        founding = {"id": SESSION, "title": "Beds", "rulebook": "rehearsal/1"}
        founding["branches"] = ["wencheng"]
        officer.ok(officer.http.post("/api/sessions", json=founding))
        host = VenueHost(place.venue, place.house.steward)
        changes = host.changes_by("wencheng", Event("link.changes", lagging=True))
    offered = [one.shared.session for one in changes if isinstance(one, NewSession)]
    assert offered == [SESSION]
