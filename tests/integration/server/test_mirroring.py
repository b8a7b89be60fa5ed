"""A branch opens every announced bid for itself, and says where main announced something else."""

from __future__ import annotations

import time

import pytest

from bideval.actions import opening
from bideval.actions.authoring import say
from bideval.actions.naming import CONTENT
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from tests.integration.server import test_course as course
from tests.integration.server.people import running_venues

SESSION = course.SESSION


def forge(honest):
    """Return an announcement that takes the files and the price out of one bid."""

    def announce(venue, session, bid):
        if bid != "bid-a":
            honest(venue, session, bid)
            return
        with venue.book.reading(session) as fold:
            found = fold.bidding.bids[bid]
            shares = fold.sharing.of(found.seal.recipient)
        content = opening.take_out(venue, session, found, shares)
        manifest = {**content.manifest, "files": []}
        body = {"bid": bid, "sha256": content.sha256, "manifest": manifest}
        say(venue, session, "bid.opened", body, about=(bid,))

    return announce


def await_true(ready):
    end = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.05)


def logged(place, kind):
    with place.venue.devices.store.read() as reader:
        lines = reader.lines(place.venue.log, 0, 1_000)
    entries = [parse_entry(parse_line(stored.line).jws) for stored in lines]
    return [entry.body for entry in entries if entry.kind == kind]


def compared(place):
    """Return how many bids this venue has taken apart for itself."""
    with place.venue.devices.store.read() as reader:
        uses = [one for one in reader.session_files(SESSION) if one.purpose == CONTENT]
    return len({one.entry_hash for one in uses})


@pytest.mark.timeout(90)
def test_branch_compares_bids_whose_files_it_knows_and_bids_without_files(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "announce_bid", forge(opening.announce_bid))
    with running_venues(tmp_path, ["fenghua", "wencheng"]) as venues:
        branch = venues["wencheng"]
        officers, _ = course.begin(venues, per_venue=2)
        for bid in course.PRICES:
            data = f"%PDF-1.4 {bid}".encode()
            branch.venue.devices.files.put([data], limit=len(data))
        course.bid_and_open(venues, officers)
        await_true(lambda: logged(branch, "bid.differs"))
        await_true(lambda: compared(branch) == len(course.PRICES))
        time.sleep(2.5)
        assert logged(branch, "bid.differs") == [{"session": SESSION, "bid": "bid-a"}]
