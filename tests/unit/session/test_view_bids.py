from __future__ import annotations

from typing import Any

from bideval.session.names import Phase
from bideval.session.view_bids import (
    bids_part,
    may_read_bid,
    may_see_bid,
    objections_part,
    shares_part,
)
from tests.unit.session.acts.test_panel import replace
from tests.unit.session.conversation import Conversation, at


def seen(talk: Conversation, name: str) -> list[Any]:
    return bids_part(talk.session, talk.session.people.persons[name])


def readable(talk: Conversation, name: str) -> list[str]:
    person = talk.session.people.persons[name]
    bids = talk.session.bidding.bids.values()
    return [bid.id for bid in bids if may_read_bid(talk.session, person, bid)]


def test_opening_shows_every_live_bid_to_those_who_attend() -> None:
    talk = at(Phase.PREPARED)
    talk.must("bidder-cccccccc", "bid.withdrawn", {"bid": "bid-c"})
    talk.must("bidder-cccccccc", "bid.sealed", talk.bid("bid-d"))
    talk.close()
    talk.open_bid("bid-b")

    for name in ("officer-lin", "supervisor-gu", "bidder-aaaaaaaa"):
        assert [(bid["bid"], bid["label"]) for bid in seen(talk, name)] == [
            ("bid-b", 1),
            ("bid-a", None),
            ("bid-d", None),
        ]
    assert [bid["bid"] for bid in seen(talk, "bidder-cccccccc")] == [
        "bid-b",
        "bid-a",
        "bid-c",
        "bid-d",
    ]
    assert seen(talk, "operator-fenghua") == []


def test_announced_bid_shows_its_sheet_and_who_released() -> None:
    (first, *_) = seen(at(Phase.OPENED), "bidder-bbbbbbbb")

    assert (first["state"], first["sheet"]["price"], first["files"]) == ("opened", "1080000.00", [])
    assert first["released"] == ["officer-lin", "officer-zhao"]


def test_expert_sees_opened_bids_while_seated() -> None:
    talk = at(Phase.CHECKED_IN)
    assert [bid["bid"] for bid in seen(talk, "wencheng-01")] == ["bid-a", "bid-b", "bid-c"]
    replace(talk)
    assert seen(talk, "wencheng-01") == []


def test_files_are_read_by_the_panel_and_the_own_bidder_only() -> None:
    talk = at(Phase.CHECKED_IN)

    assert readable(talk, "wencheng-01") == ["bid-a", "bid-b", "bid-c"]
    assert readable(talk, "bidder-bbbbbbbb") == ["bid-b"]
    assert [readable(talk, name) for name in ("officer-lin", "supervisor-gu")] == [[], []]
    assert readable(at(Phase.PREPARED), "bidder-bbbbbbbb") == []


def test_sealed_bid_is_seen_by_its_bidder_alone() -> None:
    talk = at(Phase.PREPARED)
    bid = talk.session.bidding.bids["bid-a"]
    persons = talk.session.people.persons

    who = [name for name in persons if may_see_bid(talk.session, persons[name], bid)]

    assert who == ["bidder-aaaaaaaa"]


def test_shares_are_followed_by_officers_and_supervisors_once_the_box_is_closed() -> None:
    talk = at(Phase.PREPARED)
    persons = talk.session.people.persons
    assert shares_part(talk.session, persons["officer-lin"]) == []
    talk.close()
    seal = talk.session.bidding.bids["bid-a"].seal.recipient
    wrong = {"recipient": seal, "custodian": "officer-qian", "share": "AAAA"}
    talk.say("officer-qian", "share.released", wrong)
    talk.must("officer-lin", "share.released", talk.share("officer-lin", seal))

    first = shares_part(talk.session, persons["supervisor-gu"])[0]

    assert first == {
        "purpose": "bid",
        "recipient": seal,
        "by": "bidder-aaaaaaaa",
        "about": "bid-a",
        "threshold": 2,
        "released": ["officer-lin"],
        "wrong": ["officer-qian"],
    }
    assert shares_part(talk.session, persons["bidder-aaaaaaaa"]) == []


def test_objections_are_public_at_the_opening() -> None:
    talk = at(Phase.OPENED)
    said = talk.must("bidder-aaaaaaaa", "opening.objected", {"text": "The clock is wrong"})
    persons = talk.session.people.persons

    assert objections_part(talk.session, persons["bidder-bbbbbbbb"]) == [
        {
            "entry": said.entry,
            "bidder": "bidder-aaaaaaaa",
            "text": "The clock is wrong",
            "answered_by": None,
            "answer": None,
        }
    ]
    assert objections_part(talk.session, persons["operator-fenghua"]) == []
