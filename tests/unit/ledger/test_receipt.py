"""Receipts: what a venue signed that it holds."""

from __future__ import annotations

import pytest

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.jws import sign_compact
from bideval.evidence.signing import Suite, new_signing_key
from bideval.ledger.entry import entry_hash
from bideval.ledger.line import Line, chain_next, chain_start, encode_line
from bideval.ledger.receipt import (
    RECEIPT_TYPE,
    Receipt,
    check_receipt,
    open_receipt,
    receipt_place,
    sign_receipt,
)
from bideval.terms.errors import EvidenceError, InputError

KEY = new_signing_key("Ed25519", bytes(32))
JWS = "e30.e30.c2ln"
START = chain_start("fh-2026", "wencheng")
CHAIN = chain_next(START, encode_line(Line("wencheng", 1, JWS)))
RECEIPT = Receipt(
    session="fh-2026",
    origin="wencheng",
    entry=entry_hash(JWS),
    place=receipt_place(CHAIN),
    at=1_795_312_800_000,
)
MEMBERS = RECEIPT._asdict() | {"at": "2026-11-22T10:00:00.000+08:00"}
SIGNED = sign_receipt(KEY, RECEIPT)


@pytest.mark.parametrize("suite", list(Suite))
def test_a_receipt_comes_back(suite):
    key = new_signing_key(suite, bytes(32))
    assert open_receipt(sign_receipt(key, RECEIPT), key.public) == RECEIPT


def test_a_receipt_is_the_canonical_json_of_five_members():
    assert sign_compact(KEY, RECEIPT_TYPE, canonical_bytes(MEMBERS)) == SIGNED


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"session": "x"}, "bad_session_id", "receipt.session"),
        ({"origin": "X"}, "bad_venue_id", "receipt.origin"),
        ({"entry": "x"}, "not_a_digest", "receipt.entry"),
        ({"place": None}, "not_a_digest", "receipt.place"),
        ({"at": 0}, "not_an_instant", "receipt.at"),
        ({"n": 1}, "unknown_member", "receipt"),
        ({"chain": "00" * 32}, "unknown_member", "receipt"),
    ],
)
def test_a_malformed_receipt_is_refused_at_its_member(changes, code, field):
    jws = sign_compact(KEY, RECEIPT_TYPE, canonical_bytes(MEMBERS | changes))
    with pytest.raises(InputError) as caught:
        open_receipt(jws, KEY.public)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_missing_member_is_named():
    members = {name: value for name, value in MEMBERS.items() if name != "place"}
    with pytest.raises(InputError) as caught:
        open_receipt(sign_compact(KEY, RECEIPT_TYPE, canonical_bytes(members)), KEY.public)
    assert (caught.value.code, caught.value.field) == ("missing", "receipt.place")


@pytest.mark.parametrize(
    ("jws", "code"),
    [
        (sign_compact(KEY, "bideval-entry/1", canonical_bytes(MEMBERS)), "jws_wrong_type"),
        (sign_receipt(new_signing_key("Ed25519", bytes([1] * 32)), RECEIPT), "jws_wrong_key"),
        (SIGNED + "A" * 2048, "jws_too_large"),
    ],
)
def test_other_statements_are_no_receipts(jws, code):
    with pytest.raises(EvidenceError) as caught:
        open_receipt(jws, KEY.public)
    assert caught.value.code == code


@pytest.mark.parametrize("chain", [None, CHAIN])
def test_a_receipt_is_for_its_entry(chain):
    assert check_receipt(RECEIPT, JWS, chain=chain) is None


@pytest.mark.parametrize(
    ("receipt", "jws", "chain", "field"),
    [
        (RECEIPT, JWS + "x", CHAIN, "entry"),
        (RECEIPT._replace(place="00" * 32), JWS, CHAIN, "place"),
        (RECEIPT._replace(place=CHAIN.hex()), JWS, CHAIN, "place"),
        (RECEIPT, JWS, START, "place"),
    ],
)
def test_a_receipt_for_something_else_is_refused(receipt, jws, chain, field):
    with pytest.raises(EvidenceError) as caught:
        check_receipt(receipt, jws, chain=chain)
    assert (caught.value.code, caught.value.field) == ("receipt_mismatch", field)


def chain_of(*entries):
    """Return the chain after these entries, in this order."""
    chain = START
    for n, jws in enumerate(entries, 1):
        chain = chain_next(chain, encode_line(Line("wencheng", n, jws)))
    return chain


@pytest.mark.parametrize(
    "kept",
    [
        (JWS,),
        ("e30.e30.b3RoZXI", "e30.e30.bW9yZQ", JWS),
        ("e30.e30.Y2hhbmdlZA", JWS),
    ],
    ids=["one_before_left_out", "one_before_added", "one_before_changed"],
)
def test_a_receipt_shows_that_the_lines_before_are_others(kept):
    promised = RECEIPT._replace(place=receipt_place(chain_of("e30.e30.b3RoZXI", JWS)))
    with pytest.raises(EvidenceError) as caught:
        check_receipt(promised, JWS, chain=chain_of(*kept))
    assert caught.value.field == "place"


def test_two_lines_that_changed_places_are_shown_by_either_receipt():
    first, second = "e30.e30.b25l", "e30.e30.dHdv"
    places = [receipt_place(chain_of(first)), receipt_place(chain_of(first, second))]
    swapped = {first: chain_of(second, first), second: chain_of(second)}
    wrong = [
        place != receipt_place(swapped[jws]) for place, jws in zip(places, swapped, strict=True)
    ]
    assert wrong == [True, True]


def test_neighbours_cannot_be_told_from_strangers_by_their_receipts():
    # The owner of both entries tries every number for the second as the line right after the first.
    before = chain_of(*(f"e30.e30.{n:04d}" for n in range(7)))
    first = chain_next(before, encode_line(Line("wencheng", 8, "e30.e30.b25l")))
    mine = receipt_place(chain_next(first, encode_line(Line("wencheng", 9, "e30.e30.dHdv"))))
    tried = {
        receipt_place(chain_next(known, encode_line(Line("wencheng", n, "e30.e30.dHdv"))))
        for n in range(1, 40)
        for known in (START, bytes.fromhex(receipt_place(first)))
    }
    assert mine not in tried


@pytest.mark.parametrize("suite", list(Suite))
def test_every_single_flipped_bit_is_refused(suite):
    key = new_signing_key(suite, bytes(32))
    data, accepted = sign_receipt(key, RECEIPT).encode(), []
    for bit in range(len(data) * 8):
        twin = bytearray(data)
        twin[bit // 8] ^= 1 << bit % 8
        try:
            open_receipt(twin.decode("latin-1"), key.public)
        except (EvidenceError, InputError):
            continue
        accepted.append(bit)
    assert accepted == []
