from __future__ import annotations

from bideval.evidence.sealing import Purpose, Seal, SealedShare
from bideval.session.sharing import SealedSecret, Sharing

SEAL = Seal(
    Purpose.BID,
    "age1seal",
    2,
    tuple(SealedShare(name, "00", b"") for name in ("officer-a", "officer-b", "officer-c")),
)


def sharing(*custodians: str) -> Sharing:
    found = Sharing()
    found.add(SealedSecret(purpose=Purpose.BID, author="bidder-x", entry="e", seal=SEAL))
    for custodian in custodians:
        found.shares["age1seal", custodian] = custodian.encode()
    return found


def test_shares_come_in_custody_order() -> None:
    assert sharing("officer-c", "officer-a").of("age1seal") == {
        "officer-a": b"officer-a",
        "officer-c": b"officer-c",
    }


def test_threshold_decides_when_shares_are_enough() -> None:
    assert [sharing(*some).enough("age1seal") for some in ([], ["officer-b"])] == [False, False]
    assert sharing("officer-b", "officer-c").enough("age1seal") is True


def test_missing_custodians_are_named_in_custody_order() -> None:
    assert sharing("officer-b").missing("age1seal") == ["officer-a", "officer-c"]
