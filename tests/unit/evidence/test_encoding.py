"""Encodings: one spelling each, and parts that cannot run into one another."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.evidence import encoding
from bideval.terms.errors import EvidenceError


def test_base64url_both_ways():
    assert (encoding.b64u(b"foob"), encoding.unb64u("Zm9vYg")) == ("Zm9vYg", b"foob")


@pytest.mark.parametrize("text", ["Zm9vYg==", "Zm9vYh", "Zm9v\n", "+A", "Z", "é"])
def test_unb64u_refuses_other_spellings_at_the_field(text):
    with pytest.raises(EvidenceError) as caught:
        encoding.unb64u(text, field="jws.payload")
    assert (caught.value.code, caught.value.field) == ("not_base64url", "jws.payload")


@pytest.mark.parametrize(
    ("data", "text"), [(b"", ""), (b"foob", "Zm9vYg=="), (b"\xfb\xff", "+/8=")]
)
def test_base64_both_ways(data, text):
    assert (encoding.b64(data), encoding.unb64(text)) == (text, data)


@pytest.mark.parametrize("text", ["Zm9vYg", "Zm9vYh==", "Zm9v\n", "-A==", "Z", "é", "Zg==Zg=="])
def test_unb64_refuses_other_spellings_at_the_field(text):
    with pytest.raises(EvidenceError) as caught:
        encoding.unb64(text, field="note")
    assert (caught.value.code, caught.value.field) == ("not_base64", "note")


def test_digests_are_sha256():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (encoding.hex_digest(b""), encoding.sha256(b"").hex()) == (empty, empty)


@pytest.mark.parametrize("text", ["AB" * 32, "ab" * 31, "ab" * 32 + "\n", None])
def test_check_digest_refuses_other_forms(text):
    with pytest.raises(EvidenceError) as caught:
        encoding.check_digest(text, field="root")
    assert (caught.value.code, caught.value.field) == ("not_a_digest", "root")


def test_check_digest_returns_the_digest():
    assert encoding.check_digest("ab" * 32) == "ab" * 32


def test_length_prefix_is_four_bytes_most_significant_first():
    assert encoding.length_prefixed(b"ab", b"") == b"\x00\x00\x00\x02ab\x00\x00\x00\x00"


@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
def test_different_parts_never_give_the_same_bytes(left, right):
    same = encoding.length_prefixed(*left) == encoding.length_prefixed(*right)
    assert same == (left == right)


def test_tagged_hash_covers_the_length_prefixed_tag_and_parts():
    data = b"\x00\x00\x00\x0fbideval/test/v1\x00\x00\x00\x01a\x00\x00\x00\x02bc"
    assert encoding.tagged_hash("bideval/test/v1", b"a", b"bc") == hashlib.sha256(data).digest()
