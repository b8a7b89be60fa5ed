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


@pytest.fixture(scope="module")
def apart(venues, prepared):
    """A bid that the branch took while its line was down, and what was known of it then."""
    _, bidder = prepared
    main, branch = venues["fenghua"], venues["wencheng"]
    await_here(branch, lambda: size_at(branch) == size_at(main))
    cut(main, "wencheng", 6)
    await_here(branch, lambda: not line_up(branch, "fenghua"))
    bid = bidder.bid(SESSION, "bid-apart", "10.00")
    seen = {
        "answer": (bid["origin"], bid["saved"]),
        "saved": saved_by(bidder, bid["entry"]),
        "branch": bids_at(branch),
        "main": bids_at(main),
    }
    await_here(main, lambda: "bid-apart" in bids_at(main), patience_s=30)
    return bid["entry"], seen


def test_branch_goes_on_without_a_line(apart):
    assert apart[1] == {
        "answer": ("wencheng", "here"),
        "saved": "here",
        "branch": {"bid-apart"},
        "main": set(),
    }


def test_branch_catches_up_to_the_same_root(venues, prepared, apart):
    _, bidder = prepared
    main, branch = venues["fenghua"], venues["wencheng"]
    await_here(branch, lambda: saved_by(bidder, apart[0]) == "session")
    await_here(branch, lambda: size_at(branch) == size_at(main))
    assert main.venue.book.head(SESSION).root == branch.venue.book.head(SESSION).root


def bids_at(place):
    with place.venue.book.reading(SESSION) as fold:
        return set(fold.bidding.bids)


def line_up(place, peer):
    return place.app.state.hub.states()[peer].up


def test_main_wrote_down_that_the_branch_was_away(venues, apart):
    del apart
    main = venues["fenghua"]
    await_here(main, lambda: kinds_at(main).count("venue.returned") == 1)
    assert kinds_at(main).count("venue.absent") == 1


def kinds_at(place):
    with place.venue.devices.store.read() as reader:
        return [stored.kind for stored in reader.lines(SESSION, 0, 500)]


def test_sealed_bid_reaches_main_with_its_file(venues, apart):
    del apart
    main = venues["fenghua"]
    with main.venue.book.reading(SESSION) as fold:
        sha256 = fold.bidding.bids["bid-apart"].ciphertext.sha256
    await_here(main, lambda: main.venue.devices.files.has(sha256))


def test_receipt_with_a_place_is_not_given_while_the_box_is_open(venues, prepared, apart):
    _, bidder = prepared
    path = f"/api/sessions/{SESSION}/entries/{apart[0]}"
    await_here(venues["wencheng"], lambda: saved_by(bidder, apart[0]) == "session")
    refused = bidder.http.get(f"{path}/receipt").json()["error"]["code"]
    assert (refused, bidder.http.get(path).json()["position"]) == ("not_covered", None)
