"""Padding: one size, whatever the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.evidence.padding import MARK_SIZE, pad_to_size, pad_to_step, read_padded
from bideval.terms.errors import EvidenceError, InputError

MARK = {"bid": "bid-3f9c12ab", "criterion": "tech-1", "counter": 7, "mark": "28.50"}


def test_the_pad_is_zeros_in_a_member_of_its_own():
    assert pad_to_size({"a": 1}, 22) == b'{"a":1,"pad":"000000"}'


@pytest.mark.parametrize("mark", [None, "0", "28.50", "100"])
def test_every_mark_has_the_same_size(mark):
    plain = pad_to_size(MARK | {"mark": mark}, MARK_SIZE)
    members = read_padded(plain, step=MARK_SIZE, limit=MARK_SIZE)
    assert (len(plain), members) == (MARK_SIZE, MARK | {"mark": mark})


def test_a_pad_may_be_empty():
    assert pad_to_size({"a": 1}, 16) == b'{"a":1,"pad":""}'


def test_what_needs_more_than_the_size_is_refused():
    with pytest.raises(InputError) as caught:
        pad_to_size({"a": 1}, 15)
    assert (caught.value.code, caught.value.field) == ("too_long_to_pad", "plaintext")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(16, 64))
def test_a_step_is_met_by_the_next_multiple(text, step):
    plain = pad_to_step({"text": text}, step)
    bare = len(pad_to_step({"text": text}, 1))
    assert (len(plain) % step, len(plain) - bare < step) == (0, True)
    assert read_padded(plain, step=step) == {"text": text}


@pytest.mark.parametrize(
    ("data", "family", "code"),
    [
        (b'{"a":1,"pad":"00000"}', EvidenceError, "not_padded"),
        (b'{"a":1,"pad":"00000x"}', EvidenceError, "not_padded"),
        (b'{"a":1,"pad":[123456]}', EvidenceError, "not_padded"),
        (b'{"a":1,"bad":"000000"}', EvidenceError, "not_padded"),
        (b'["a",1,"pad","000000"]', InputError, "not_an_object"),
        (b'{"a":1,"pad":"000000" ', InputError, "not_json"),
        (b'{"a":1,"pad":"0000000000000000000000000000"}', InputError, "too_large"),
    ],
)
def test_other_plaintexts_are_refused(data, family, code):
    with pytest.raises(family) as caught:
        read_padded(data, step=22, limit=22)
    assert caught.value.code == code
