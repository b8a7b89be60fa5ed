from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.padding import MARK_SIZE, pad_to_size
from bideval.evidence.sealing import Purpose
from bideval.session.names import BidState, Phase
from bideval.session.sharing import WrongShare
from tests.unit.session.conversation import (
    DEADLINE,
    FIRST_RULES,
    Conversation,
    at,
    method,
    tender,
)

MAIN = "venue/fenghua"
OFFICER = "officer-lin"
BIDDER = "bidder-aaaaaaaa"


def unpublished(rulebook: str = FIRST_RULES) -> Conversation:
    talk = Conversation(rulebook=rulebook)
    talk.found()
    talk.people()
    return talk


def closed() -> Conversation:
    talk = at(Phase.PREPARED)
    talk.close()
    return talk


def publishing(**changes: Any) -> str | None:
    body = {"tender": tender(**changes)}
    return unpublished().say(OFFICER, "tender.published", body).void_code


def recipient(talk: Conversation, bid: str = "bid-a") -> str:
    return talk.session.bidding.bids[bid].seal.recipient


def opening(talk: Conversation, **changes: Any) -> dict[str, Any]:
    manifest = talk.manifest("bid-a") | changes
    return {"bid": "bid-a", "sha256": hex_digest(b"plain"), "manifest": manifest}


# Publishing


def test_tender_is_published_once() -> None:
    talk = at(Phase.PREPARED)

    said = talk.say(OFFICER, "tender.published", {"tender": tender()})

    assert said.void_code == "tender_known"


def test_tender_outside_the_rulebook_is_refused() -> None:
    assert publishing(budget="10000000.00") == "committee_size"


def test_tender_that_is_none_is_refused_with_the_reader_s_code() -> None:
    assert publishing(deadline="soon") == "not_an_instant"


@pytest.mark.parametrize(
    ("rulebook", "drawn", "code"),
    [
        ("procurement/2", 21, None),
        ("procurement/2", 22, "too_many_drawn"),
        ("procurement/1", 40, None),
    ],
)
def test_tender_asks_for_no_more_experts_than_a_draw_holds(
    rulebook: str, drawn: int, code: str | None
) -> None:
    discipline = tender()["panel"]["disciplines"][0]
    panel = tender()["panel"] | {
        "members": drawn + 1 - drawn % 2,
        "representatives": 1 - drawn % 2,
        "disciplines": [discipline | {"members": drawn}],
        "seats": [{"venue": "wencheng", "members": drawn}],
    }
    talk = unpublished(rulebook)

    said = talk.say(OFFICER, "tender.published", {"tender": tender(panel=panel)})

    assert said.void_code == code


def test_tender_seats_experts_at_venues_of_the_session() -> None:
    panel = tender()["panel"] | {"seats": [{"venue": "ningbo", "members": 5}]}

    assert publishing(panel=panel) == "unknown_venue"


def test_custodians_need_a_recipient() -> None:
    custody = tender()["custody"]
    custody["bids"] = {"threshold": 2, "custodians": ["officer-lin", BIDDER]}

    assert publishing(custody=custody) == "custodian_unknown"


def test_criteria_leave_room_for_bids_in_a_sealed_mark() -> None:
    criteria = method()["criteria"]
    criteria[0]["id"] = "c" * 43
    assert publishing(method=method() | {"criteria": criteria}) is None
    criteria[0]["id"] = "c" * 44
    assert publishing(method=method() | {"criteria": criteria}) == "name_too_long"


# Sealing


def test_bid_s_name_fits_into_a_sealed_mark() -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"})

    assert talk.say(BIDDER, "bid.sealed", talk.bid("标" * 17)).void_code == "name_too_long"
    name = "标" * 16
    talk.must(BIDDER, "bid.sealed", talk.bid(name))
    item = {"bid": name, "criterion": "service", "counter": 2**31 - 1, "mark": "-1000.00"}
    assert len(pad_to_size(item, MARK_SIZE)) == MARK_SIZE


def test_bid_needs_a_tender() -> None:
    talk = at(Phase.PREPARED)
    body = talk.bid("bid-x")

    said = unpublished()
    assert said.say(BIDDER, "bid.sealed", body).void_code == "no_tender"


def test_bid_is_for_a_lot_of_the_tender() -> None:
    talk = at(Phase.PREPARED)

    assert talk.say(BIDDER, "bid.sealed", talk.bid("bid-x", lot="9")).void_code == "unknown_lot"


def test_bidder_has_one_live_bid_for_a_lot() -> None:
    talk = at(Phase.PREPARED)

    assert talk.say(BIDDER, "bid.sealed", talk.bid("bid-x")).void_code == "bid_live"


def test_bid_may_be_sealed_again_after_withdrawal_under_another_name() -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"})

    assert talk.say(BIDDER, "bid.sealed", talk.bid("bid-a")).void_code == "bid_known"
    talk.must(BIDDER, "bid.sealed", talk.bid("bid-x"))
    assert talk.session.bidding.bids["bid-a"].state is BidState.WITHDRAWN


def test_seal_of_another_purpose_is_refused() -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"})
    body = talk.bid("bid-x") | {"seal": talk.deal(Purpose.MARKS)}

    assert talk.say(BIDDER, "bid.sealed", body).void_code == "custody_differs"


def test_seal_with_custodians_in_another_order_is_refused() -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"})
    body = talk.bid("bid-x")
    body["seal"]["shares"].reverse()

    assert talk.say(BIDDER, "bid.sealed", body).void_code == "custody_differs"


def test_seal_is_used_once() -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"})
    body = talk.bid("bid-x")
    talk.must(BIDDER, "bid.sealed", body)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-x"})

    said = talk.say(BIDDER, "bid.sealed", body | {"bid": "bid-y"})

    assert said.void_code == "seal_known"


@pytest.mark.parametrize("bid", ["bid-b", "bid-none"])
def test_bidder_withdraws_the_own_bid_only(bid: str) -> None:
    said = at(Phase.PREPARED).say(BIDDER, "bid.withdrawn", {"bid": bid})

    assert said.void_code == "unknown_bid"


def test_nothing_enters_or_leaves_the_closed_box() -> None:
    talk = closed()

    assert talk.say(BIDDER, "bid.sealed", talk.bid("bid-x")).void_code == "late"
    assert talk.say(BIDDER, "bid.withdrawn", {"bid": "bid-a"}).void_code == "late"


# Closing


def test_box_is_closed_once_and_not_before_the_deadline() -> None:
    talk = at(Phase.PREPARED)
    body = {"vector": talk.session.closing_vector()}
    assert talk.say(MAIN, "bids.closed", body).void_code == "before_deadline"

    talk.now = DEADLINE
    talk.must(MAIN, "bids.closed", {"vector": talk.session.closing_vector()})

    said = talk.say(MAIN, "bids.closed", {"vector": talk.session.closing_vector()})
    assert said.void_code == "already_closed"


def test_box_is_not_closed_without_a_tender() -> None:
    talk = unpublished()
    talk.now = DEADLINE

    said = talk.say(MAIN, "bids.closed", {"vector": talk.session.closing_vector()})

    assert said.void_code == "no_tender"


def test_main_cannot_close_the_box_before_a_bid_that_is_in_it() -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"})
    vector = talk.session.closing_vector()
    talk.must(BIDDER, "bid.sealed", talk.bid("bid-x"))
    talk.now = DEADLINE

    assert talk.say(MAIN, "bids.closed", {"vector": vector}).void_code == "vector_differs"

    talk.must(MAIN, "bids.closed", {"vector": talk.session.closing_vector()})
    assert talk.session.bidding.bids["bid-x"].state is BidState.SEALED


def altered(talk: Conversation, how: str) -> dict[str, Any]:
    vector = talk.session.closing_vector()
    if how == "venue missing":
        del vector["beilun"]
    elif how == "ahead of the record":
        vector["beilun"] = vector["beilun"] | {"n": 99}
    else:
        vector["beilun"] = vector["beilun"] | {"chain": "00" * 32}
    return vector


@pytest.mark.parametrize("how", ["venue missing", "ahead of the record", "another chain"])
def test_closing_vector_is_of_this_record(how: str) -> None:
    talk = at(Phase.PREPARED)
    talk.now = DEADLINE

    said = talk.say(MAIN, "bids.closed", {"vector": altered(talk, how)})

    assert said.void_code == "vector_differs"


# Shares


def test_share_is_not_released_before_its_date() -> None:
    talk = at(Phase.PREPARED)
    body = talk.share(OFFICER, recipient(talk))

    assert talk.say(OFFICER, "share.released", body).void_code == "too_early"


def test_custodian_releases_the_own_share_once() -> None:
    talk = closed()
    body = talk.share(OFFICER, recipient(talk))
    talk.must(OFFICER, "share.released", body)

    assert talk.session.sharing.of(recipient(talk)).keys() == {OFFICER}
    assert talk.say(OFFICER, "share.released", body).void_code == "share_known"


def test_share_of_another_custodian_is_refused() -> None:
    talk = closed()
    body = talk.share("officer-zhao", recipient(talk))

    assert talk.say(OFFICER, "share.released", body).void_code == "other_custodian"


def test_who_keeps_no_share_releases_none() -> None:
    talk = closed()
    body = {"recipient": recipient(talk), "custodian": "supervisor-gu", "share": "AAAA"}

    assert talk.say("supervisor-gu", "share.released", body).void_code == "other_custodian"


def test_share_of_an_unknown_seal_is_refused() -> None:
    body = {"recipient": "age1nothing", "custodian": OFFICER, "share": "AAAA"}

    assert closed().say(OFFICER, "share.released", body).void_code == "unknown_seal"


def test_wrong_share_is_void_and_has_an_address() -> None:
    talk = closed()
    wrong = talk.share("officer-zhao", recipient(talk))["share"]
    body = {"recipient": recipient(talk), "custodian": OFFICER, "share": wrong}

    said = talk.say(OFFICER, "share.released", body)

    assert said.void_code == "share_wrong"
    assert talk.session.sharing.wrong == [WrongShare(recipient(talk), OFFICER, said.position)]
    talk.must(OFFICER, "share.released", talk.share(OFFICER, recipient(talk)))


def test_withdrawn_bid_stays_closed() -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"})
    talk.close()

    said = talk.say(OFFICER, "share.released", talk.share(OFFICER, recipient(talk)))

    assert said.void_code == "too_early"


def test_bids_of_a_lot_with_too_few_stay_closed() -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER, "bid.withdrawn", {"bid": "bid-a"})
    talk.close()

    body = talk.share(OFFICER, recipient(talk, "bid-b"))

    assert talk.say(OFFICER, "share.released", body).void_code == "too_early"


def test_shares_of_marks_wait_for_the_release() -> None:
    talk = at(Phase.SCORING)
    seal = talk.score("wencheng-01", items=1)

    said = talk.say(MAIN, "share.released", talk.share(MAIN, seal))

    assert said.void_code == "too_early"


def test_shares_of_names_wait_for_the_report() -> None:
    talk = at(Phase.CONFIRMED)
    seal = talk.session.panel.names[0].seal.recipient

    assert talk.say(MAIN, "share.released", talk.share(MAIN, seal)).void_code == "too_early"


def test_shares_of_nonces_wait_for_all_commitments() -> None:
    talk = at(Phase.OPENED)
    talk.must(MAIN, "pool.sealed", talk.pool())
    talk.must(MAIN, "nonce.sealed", talk.nonce())
    seal = talk.session.panel.nonces[MAIN].seal.recipient

    assert talk.say(MAIN, "share.released", talk.share(MAIN, seal)).void_code == "too_early"


# Opening


def test_bid_is_announced_after_enough_shares() -> None:
    talk = closed()

    assert talk.say(MAIN, "bid.opened", opening(talk)).void_code == "too_early"
    talk.release(recipient(talk))
    talk.must(MAIN, "bid.opened", opening(talk))
    bid = talk.session.bidding.bids["bid-a"]
    assert (bid.state, bid.label, bid.plaintext) == (BidState.OPENED, 1, hex_digest(b"plain"))


def test_nothing_is_announced_before_the_box_is_closed() -> None:
    talk = at(Phase.PREPARED)

    assert talk.say(MAIN, "bid.opened", opening(talk)).void_code == "too_early"


@pytest.mark.parametrize(
    "changes",
    [
        {"session": "other-session"},
        {"bid": "bid-b"},
        {"lot": "2"},
        {"bidder": "bidder-bbbbbbbb"},
    ],
)
def test_announced_manifest_is_the_bid_s_own(changes: dict[str, Any]) -> None:
    talk = closed()
    talk.release(recipient(talk))

    said = talk.say(MAIN, "bid.opened", opening(talk, **changes))

    assert said.void_code == "manifest_differs"


def test_bid_is_settled_once() -> None:
    talk = closed()
    talk.open_bid("bid-a")
    giving_up = {"bid": "bid-a", "reason": "does_not_decrypt", "detail": ""}

    assert talk.say(MAIN, "bid.opened", opening(talk)).void_code == "unknown_bid"
    assert talk.say(MAIN, "bid.unopenable", giving_up).void_code == "unknown_bid"


def test_missing_shares_are_waited_for_as_long_as_the_tender_says() -> None:
    talk = closed()
    body = {"bid": "bid-a", "reason": "shares_missing", "detail": ""}
    assert talk.say(MAIN, "bid.unopenable", body).void_code == "too_early"

    talk.now = talk.session.opening_ends()

    talk.must(MAIN, "bid.unopenable", body)
    assert talk.session.bidding.bids["bid-a"].state is BidState.UNOPENABLE


def test_missing_file_is_waited_for_as_long_as_the_tender_says() -> None:
    talk = closed()
    body = {"bid": "bid-a", "reason": "ciphertext_missing", "detail": ""}
    talk.release(recipient(talk))
    assert talk.say(MAIN, "bid.unopenable", body).void_code == "too_early"

    talk.now = talk.session.opening_ends()

    talk.must(MAIN, "bid.unopenable", body)
    assert talk.session.bidding.bids["bid-a"].reason == "ciphertext_missing"


def test_bid_that_could_be_tried_is_not_given_up_for_want_of_shares() -> None:
    talk = closed()
    talk.release(recipient(talk))
    talk.now = talk.session.opening_ends()
    body = {"bid": "bid-a", "reason": "shares_missing", "detail": ""}

    assert talk.say(MAIN, "bid.unopenable", body).void_code == "too_early"


@pytest.mark.parametrize("reason", ["does_not_decrypt", "package_malformed", "shares_do_not_fit"])
def test_what_is_wrong_inside_is_not_known_before_the_shares(reason: str) -> None:
    talk = closed()
    body = {"bid": "bid-a", "reason": reason, "detail": ""}
    assert talk.say(MAIN, "bid.unopenable", body).void_code == "too_early"

    talk.release(recipient(talk))

    talk.must(MAIN, "bid.unopenable", body)
    assert talk.session.bidding.bids["bid-a"].reason == reason


# Objections


def test_objection_is_answered_once() -> None:
    talk = closed()
    said = talk.must(BIDDER, "opening.objected", {"text": "The clock is wrong"})
    answer = {"objection": said.entry, "text": "It is the time service's"}
    talk.must(OFFICER, "opening.answered", answer)

    objection = talk.session.bidding.objections[said.entry]
    assert (objection.bidder, objection.answered_by) == (BIDDER, OFFICER)
    assert talk.say(OFFICER, "opening.answered", answer).void_code == "already_answered"


def test_objections_start_with_the_opening() -> None:
    said = at(Phase.PREPARED).say(BIDDER, "opening.objected", {"text": "x"})

    assert said.void_code == "too_early"


def test_answer_needs_an_objection() -> None:
    body = {"objection": "00" * 32, "text": "x"}

    assert closed().say(OFFICER, "opening.answered", body).void_code == "unknown_objection"


def test_share_is_bytes_in_base64url() -> None:
    talk = closed()
    body = talk.share(OFFICER, recipient(talk)) | {"share": b64u(b"x") + "="}

    assert talk.say(OFFICER, "share.released", body).void_code == "not_base64url"
