from __future__ import annotations

from typing import Any

import pytest

from bideval.opening.package import parse_manifest
from bideval.session.continued import check_offer, may_bid, offer_digest, offers_of
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError
from tests.unit.session.conversation import BIDDERS, Conversation, at

MAIN = "venue/fenghua"
FILE = {"name": "bid.pdf", "size": 3, "sha256": "ab" * 32, "media_type": "application/pdf"}
OTHER = FILE | {"name": "plan.pdf", "sha256": "cd" * 32}


def continuing(packages: dict[str, Any] | None = None) -> Conversation:
    """Return a session that continues one of three opened bids, with its box just closed."""
    offers = offers_of(at(Phase.OPENED).session)
    talk = Conversation(rulebook="procurement/2")
    before = {"session": "fh-2026-0100", "size": 9, "root": "ab" * 32, "bids": offers}
    talk.must(MAIN, "session.founded", talk.founding() | {"continues": before})
    talk.packages |= packages or {}
    talk.people()
    talk.publish()
    talk.seal_bids()
    talk.close()
    return talk


def opened(talk: Conversation, bid: str) -> str | None:
    talk.release(talk.session.bidding.bids[bid].seal.recipient)
    body = {"bid": bid, "sha256": "ab" * 32, "manifest": talk.manifest(bid)}
    return talk.say(MAIN, "bid.opened", body).void_code


def digest(**changes: Any) -> str:
    talk = at(Phase.OPENED)
    document = talk.manifest("bid-a", files=[FILE, OTHER])
    sheet = document["sheet"] | changes.pop("sheet", {})
    return offer_digest(parse_manifest(document | {"sheet": sheet} | changes))


def test_offer_is_the_sheet_and_the_files() -> None:
    other_names = {"session": "fh-2026-0200", "bid": "bid-z"}
    assert digest() == digest(**other_names)
    assert digest() == digest(files=[OTHER, FILE | {"name": "again.pdf"}])
    assert digest(sheet={"price": "900.10"}) == digest(sheet={"price": "900.1"})
    assert digest(sheet={"price": "900.00"}) == digest(sheet={"price": "900"})
    assert digest(sheet={"small_share_percent": "30"}) == digest(
        sheet={"small_share_percent": "30.0"}
    )

    assert digest() != digest(files=[FILE])
    longest = "123456789012345678.000000000000000001"
    assert digest(sheet={"price": longest}) != digest(sheet={"price": longest[:18]})
    assert digest() != digest(sheet={"price": "999999.99"})
    assert digest() != digest(sheet={"remarks": "cheaper"})


def test_session_names_every_bid_that_was_opened() -> None:
    offers = offers_of(at(Phase.OPENED).session)

    assert [(one["lot"], one["bidder"]) for one in offers] == [("1", bidder) for bidder in BIDDERS]
    assert offers_of(at(Phase.PREPARED).session) == []


def test_same_bid_is_opened_again_and_another_is_not() -> None:
    talk = continuing({"bid-b": {"price": "1.00"}})

    assert [opened(talk, bid) for bid in ("bid-a", "bid-b", "bid-c")] == [
        None,
        "manifest_differs",
        None,
    ]
    lost = {"bid": "bid-b", "reason": "manifest_differs", "detail": ""}
    talk.must(MAIN, "bid.unopenable", lost)


def test_only_who_had_a_bid_hands_one_in() -> None:
    talk = Conversation(rulebook="procurement/2")
    offers = offers_of(at(Phase.OPENED).session)[:1]
    before = {"session": "fh-2026-0100", "size": 9, "root": "ab" * 32, "bids": offers}
    talk.must(MAIN, "session.founded", talk.founding() | {"continues": before})
    talk.people()
    talk.publish()

    codes = [talk.say(who, "bid.sealed", talk.bid(f"{who}-bid")).void_code for who in BIDDERS]
    assert codes == [None, "not_opened_before", "not_opened_before"]
    assert not may_bid(talk.session, bidder=BIDDERS[0], lot="2")


def test_session_of_its_own_takes_every_bid() -> None:
    session = at(Phase.PREPARED).session
    check_offer(session, parse_manifest(at(Phase.PREPARED).manifest("bid-a")))

    assert may_bid(session, bidder="bidder-zzzzzzzz", lot="1")


def test_differing_offer_names_the_manifest() -> None:
    talk = continuing()
    with pytest.raises(EvidenceError) as caught:
        check_offer(talk.session, parse_manifest(talk.manifest("bid-a", files=[FILE])))
    assert (caught.value.code, caught.value.field) == ("manifest_differs", "manifest")
