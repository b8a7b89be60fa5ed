"""Lines: one spelling each; chains that stand for everything before them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.evidence.encoding import tagged_hash
from bideval.ledger.line import Line, chain_next, chain_start, encode_line, parse_line
from bideval.terms.errors import EvidenceError

PART = st.text(alphabet="ABCxyz019-_", min_size=1, max_size=20)


def test_a_line_is_origin_number_and_entry():
    line = Line("fenghua", 17, "e30.e30.c2ln")
    assert (encode_line(line), parse_line(b"fenghua 17 e30.e30.c2ln")) == (
        b"fenghua 17 e30.e30.c2ln",
        line,
    )


@given(
    st.from_regex(r"\A[a-z][a-z0-9-]{1,30}\Z"),
    st.integers(1, 10**16 - 1),
    st.tuples(PART, PART, PART),
)
def test_every_line_comes_back(origin, n, parts):
    line = Line(origin, n, ".".join(parts))
    assert parse_line(encode_line(line)) == line


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"fenghua 1",
        b"fenghua 1 e30.e30",
        b"fenghua 1 e30.e30.c2ln.x",
        b"fenghua 0 e30.e30.c2ln",
        b"fenghua 01 e30.e30.c2ln",
        b"fenghua +1 e30.e30.c2ln",
        b"fenghua -1 e30.e30.c2ln",
        b"fenghua 1.0 e30.e30.c2ln",
        b"fenghua 12345678901234567 e30.e30.c2ln",
        b"fenghua  1 e30.e30.c2ln",
        b"fenghua\t1 e30.e30.c2ln",
        b" fenghua 1 e30.e30.c2ln",
        b"fenghua 1 e30.e30.c2ln\n",
        b"fenghua 1 e30.e30.c2l=",
        b"fenghua 1 e30..c2ln",
        b"Fenghua 1 e30.e30.c2ln",
        b"f 1 e30.e30.c2ln",
        b"f" * 32 + b" 1 e30.e30.c2ln",
        b"fenghua \xd9\xa1 e30.e30.c2ln",
        b"fengh\xc3\xbca 1 e30.e30.c2ln",
    ],
)
def test_every_other_spelling_is_refused(data):
    with pytest.raises(EvidenceError) as caught:
        parse_line(data)
    assert (caught.value.code, caught.value.field) == ("line_malformed", "line")


@pytest.mark.parametrize("size", [64_997, 65_600])
def test_a_line_that_is_too_large_is_refused(size):
    with pytest.raises(EvidenceError) as caught:
        parse_line(b"fenghua 1 a.b." + b"c" * size)
    assert (caught.value.code, caught.value.field) == ("line_too_large", "line")


def test_the_longest_line_is_read():
    line = Line("a" * 31, 10**16 - 1, "a.b." + "c" * 64_996)
    assert parse_line(encode_line(line)) == line


def test_a_chain_starts_with_session_and_origin():
    expected = tagged_hash("bideval/chain/v1", b"fh-2026", b"fenghua")
    assert chain_start("fh-2026", "fenghua") == expected


def test_a_chain_goes_on_with_the_line():
    start = chain_start("fh-2026", "fenghua")
    expected = tagged_hash("bideval/chain/v1", start, b"fenghua 1 a.b.c")
    assert chain_next(start, b"fenghua 1 a.b.c") == expected


def test_sessions_and_origins_do_not_run_into_one_another():
    assert chain_start("fh-2026", "fenghua") != chain_start("fh-2026f", "enghua")


@given(st.lists(st.binary(max_size=5), max_size=4), st.lists(st.binary(max_size=5), max_size=4))
def test_a_chain_stands_for_its_lines_in_their_order(left, right):
    heads = []
    for lines in (left, right):
        chain = chain_start("fh-2026", "fenghua")
        for line in lines:
            chain = chain_next(chain, line)
        heads.append(chain)
    assert (heads[0] == heads[1]) == (left == right)
