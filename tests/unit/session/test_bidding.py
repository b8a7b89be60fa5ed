from __future__ import annotations

from typing import Any

from bideval.evidence.sealing import Purpose, Seal
from bideval.opening.package import parse_manifest
from bideval.session.bidding import Bid, Bidding, Closing
from bideval.session.bodies.parts import FileRef, OriginHead
from bideval.session.names import BidState

MANIFEST = parse_manifest(
    {
        "session": "fh-2026-0117",
        "bid": "a",
        "lot": "1",
        "bidder": "bidder-x",
        "sheet": {
            "bidder_name": "X",
            "price": "1.00",
            "size": "large",
            "small_share_percent": None,
            "brand": None,
            "duration": "1 day",
            "remarks": "",
        },
        "files": [],
    }
)


def bid(name: str, n: int, **changes: Any) -> Bid:
    members: dict[str, Any] = {
        "id": name,
        "lot": "1",
        "bidder": f"bidder-{name}",
        "position": n,
        "entry": f"hash {name}",
        "ciphertext": FileRef("00", 1),
        "seal": Seal(Purpose.BID, f"age1{name}", 2, ()),
    }
    return Bid(**(members | changes))


def box(*bids: Bid) -> Bidding:
    return Bidding(bids={one.id: one for one in bids})


def test_live_bid_is_found_by_bidder_and_lot() -> None:
    bidding = box(bid("a", 1), bid("b", 2, lot="2"))

    found = [bidding.live_of("bidder-a", lot) for lot in ("1", "2")]

    assert [one and one.id for one in found] == ["a", None]


def test_withdrawn_bid_is_not_live() -> None:
    bidding = box(bid("a", 1))
    bidding.withdraw("a")

    assert (bidding.live(), bidding.bids["a"].state) == ([], BidState.WITHDRAWN)


def test_closing_leaves_every_bid_as_it_is() -> None:
    bidding = box(bid("a", 1), bid("c", 3, state=BidState.WITHDRAWN))
    assert bidding.closed is False

    bidding.close(Closing(position=9, at=5, vector={"fenghua": OriginHead(9, b"")}))

    assert bidding.closed is True
    assert [one.state for one in bidding.bids.values()] == [BidState.SEALED, BidState.WITHDRAWN]


def test_labels_count_the_opened_bids_in_order_of_announcement() -> None:
    bidding = box(bid("a", 1), bid("b", 2), bid("c", 3, lot="2"))
    bidding.open("b", "11", MANIFEST)
    bidding.open("c", "22", MANIFEST)
    bidding.open("a", "33", MANIFEST)

    assert [(one.id, one.label) for one in bidding.opened()] == [("b", 1), ("c", 2), ("a", 3)]
    assert [one.id for one in bidding.opened("1")] == ["b", "a"]
    assert bidding.sealed() == []


def test_bid_given_up_stays_live_but_is_not_opened() -> None:
    bidding = box(bid("a", 1))
    bidding.give_up("a", "shares_missing")

    assert [one.reason for one in bidding.live()] == ["shares_missing"]
    assert (bidding.opened(), bidding.sealed()) == ([], [])
