from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.sealing import Purpose
from bideval.session.bodies.bids import (
    SHARE_LIMIT,
    UNOPENABLE_REASONS,
    read_bid_opened,
    read_bid_sealed,
    read_bid_unopenable,
    read_bid_withdrawn,
    read_bids_closed,
    read_opening_answered,
    read_opening_objected,
    read_share_released,
)
from bideval.session.names import Phase
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields
from tests.unit.session.conversation import at


def fields(body: dict[str, Any], **changes: Any) -> Fields:
    return Fields(body | changes, "body")


def test_sealed_bid_is_read_with_its_seal() -> None:
    body = read_bid_sealed(fields(at(Phase.PREPARED).bid("bid-n")))

    assert (body.bid, body.lot, body.ciphertext.size) == ("bid-n", "1", 5)
    assert (body.seal.purpose, body.seal.threshold) == (Purpose.BID, 2)


def test_withdrawal_names_the_bid() -> None:
    assert read_bid_withdrawn(fields({"bid": "bid-a"})).bid == "bid-a"


def test_closing_has_a_vector() -> None:
    vector = {"fenghua": {"n": 1, "chain": "00" * 32}}

    assert read_bids_closed(fields({"vector": vector})).vector["fenghua"].n == 1


def test_share_is_read_as_bytes() -> None:
    body = {"recipient": "age1x", "custodian": "venue/fenghua", "share": "AAAA"}

    assert read_share_released(fields(body)).share == bytes(3)
    with pytest.raises(InputError) as caught:
        read_share_released(fields(body, share="A" * (SHARE_LIMIT * 2)))
    assert caught.value.field == "body.share"


def test_opened_bid_has_the_manifest_of_its_package() -> None:
    talk = at(Phase.PREPARED)
    body = {"bid": "bid-a", "sha256": "ab" * 32, "manifest": talk.manifest("bid-a")}

    assert str(read_bid_opened(fields(body)).manifest.sheet.price) == "1080000.00"
    with pytest.raises(InputError) as caught:
        read_bid_opened(fields(body, manifest=talk.manifest("bid-a", sheet={})))
    assert caught.value.field == "body.manifest.sheet.bidder_name"


@pytest.mark.parametrize("reason", UNOPENABLE_REASONS)
def test_unopenable_bid_has_a_known_reason(reason: str) -> None:
    body = read_bid_unopenable(fields({"bid": "bid-a", "reason": reason, "detail": "x"}))

    assert (body.reason, body.detail) == (reason, "x")


def test_unopenable_bid_with_an_unknown_reason_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_bid_unopenable(fields({"bid": "bid-a", "reason": "bad luck", "detail": ""}))
    assert caught.value.field == "body.reason"


def test_objection_and_answer_are_texts() -> None:
    assert read_opening_objected(fields({"text": "The clock"})).text == "The clock"
    answer = read_opening_answered(fields({"objection": "ab" * 32, "text": "It is right"}))
    assert (answer.objection, answer.text) == ("ab" * 32, "It is right")
