"""From bytes to a case: every file that is none gives one clear error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.scoring import reading
from bideval.scoring.case import parse_case
from bideval.scoring.reading import decode_json, read_case
from bideval.terms.errors import InputError


def refusal(data):
    with pytest.raises(InputError) as caught:
        decode_json(data)
    return caught.value.code, str(caught.value)


def test_a_case_is_read_with_or_without_byte_order_mark(document):
    data = json.dumps(document).encode()
    assert read_case(data) == parse_case(document)
    assert read_case(b"\xef\xbb\xbf" + data) == parse_case(document)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("not_json", "case: is not JSON: Expecting value at line 1 column 1")),
        (
            b'["\x01"]',
            ("not_json", "case: is not JSON: Invalid control character at line 1 column 3"),
        ),
        (b"{} {}", ("not_json", "case: is not JSON: Extra data at line 1 column 4")),
        (b"\xff{}", ("not_utf8", "case: is not UTF-8 text (at byte 0)")),
        ('"\u4e00"'.encode("utf-16"), ("not_utf8", "case: is not UTF-8 text (at byte 0)")),
        (b'["\xed\xa0\x80"]', ("not_utf8", "case: is not UTF-8 text (at byte 2)")),
        (b"NaN", ("not_json", "case: is not JSON: NaN is no number")),
        (b"[0, NaN]", ("not_json", "[1]: is not JSON: NaN is no number")),
        (
            b'{"bids": [{"price": "1"}, {"price": -Infinity}], "title": NaN}',
            ("not_json", "bids[1].price: is not JSON: -Infinity is no number"),
        ),
        (
            b'{"a": {"b": 1, "c": 2, "b": 1}}',
            ("duplicate_key", "a.b: is there twice in one object"),
        ),
        (
            b'{"a": [NaN], "b": 1, "a": {"c": 1, "c": 2}}',
            ("duplicate_key", "a: is there twice in one object"),
        ),
        (
            b'{"known": {"a": ' + b"[" * 200 + b"Infinity" + b"]" * 200 + b"}}",
            ("not_json", "known.a" + "[0]" * 6 + ": is not JSON: Infinity is no number"),
        ),
        (
            b'{"\\ud800\\n": 1, "\\ud800\\n": 1}',
            ("duplicate_key", "['\\ud800\\n']: is there twice in one object"),
        ),
    ],
)
def test_other_bytes_are_refused_in_one_line(data, expected):
    assert refusal(data) == expected


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_is_refused(opening):
    assert refusal(opening * 200_000) == ("too_deep", "case: is nested too deeply")


def test_size_is_limited(monkeypatch):
    monkeypatch.setattr(reading, "MAX_CASE_BYTES", 4)
    assert decode_json(b"[ 1]") == [1]
    assert refusal(b"[  1]") == ("too_large", "case: must not be larger than 4 bytes")


@pytest.mark.parametrize("sign", [b"", b"-"])
def test_integers_have_a_longest_length(sign):
    longest = sign + b"9" * (400 - len(sign))
    assert decode_json(b"[" + longest + b", 12, 1.5]") == [int(longest), 12, 1.5]
    assert refusal(b'{"unknown": [' + longest + b"9]}") == (
        "integer_too_long",
        "unknown[0]: must not be an integer of more than 400 characters",
    )


def test_a_count_beyond_all_floats_is_refused_at_its_field(document):
    document["method"]["candidates"] = "@"
    data = json.dumps(document).replace('"@"', "1e999").encode()
    with pytest.raises(InputError) as caught:
        read_case(data)
    assert str(caught.value) == "method.candidates: must be a whole JSON number"


def test_a_huge_count_is_refused_at_its_field(document):
    document["method"]["candidates"] = int("9" * 400)
    with pytest.raises(InputError) as caught:
        read_case(json.dumps(document).encode())
    assert str(caught.value) == "method.candidates: must be from 1 to 3"


@given(st.binary(max_size=64) | st.text(max_size=64).map(lambda text: json.dumps(text).encode()))
def test_any_bytes_are_refused_or_decoded(data):
    with pytest.raises(InputError):
        read_case(data)
