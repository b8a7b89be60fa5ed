"""Opening: bids that do not open stop nobody, and nothing is done twice."""

from __future__ import annotations

import pytest

from bideval.actions import opening, shares
from bideval.actions.results import move_phase
from bideval.evidence.sealing import Purpose, age_encrypt
from bideval.session.names import Phase
from tests.integration.server import test_course as course
from tests.integration.server.people import Person, bid_package, running_venues

SESSION = course.SESSION


def sealed(bidder, bid, plain):
    """Seal whatever these bytes are as a bid."""
    seal = bidder.deal(SESSION, Purpose.BID)
    data = plain if isinstance(plain, bytes) else age_encrypt(seal["recipient"], plain[0])
    sha256 = bidder.upload(data)
    body = {"bid": bid, "lot": "1", "ciphertext": {"sha256": sha256, "size": len(data)}}
    return bidder.say(SESSION, "bid.sealed", {**body, "seal": seal})


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A venue whose session has one good bid and some that are not what they say."""
    with running_venues(tmp_path_factory.mktemp("venues"), ["fenghua"]) as venues:
        place = venues["fenghua"]
        officers, _ = course.begin(venues, per_venue=3)
        bidders = [Person(f"bidder-{number}", "bidder", place) for number in range(4)]
        for bidder in bidders:
            bidder.enrol()
            bidder.join(SESSION)
        bidders[0].bid(SESSION, "good", "10.00")
        sealed(bidders[1], "noise", b"not an age file at all")
        sealed(bidders[2], "not a package", (b"only text",))
        other = bid_package(SESSION, "another bid", bidders[3].name, "9.00", b"x")
        sealed(bidders[3], "somebody else's", (other,))
        place.clock.ahead_ms += 3_700_000
        for officer in officers[:2]:
            officer.await_view(SESSION, lambda view: course.shares_due(view) == 4, "shares")
            officer.release_shares(SESSION)
        officers[0].await_view(SESSION, lambda view: settled(view) == 4, "four settled bids")
        yield place


def settled(view):
    return sum(bid["state"] in {"opened", "unopenable"} for bid in view["bids"])


def test_bid_that_does_not_open_is_noted_with_its_reason(opened):
    with opened.venue.book.reading(SESSION) as fold:
        found = {bid.id: (bid.state.value, bid.reason) for bid in fold.bidding.bids.values()}
    assert found == {
        "good": ("opened", ""),
        "noise": ("unopenable", "does_not_decrypt"),
        "not a package": ("unopenable", "package_malformed"),
        "somebody else's": ("unopenable", "manifest_differs"),
    }


def test_nothing_of_a_closed_bid_is_left_aside(opened):
    assert list((opened.settings.data_dir / "scratch").iterdir()) == []


def test_acts_that_are_done_are_not_done_again(opened):
    venue = opened.venue
    before = venue.book.head(SESSION)
    opening.close_bids(venue, SESSION)
    opening.announce_bid(venue, SESSION, "good")
    opening.announce_bid(venue, SESSION, "noise")
    assert venue.book.head(SESSION) == before


def test_share_of_a_stranger_is_not_released(opened):
    with opened.venue.book.reading(SESSION) as fold:
        recipient = fold.bidding.bids["good"].seal.recipient
    with pytest.raises(Exception, match="keeps no share"):
        shares.release_share(opened.venue, SESSION, recipient)


def test_move_that_is_not_due_is_refused_by_the_session(opened):
    before = opened.venue.book.head(SESSION)
    with pytest.raises(Exception, match="order_missing"):
        move_phase(opened.venue, SESSION, Phase.OPENED, order=None, reason="")
    assert opened.venue.book.head(SESSION) == before
