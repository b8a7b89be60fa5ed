"""The bids of a record against the sealed files: frauds of the venue that opens them."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from bideval.audit.bid_checks import Absences, check_bids
from bideval.audit.bundle import read_bundle
from bideval.audit.replay import replay
from bideval.evidence.encoding import hex_digest
from bideval.evidence.sealing import age_encrypt
from bideval.session.names import BidState, Phase
from bideval.terms.instants import instant_text
from tests.unit.audit.hearing import BIDDER_OF, Hearing, at, bundle_of, failure

if TYPE_CHECKING:
    from collections.abc import Callable

MAIN = "venue/fenghua"
PLACES = {"bid-a": 14, "bid-b": 15, "bid-c": 16}


def found(data: bytes) -> str:
    bundle = read_bundle(data)
    return check_bids(bundle, replay(bundle.manifest.session, bundle.lines))


def announcing(change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """Return the bundle of an opening at which main announces something else about bid-c."""
    talk = at(Phase.PREPARED)
    honest = talk.announcement
    talk.announcement = lambda bid: (  # type: ignore[method-assign]  # main lies
        change(honest(bid)) if bid == "bid-c" else honest(bid)
    )
    return bundle_of(talk.until(Phase.OPENED))


def giving_up(
    bid: str, reason: str, *, shares: bool = True, talk: Hearing | None = None
) -> Hearing:
    """Return the opening of a session in which main gives a bid up."""
    talk = talk or at(Phase.PREPARED)
    talk.close()
    if shares:
        talk.release(talk.session.bidding.bids[bid].seal.recipient)
    talk.now = talk.session.opening_ends()
    talk.must(MAIN, "bid.unopenable", {"bid": bid, "reason": reason, "detail": "no"})
    return talk


def for_nothing(talk: Hearing) -> Hearing:
    """Return the hearing with a bid-d at a price of zero, as good as bid-b otherwise."""
    talk.packages["bid-d"] = {"price": "0.00", "size": "small"}
    return talk


def test_every_announced_bid_opens_to_what_was_announced() -> None:
    assert found(bundle_of(at(Phase.PREPARED))) == "0 opened, 0 that could not be"
    assert found(bundle_of(at(Phase.OPENED))) == "3 opened, 0 that could not be"


def test_announcing_another_price_is_found() -> None:
    def cheaper(body: dict[str, Any]) -> dict[str, Any]:
        sheet = body["manifest"]["sheet"] | {"price": "900000.00"}
        return body | {"manifest": body["manifest"] | {"sheet": sheet}}

    assert failure(announcing(cheaper)) == (
        "bids",
        "entry 16 (fenghua 13, bid.sealed): bid-c: another manifest was announced",
    )


def test_announcing_another_digest_is_found() -> None:
    assert failure(announcing(lambda body: body | {"sha256": hex_digest(b"another")})) == (
        "bids",
        "entry 16 (fenghua 13, bid.sealed): bid-c: another plaintext was announced",
    )


@pytest.mark.parametrize("bid", sorted(PLACES))
def test_opened_bid_without_its_sealed_file_is_found(bid: str) -> None:
    talk = at(Phase.OPENED)
    del talk.files[talk.session.bidding.bids[bid].ciphertext.sha256]

    assert failure(bundle_of(talk)) == (
        "bids",
        f"entry {PLACES[bid]} (fenghua {PLACES[bid] - 3}, bid.sealed): {bid}:"
        " the sealed bid is not here",
    )


def test_giving_up_a_bid_that_opens_is_found() -> None:
    assert failure(bundle_of(giving_up("bid-b", "package_malformed"))) == (
        "bids",
        "entry 15 (fenghua 12, bid.sealed): bid-b: could have been opened",
    )


def test_giving_up_a_bid_and_hiding_its_file_is_found() -> None:
    talk = giving_up("bid-b", "does_not_decrypt")
    del talk.files[talk.session.bidding.bids["bid-b"].ciphertext.sha256]

    assert failure(bundle_of(talk)) == (
        "bids",
        "entry 15 (fenghua 12, bid.sealed): bid-b: the sealed bid is not here",
    )


@pytest.mark.parametrize(
    ("reason", "shares"), [("ciphertext_missing", True), ("shares_missing", False)]
)
def test_bid_that_could_not_be_opened_stays_closed(reason: str, *, shares: bool) -> None:
    talk = giving_up("bid-b", reason, shares=shares)
    del talk.files[talk.session.bidding.bids["bid-b"].ciphertext.sha256]

    assert talk.session.bidding.bids["bid-b"].state is BidState.UNOPENABLE
    assert found(bundle_of(talk)) == "0 opened, 1 that could not be"


@pytest.mark.parametrize("reason", ["ciphertext_missing", "ciphertext_differs"])
def test_file_said_to_be_missing_and_here_is_found(reason: str) -> None:
    assert failure(bundle_of(giving_up("bid-b", reason))) == (
        "bids",
        "entry 15 (fenghua 12, bid.sealed): bid-b:"
        " was given up for want of its file, and the file is here",
    )


@pytest.mark.parametrize("returned", [False, True])
def test_file_that_came_too_late_from_an_absent_venue_accuses_nobody(*, returned: bool) -> None:
    talk = at(Phase.PREPARED)
    talk.packages["bid-d"] = {"price": "970000.00", "size": "small"}
    talk.enrol("bidder-dddddddd", "bidder", "wencheng")
    talk.must("bidder-dddddddd", "bid.sealed", talk.bid("bid-d"))
    note = {"venue": "wencheng", "since": instant_text(talk.now)}
    talk.must(MAIN, "venue.absent", note)
    if returned:
        talk.must(MAIN, "venue.returned", note)
    data = bundle_of(giving_up("bid-d", "ciphertext_missing", talk=talk))

    if returned:
        assert failure(data)[0] == "bids"
    else:
        assert found(data) == "0 opened, 1 that could not be"


def test_shares_that_come_after_a_bid_was_given_up_accuse_nobody() -> None:
    talk = giving_up("bid-b", "shares_missing", shares=False)
    talk.release(talk.session.bidding.bids["bid-b"].seal.recipient)

    assert talk.session.sharing.enough(talk.session.bidding.bids["bid-b"].seal.recipient)
    assert found(bundle_of(talk)) == "0 opened, 1 that could not be"


@pytest.mark.parametrize(
    "content",
    [
        lambda _talk: b"not a package",
        lambda talk: talk.package("bid-b")[:-1],
        lambda talk: talk.package("bid-b") + b"x",
        lambda talk: talk.package("bid-a"),
        lambda talk: for_nothing(talk).package("bid-d"),
    ],
    ids=["no package", "cut", "too long", "somebody else's", "for nothing"],
)
def test_bid_that_opens_to_no_package_of_its_own_is_given_up_rightly(
    content: Callable[[Hearing], bytes],
) -> None:
    talk = at(Phase.PREPARED)
    talk.must(BIDDER_OF["bid-b"], "bid.withdrawn", {"bid": "bid-b"})
    body = talk.bid("bid-b") | {"bid": "bid-d"}
    plain = content(talk)
    body["ciphertext"] = talk.keep(age_encrypt(str(body["seal"]["recipient"]), plain))
    talk.must(BIDDER_OF["bid-b"], "bid.sealed", body)

    data = bundle_of(giving_up("bid-d", "package_malformed", talk=talk))

    assert found(data) == "0 opened, 1 that could not be"


class Run:
    """A record of which only notes about venues and given-up bids matter; counts its readings."""

    def __init__(self, notes: list[tuple[str, str]]) -> None:
        self.read = 0
        self._notes = notes
        places = {f"entry-{number}": SimpleNamespace(origin=f"venue-{number % 3}")
                  for number in range(len(notes))}  # fmt: skip
        self.session = SimpleNamespace(places=places)

    def of_kind(self, kind: str) -> list[tuple[int, SimpleNamespace]]:
        self.read += len(self._notes)
        member = "bid" if kind == "bid.unopenable" else "venue"
        return [
            (place, SimpleNamespace(body={member: about}))
            for place, (what, about) in enumerate(self._notes)
            if what == kind
        ]


def noted_as_absent(notes: list[tuple[str, str]], place: int, venue: str) -> bool:
    before = [kind for kind, about in notes[:place] if about == venue]
    return bool(before) and before[-1] == "venue.absent"


def test_absences_are_those_before_a_bid_was_given_up_and_cost_one_reading() -> None:
    chances = random.Random(3)
    kinds = ("venue.absent", "venue.returned", "bid.unopenable")
    notes = [
        (kind, f"bid-{place}" if kind == "bid.unopenable" else f"venue-{chances.randrange(3)}")
        for place, kind in enumerate(chances.choices(kinds, k=600))
    ]
    run = Run(notes)
    absences = Absences(cast("Any", run))
    given_up = [place for place, (kind, _) in enumerate(notes) if kind == "bid.unopenable"]
    found = [
        absences.excuse(cast("Any", SimpleNamespace(id=f"bid-{place}", entry=f"entry-{place}")))
        for place in given_up
    ]
    assert found == [noted_as_absent(notes, place, f"venue-{place % 3}") for place in given_up]
    assert run.read == 3 * len(notes)
