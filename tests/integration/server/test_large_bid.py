"""A large bid goes through both venues in pieces: no server ever holds it whole."""

from __future__ import annotations

import pytest

from benchmarks.large_bid import MEGABYTE, measure

SIZE = 64 * MEGABYTE
ALLOWED = SIZE // 2
"""Bytes by which a server may grow; one that held the bid or the file in it would need all."""


@pytest.mark.timeout(300)
def test_servers_grow_by_less_than_half_of_a_bid_that_they_take_mirror_and_open(tmp_path):
    figures = measure(SIZE, tmp_path)

    assert [one.process for one in figures] == ["fenghe", "wencheng"]
    assert [one for one in figures if one.grown > ALLOWED] == []
