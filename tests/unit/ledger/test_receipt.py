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
    sign_receipt,
)
from bideval.terms.errors import EvidenceError, InputError

KEY = new_signing_key("Ed25519", bytes(32))
JWS = "e30.e30.c2ln"
START = chain_start("fh-2026", "wencheng")
RECEIPT = Receipt(
    session="fh-2026",
    origin="wencheng",
    n=1,
    entry=entry_hash(JWS),
    chain=chain_next(START, encode_line(Line("wencheng", 1, JWS))).hex(),
    at=1_795_312_800_000,
)
MEMBERS = RECEIPT._asdict() | {"at": "2026-11-22T10:00:00.000+08:00"}
SIGNED = sign_receipt(KEY, RECEIPT)


@pytest.mark.parametrize("suite", list(Suite))
def test_a_receipt_comes_back(suite):
    key = new_signing_key(suite, bytes(32))
    assert open_receipt(sign_receipt(key, RECEIPT), key.public) == RECEIPT


def test_a_receipt_is_the_canonical_json_of_six_members():
    assert sign_compact(KEY, RECEIPT_TYPE, canonical_bytes(MEMBERS)) == SIGNED


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"session": "x"}, "bad_session_id", "receipt.session"),
        ({"origin": "X"}, "bad_venue_id", "receipt.origin"),
        ({"n": 0}, "out_of_range", "receipt.n"),
        ({"n": "1"}, "not_an_integer", "receipt.n"),
        ({"entry": "x"}, "not_a_digest", "receipt.entry"),
        ({"chain": None}, "not_a_digest", "receipt.chain"),
        ({"at": 0}, "not_an_instant", "receipt.at"),
        ({"more": 1}, "unknown_member", "receipt"),
    ],
)
def test_a_malformed_receipt_is_refused_at_its_member(changes, code, field):
    jws = sign_compact(KEY, RECEIPT_TYPE, canonical_bytes(MEMBERS | changes))
    with pytest.raises(InputError) as caught:
        open_receipt(jws, KEY.public)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_missing_member_is_named():
    members = {name: value for name, value in MEMBERS.items() if name != "chain"}
    with pytest.raises(InputError) as caught:
        open_receipt(sign_compact(KEY, RECEIPT_TYPE, canonical_bytes(members)), KEY.public)
    assert (caught.value.code, caught.value.field) == ("missing", "receipt.chain")


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


@pytest.mark.parametrize("chain_before", [None, START])
def test_a_receipt_is_for_its_entry(chain_before):
    assert check_receipt(RECEIPT, JWS, chain_before=chain_before) is None


@pytest.mark.parametrize(
    ("receipt", "jws", "field"),
    [
        (RECEIPT, JWS + "x", "entry"),
        (RECEIPT._replace(n=2), JWS, "chain"),
        (RECEIPT._replace(origin="taishun"), JWS, "chain"),
        (RECEIPT._replace(chain="00" * 32), JWS, "chain"),
    ],
)
def test_a_receipt_for_something_else_is_refused(receipt, jws, field):
    with pytest.raises(EvidenceError) as caught:
        check_receipt(receipt, jws, chain_before=START)
    assert (caught.value.code, caught.value.field) == ("receipt_mismatch", field)


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
