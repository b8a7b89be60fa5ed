"""Lines between venues: what spreads, what goes on without a line, what comes back together."""

from __future__ import annotations

import time

import pytest

from bideval.terms.instants import instant_text
from tests.integration.server.people import Person, running_venues, tender

SESSION = "fh-2026-0300"


@pytest.fixture(scope="module")
def venues(tmp_path_factory):
    with running_venues(tmp_path_factory.mktemp("venues"), ["fenghua", "wencheng"]) as running:
        yield running


@pytest.fixture(scope="module")
def prepared(venues):
    """A session of two venues with a tender; its officer and a bidder of the branch."""
    main, branch = venues["fenghua"], venues["wencheng"]
    officer = Person("officer-main", "officer", main)
    second = Person("officer-two", "officer", main)
    supervisor = Person("supervisor-main", "supervisor", main)
    for person in (officer, second, supervisor):
        person.enrol()
    body = {"id": SESSION, "title": "Beds", "rulebook": "rehearsal/1", "branches": ["wencheng"]}
    officer.ok(officer.http.post("/api/sessions", json=body))
    for person in (officer, second, supervisor):
        person.join(SESSION)
    document = tender(
        instant_text(main.clock.now_ms() + 3_600_000),
        officers=[officer.name, second.name],
        supervisor=supervisor.name,
        venues=["fenghua", "wencheng"],
        seats={"fenghua": 1, "wencheng": 1},
    )
    officer.say(SESSION, "tender.published", {"tender": document})
    bidder = Person("bidder-branch", "bidder", branch)
    bidder.enrol()
    await_here(branch, lambda: published_at(branch))
    bidder.join(SESSION)
    return officer, bidder


def published_at(place):
    if SESSION not in place.venue.book.sessions():
        return False
    with place.venue.book.reading(SESSION) as fold:
        return fold.tender is not None


def await_here(place, holds, patience_s=15):
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, place.id
        time.sleep(0.05)


def cut(place, peer, seconds):
    person = place.clients[0]
    response = person.post("/demo/cut-line", json={"peer": peer, "seconds": seconds})
    assert response.status_code == 204, response.text


def size_at(place):
    return place.venue.book.head(SESSION).size


def saved_by(person, entry):
    path = f"/api/sessions/{SESSION}/entries/{entry}"
    return person.ok(person.http.get(path))["saved"]


def test_entry_of_main_is_saved_by_the_session_once_the_branch_has_it(venues, prepared):
    officer, _ = prepared
    order = officer.say(
        SESSION, "phase.ordered", {"from": "prepared", "to": "opened", "reason": ""}
    )
    await_here(venues["fenghua"], lambda: saved_by(officer, order["entry"]) == "session")


def test_branch_goes_on_without_a_line_and_catches_up(venues, prepared):
    _, bidder = prepared
    main, branch = venues["fenghua"], venues["wencheng"]
    await_here(branch, lambda: size_at(branch) == size_at(main))
    before = size_at(main)
    cut(main, "wencheng", 6)
    await_here(branch, lambda: not line_up(branch, "fenghua"))
    bid = bidder.bid(SESSION, "bid-apart", "10.00")
    assert (bid["origin"], bid["saved"]) == ("wencheng", "here")
    assert saved_by(bidder, bid["entry"]) == "here"
    with branch.venue.book.reading(SESSION) as fold:
        assert "bid-apart" in fold.bidding.bids
    with main.venue.book.reading(SESSION) as fold:
        assert "bid-apart" not in fold.bidding.bids
    await_here(main, lambda: "bid-apart" in bids_at(main), patience_s=30)
    await_here(branch, lambda: saved_by(bidder, bid["entry"]) == "session")
    await_here(branch, lambda: size_at(branch) == size_at(main))
    assert main.venue.book.head(SESSION).root == branch.venue.book.head(SESSION).root
    assert size_at(main) > before


def bids_at(place):
    with place.venue.book.reading(SESSION) as fold:
        return set(fold.bidding.bids)


def line_up(place, peer):
    return place.app.state.hub.states()[peer].up


def test_main_wrote_down_that_the_branch_was_away(venues, prepared):
    del prepared
    main = venues["fenghua"]
    with main.venue.devices.store.read() as reader:
        kinds = [stored.kind for stored in reader.lines(SESSION, 0, 500)]
    assert kinds.count("venue.absent") == kinds.count("venue.returned") >= 1


def test_sealed_bid_reaches_main_with_its_file(venues, prepared):
    del prepared
    main = venues["fenghua"]
    with main.venue.book.reading(SESSION) as fold:
        sha256 = fold.bidding.bids["bid-apart"].ciphertext.sha256
    await_here(main, lambda: main.venue.devices.files.has(sha256))


def test_receipt_of_the_session_is_cosigned(venues, prepared):
    _, bidder = prepared
    with venues["wencheng"].venue.book.reading(SESSION) as fold:
        entry = fold.bidding.bids["bid-apart"].entry
    path = f"/api/sessions/{SESSION}/entries/{entry}/receipt"
    await_here(venues["wencheng"], lambda: bidder.http.get(path).status_code == 200)
    receipt = bidder.http.get(path).text
    assert receipt.startswith("c2sp.org/tlog-proof@v1\n")
    assert "bideval/venue/wencheng" in receipt
