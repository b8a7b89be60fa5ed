"""Entries: exactly seven members, verified over the bytes as they came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.jws import sign_compact
from bideval.evidence.signing import Suite, new_signing_key
from bideval.ledger.entry import (
    EMPTY_ROOT,
    ENTRY_LIMIT,
    ENTRY_TYPE,
    NOTHING_SEEN,
    Entry,
    Seen,
    entry_hash,
    entry_payload,
    parse_entry,
    sign_entry,
    verify_entry,
)
from bideval.terms.errors import EvidenceError, InputError

KEY = new_signing_key("Ed25519", bytes(32))
SEEN = Seen(12, "ab" * 32)
ENTRY_ID = "AAECAwQFBgcICQoLDA0ODw"
PAYLOAD = entry_payload(
    session="fh-2026-0117",
    author="wencheng-02",
    kind="chair.voted",
    id=ENTRY_ID,
    at=1_795_312_800_000,
    seen=SEEN,
    body={"round": 1, "candidate": "wencheng-01"},
)
JWS = sign_entry(KEY, PAYLOAD)


def changed(**members):
    """Return the entry with other members, signed by the same honest key."""
    document = read_json(PAYLOAD, limit=10_000) | members
    return sign_entry(KEY, canonical_bytes({k: v for k, v in document.items() if v is not ...}))


def refusal(jws):
    with pytest.raises(InputError) as caught:
        parse_entry(jws)
    return caught.value.code, caught.value.field


def test_an_entry_is_read_as_it_was_written():
    assert parse_entry(JWS) == Entry(
        session="fh-2026-0117",
        author="wencheng-02",
        kind="chair.voted",
        id=ENTRY_ID,
        at=1_795_312_800_000,
        seen_size=12,
        seen_root="ab" * 32,
        body={"round": 1, "candidate": "wencheng-01"},
        kid=KEY.key_id,
        jws=JWS,
    )


def test_the_payload_is_canonical_json():
    expected = (
        '{"at":"2026-11-22T10:00:00.000+08:00","author":"wencheng-02",'
        '"body":{"candidate":"wencheng-01","round":1},"id":"AAECAwQFBgcICQoLDA0ODw",'
        '"kind":"chair.voted","seen":{"root":"' + "ab" * 32 + '","size":12},'
        '"session":"fh-2026-0117"}'
    )
    assert expected.encode() == PAYLOAD


def test_the_first_author_has_seen_the_empty_record():
    jws = sign_entry(
        KEY,
        entry_payload(
            session="fh-2026", author="venue/fenghua", kind="session.founded", id=ENTRY_ID,
            at=0, body={},
        ),
    )  # fmt: skip
    entry = parse_entry(jws)
    assert Seen(entry.seen_size, entry.seen_root) == NOTHING_SEEN == Seen(0, EMPTY_ROOT)


@pytest.mark.parametrize("suite", list(Suite))
def test_an_entry_verifies_with_its_authors_key(suite):
    key = new_signing_key(suite, bytes(32))
    assert verify_entry(parse_entry(sign_entry(key, PAYLOAD)), key.public) is None


def test_an_entry_of_another_key_is_refused():
    other = new_signing_key("Ed25519", bytes([1] * 32))
    with pytest.raises(EvidenceError) as caught:
        verify_entry(parse_entry(JWS), other.public)
    assert caught.value.code == "jws_wrong_key"


def test_a_statement_of_another_format_is_no_entry():
    jws = sign_compact(KEY, "bideval-receipt/2", PAYLOAD)
    with pytest.raises(EvidenceError) as caught:
        verify_entry(parse_entry(jws), KEY.public)
    assert caught.value.code == "jws_wrong_type"


def test_white_space_and_order_of_a_foreign_payload_do_not_matter():
    pretty = PAYLOAD.replace(b",", b", ").replace(b":{", b" : {")
    entry = parse_entry(sign_compact(KEY, ENTRY_TYPE, pretty))
    assert (verify_entry(entry, KEY.public), entry.body) == (None, parse_entry(JWS).body)


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        ({"session": "x"}, "bad_session_id", "session"),
        ({"session": None}, "bad_session_id", "session"),
        ({"author": "Lin"}, "bad_person_id", "author"),
        ({"author": "venue/F"}, "bad_venue_id", "author"),
        ({"kind": "voted"}, "bad_kind_id", "kind"),
        ({"id": "short"}, "bad_entry_id", "id"),
        ({"at": "2026-11-22"}, "not_an_instant", "at"),
        ({"at": 0}, "not_an_instant", "at"),
        ({"seen": None}, "bad_entry", "seen"),
        ({"seen": {"size": 1}}, "bad_entry", "seen"),
        ({"seen": {"size": 1, "root": "ab" * 32, "x": 1}}, "bad_entry", "seen"),
        ({"seen": {"size": -1, "root": "ab" * 32}}, "bad_entry", "seen.size"),
        ({"seen": {"size": True, "root": "ab" * 32}}, "bad_entry", "seen.size"),
        ({"seen": {"size": "1", "root": "ab" * 32}}, "bad_entry", "seen.size"),
        ({"seen": {"size": 1, "root": "AB" * 32}}, "bad_entry", "seen.root"),
        ({"seen": {"size": 1, "root": 7}}, "bad_entry", "seen.root"),
        ({"seen": {"size": 0, "root": "ab" * 32}}, "bad_entry", "seen.root"),
        ({"body": []}, "bad_entry", "body"),
        ({"body": None}, "bad_entry", "body"),
        ({"body": ...}, "bad_entry", "entry"),
        ({"more": 1}, "bad_entry", "entry"),
    ],
)
def test_a_malformed_entry_is_refused_at_its_member(members, code, field):
    assert refusal(changed(**members)) == (code, field)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "not_json"),
        (b"[]", "bad_entry"),
        (PAYLOAD[:-1] + b',"id":"x"}', "duplicate_key"),
        (PAYLOAD.replace(b'"round":1', b'"round":1.0'), "float"),
    ],
)
def test_a_payload_that_is_no_strict_object_is_refused(payload, code):
    assert refusal(sign_compact(KEY, ENTRY_TYPE, payload)) == (code, "entry")


def test_an_entry_that_is_too_large_is_refused():
    with pytest.raises(EvidenceError) as caught:
        parse_entry("a" * (ENTRY_LIMIT + 1))
    assert (caught.value.code, caught.value.field) == ("jws_too_large", "jws")


def test_the_hash_of_an_entry_covers_its_letters():
    assert entry_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("suite", list(Suite))
def test_every_single_flipped_bit_is_refused(suite):
    key = new_signing_key(suite, bytes(32))
    data = sign_entry(key, PAYLOAD).encode()
    accepted = []
    for bit in range(len(data) * 8):
        twin = bytearray(data)
        twin[bit // 8] ^= 1 << bit % 8
        try:
            verify_entry(parse_entry(twin.decode("latin-1")), key.public)
        except (EvidenceError, InputError):
            continue
        accepted.append(bit)
    assert accepted == []


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.just("文字"),
        max_size=5,
    ),
    st.integers(0, 2**53 - 1),
)
def test_any_body_comes_back(body, size):
    seen = Seen(size, "cd" * 32) if size else NOTHING_SEEN
    payload = entry_payload(
        session="fh-2026", author="officer-lin", kind="phase.ordered", id=ENTRY_ID, at=1,
        body=body, seen=seen,
    )  # fmt: skip
    entry = parse_entry(sign_entry(KEY, payload))
    assert (entry.body, entry.seen_size) == (body, size)
