"""Two bundles of one session: honest growth is none, everything else has a place and a culprit."""

from __future__ import annotations

import pytest

from bideval.audit.bundle import Bundle, read_bundle
from bideval.audit.comparison import Comparison, check_against, compare, describe
from bideval.audit.replay import Replay, replay
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError
from bideval.terms.instants import instant_text
from tests.unit.audit.hearing import MAIN, Hearing, at, bundle_of, lines_of, note_of


def opened(data: bytes) -> tuple[Bundle, Replay]:
    bundle = read_bundle(data)
    return bundle, replay(bundle.manifest.session, bundle.lines)


def fork() -> tuple[Hearing, Hearing]:
    """Return two hearings that part after the opening: one bidder objects in one of them."""
    one, other = at(Phase.OPENED), at(Phase.OPENED)
    other.must("bidder-aaaaaaaa", "opening.objected", {"text": "the price was read wrongly"})
    one.order(Phase.DRAWN)
    other.order(Phase.DRAWN)
    return one, other


def refused(here: bytes, there: bytes) -> tuple[Comparison, EvidenceError]:
    first, second = opened(here), opened(there)
    found = compare(first, second)
    with pytest.raises(EvidenceError) as caught:
        check_against(first, second, found)
    return found, caught.value


def test_same_record_and_earlier_record_are_no_contradiction() -> None:
    late, early = opened(bundle_of(at(Phase.DRAWN))), opened(bundle_of(at(Phase.OPENED)))

    same = check_against(late, late, compare(late, late))
    grown = check_against(late, early, compare(late, early))

    assert describe(same) == f"{late[1].size} entries are the same"
    assert describe(grown) == (
        f"{early[1].size} entries are the same, {late[1].size - early[1].size} came after"
    )
    assert (grown.contradicts, grown.vanished, grown.accused) == (False, [], [])


def test_record_that_ends_before_the_other_has_lost_its_end() -> None:
    found, fault = refused(bundle_of(at(Phase.OPENED)), bundle_of(at(Phase.DRAWN)))

    assert (fault.code, fault.field) == ("cut", "entry 29 (fenghua 26, pool.sealed)")
    assert fault.detail.startswith("vanished with all that follows; the other bundle goes on: 16")
    assert (found.common, found.contradicts, found.accused) == (29, False, [])
    assert found.vanished[0] == "entry 29 (fenghua 26, pool.sealed)"


def test_two_histories_accuse_all_who_signed_both() -> None:
    one, other = fork()

    found, fault = refused(bundle_of(one), bundle_of(other))

    assert (fault.code, fault.field) == ("fork", "entry 29 (fenghua 26, phase.ordered)")
    assert fault.detail == (
        "the other bundle has entry 29 (fenghua 26, opening.objected) here: 2 vanished, 1 added,"
        " 0 moved; signed both: fenghua, beilun, wencheng"
    )
    assert found.contradicts
    assert found.document() == {
        "common": 29,
        "entries": [30, 31],
        "vanished": {
            "count": 2,
            "first": [
                "entry 29 (fenghua 26, opening.objected)",
                "entry 30 (fenghua 27, phase.ordered)",
            ],
        },
        "added": {"count": 1, "first": ["entry 29 (fenghua 26, phase.ordered)"]},
        "moved": 0,
        "accused": ["fenghua", "beilun", "wencheng"],
    }


def test_venue_that_signed_one_history_is_not_accused() -> None:
    one, other = fork()
    note = note_of(one, lines_of(one), branches=("beilun",))

    found, _ = refused(bundle_of(one, note=note), bundle_of(other))

    assert found.accused == [MAIN, "beilun"]


def test_reordered_entries_are_counted_as_moved() -> None:
    talk = at(Phase.PREPARED)
    lines = lines_of(talk)
    lines[1], lines[2] = lines[2], lines[1]

    found, fault = refused(bundle_of(talk, lines=lines), bundle_of(talk))

    assert fault.field == "entry 1 (beilun 1, venue.joined)"
    assert (found.moved, found.vanished, found.added) == (len(lines) - 1, [], [])


def test_main_with_another_key_is_another_main() -> None:
    one, other = at(Phase.OPENED), Hearing()
    other.actor("venue/fenghua", "fenghua")
    other.actors["venue/fenghua"] = other.actor("venue/fenghua", "fenghua", generation=7)
    other.until(Phase.OPENED)

    found, fault = refused(bundle_of(one), bundle_of(other))

    assert fault.field == "entry 0 (fenghua 1, session.founded)"
    assert found.accused == ["beilun", "wencheng"]


def test_file_said_to_be_missing_is_found_in_the_other_bundle() -> None:
    talk = at(Phase.PREPARED)
    talk.close()
    bid = talk.session.bidding.bids["bid-b"]
    talk.release(bid.seal.recipient)
    talk.now = talk.session.opening_ends()
    body = {"bid": "bid-b", "reason": "ciphertext_missing", "detail": ""}
    talk.must("venue/fenghua", "bid.unopenable", body)
    files = {name: one for name, one in talk.files.items() if name != bid.ciphertext.sha256}

    _, fault = refused(bundle_of(talk, files=files), bundle_of(talk))

    assert (fault.code, fault.field) == ("bid_withheld", "entry 15 (fenghua 12, bid.sealed)")


def test_file_of_an_absent_venue_in_its_own_bundle_accuses_nobody() -> None:
    talk = at(Phase.PREPARED)
    talk.packages["bid-d"] = {"price": "970000.00", "size": "small"}
    talk.enrol("bidder-dddddddd", "bidder", "wencheng")
    talk.must("bidder-dddddddd", "bid.sealed", talk.bid("bid-d"))
    note = {"venue": "wencheng", "since": instant_text(talk.now)}
    talk.must("venue/fenghua", "venue.absent", note)
    talk.close()
    bid = talk.session.bidding.bids["bid-d"]
    talk.release(bid.seal.recipient)
    talk.now = talk.session.opening_ends()
    body = {"bid": "bid-d", "reason": "ciphertext_missing", "detail": ""}
    talk.must("venue/fenghua", "bid.unopenable", body)
    files = {name: one for name, one in talk.files.items() if name != bid.ciphertext.sha256}

    here, there = opened(bundle_of(talk, files=files)), opened(bundle_of(talk))

    assert describe(check_against(here, there, compare(here, there))).endswith("are the same")
