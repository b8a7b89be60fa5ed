"""One venue server for the tests of a module, and its people; and a venue that nobody serves."""

from __future__ import annotations

import os

import pytest

from bideval.actions.starting import start_venue
from bideval.app import build_house
from bideval.cli.migrate import migrate_venue
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import create_keys
from bideval.settings import Settings
from bideval.terms.instants import instant_text
from tests.databases import venue_database_url
from tests.integration.server.people import Person, running_venues, tender

SESSION = "fh-2026-0200"


@pytest.fixture
def unserved(tmp_path):
    """A house whose venue has started, without a server."""
    create_keys(tmp_path / "venue.key", tmp_path / "venue.age", OsEntropy())
    settings = Settings(
        venue={"id": "fenghua", "name": "Fenghua"},
        data_dir=tmp_path / "data",
        key_file=tmp_path / "venue.key",
        identity_file=tmp_path / "venue.age",
        database_url=venue_database_url(),
    )
    migrate_venue(settings)
    house = build_house(settings)
    start_venue(house.venue)
    yield house, settings
    house.close()


@pytest.fixture(scope="module")
def fenghua(tmp_path_factory):
    """A running venue without sessions."""
    with running_venues(tmp_path_factory.mktemp("venues"), ["fenghua"]) as venues:
        yield venues["fenghua"]


@pytest.fixture(scope="module")
def people(fenghua):
    """One enrolled person of every role that has an account, by role."""
    roles = ("officer", "bidder", "supervisor", "operator", "auditor")
    found = {role: Person(f"{role}-t{os.urandom(2).hex()}", role, fenghua) for role in roles}
    for person in found.values():
        person.enrol()
    return found


@pytest.fixture(scope="module")
def published(fenghua, people):
    """A session with a published tender whose bids close in an hour; returns its id."""
    officer, supervisor = people["officer"], people["supervisor"]
    second = Person("officer-second", "officer", fenghua)
    second.enrol()
    body = {"id": SESSION, "title": "Two generators", "rulebook": "rehearsal/1"}
    officer.ok(officer.http.post("/api/sessions", json=body))
    for person in (officer, second, supervisor, people["bidder"], people["operator"]):
        person.join(SESSION)
    document = tender(
        instant_text(fenghua.clock.now_ms() + 3_600_000),
        officers=[officer.name, second.name],
        supervisor=supervisor.name,
        venues=["fenghua"],
        seats={"fenghua": 3},
    )
    officer.say(SESSION, "tender.published", {"tender": document})
    return SESSION


@pytest.fixture(scope="module")
def opened(fenghua, people):
    """A session of its own whose bids are open; returns its id."""
    name = "fh-2026-0201"
    officer, supervisor = people["officer"], people["supervisor"]
    others = [Person(f"officer-o{number}", "officer", fenghua) for number in (1, 2)]
    bidders = [Person(f"bidder-o{number}", "bidder", fenghua) for number in (1, 2, 3)]
    body = {"id": name, "title": "Two pumps", "rulebook": "rehearsal/1"}
    officer.ok(officer.http.post("/api/sessions", json=body))
    for person in (*others, *bidders):
        person.enrol()
    for person in (officer, supervisor, *others, *bidders):
        person.join(name)
    document = tender(
        instant_text(fenghua.clock.now_ms() + 600_000),
        officers=[officer.name, *(one.name for one in others)],
        supervisor=supervisor.name,
        venues=["fenghua"],
        seats={"fenghua": 3},
    )
    officer.say(name, "tender.published", {"tender": document})
    for number, bidder in enumerate(bidders):
        bidder.bid(name, f"bid-{number}", f"{800 + number}.00")
    fenghua.clock.ahead_ms += 601_000
    for person in others:
        person.await_view(
            name,
            lambda view: any(one["task"] == "release_share" for one in view["tasks"]),
            "shares",
        )
        person.release_shares(name)
    officer.await_view(name, lambda view: len(view["bids"]) == 3, "bids")
    officer.order(name, "prepared", "opened")
    officer.await_phase(name, "opened")
    return name
