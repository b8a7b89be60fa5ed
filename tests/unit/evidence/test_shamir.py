"""Shares back to the secret: the same bytes as the library that splits, and a worked example."""

from __future__ import annotations

import pyshamir
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.evidence.shamir import combine


def test_a_line_through_two_points_is_followed_back_to_zero():
    # In this field 1 + 2 = 3 and 5 * 2 = 10, so that f(x) = 9 + 5x has f(1) = 12 and f(2) = 3.
    assert combine([bytes([12, 1]), bytes([3, 2])]) == bytes([9])


def test_multiplication_is_reduced_by_the_polynomial():
    # f(x) = 0x57 * x with f(0x83) = 0xc1 is the product in FIPS 197 section 4.2.
    assert combine([bytes([0xC1, 0x83]), bytes([0x57, 1])]) == b"\x00"


@given(st.binary(min_size=1, max_size=80), st.integers(2, 6), st.integers(0, 3), st.randoms())
def test_it_undoes_the_split_of_the_library(secret, threshold, more, chance):
    shares = [bytes(one) for one in pyshamir.split(secret, threshold + more, threshold)]
    chosen = chance.sample(shares, chance.randint(threshold, threshold + more))
    assert combine(chosen) == secret


@given(st.lists(st.binary(min_size=9, max_size=9), min_size=2, max_size=5))
def test_it_gives_the_same_wrong_bytes_as_the_library(points):
    shares = [share[:8] + bytes([x]) for x, share in enumerate(points, start=200)]
    assert combine(shares) == bytes(pyshamir.combine([bytearray(share) for share in shares]))


@pytest.mark.parametrize(
    "shares",
    [
        [],
        [b""],
        [b"", b"a\x01"],
        [b"ab\x01", b"a\x02"],
        [b"a\x01", b"b\x01"],
        [b"a\x00", b"b\x01"],
    ],
)
def test_shares_that_cannot_be_of_one_secret_are_refused(shares):
    with pytest.raises(ValueError, match="share"):
        combine(shares)
