"""JSON: the one form that is written, and what a strict reader refuses."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.terms.errors import FaultError, InputError

SAFE = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def nested(depth):
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


def test_keys_are_sorted_by_code_point_without_white_space():
    value = {"b": [1, True, None], "a": "x", "\ue000": 1, "\U0001f600": 2, "Z": -1}
    expected = '{"Z":-1,"a":"x","b":[1,true,null],"\ue000":1,"\U0001f600":2}'
    assert canonical_bytes(value) == expected.encode()


def test_text_is_utf8_and_escaped_only_where_json_must():
    value = '中"\\\n\x00\x7f/'
    assert canonical_bytes(value) == '"中\\"\\\\\\n\\u0000\x7f/"'.encode()


def test_tuples_are_lists_and_string_enums_are_strings():
    assert canonical_bytes((1, ("a",))) == b'[1,["a"]]'


NO_FORM = [
    *(1.0, float("nan"), Decimal(1), b"x", {1: 2}, {"a": {None: 1}}, 2**53, -(2**53)),
    *({"a"}, "\ud800", {"\ud800": 1}, nested(33), object()),
]


@pytest.mark.parametrize("value", NO_FORM)
def test_what_has_no_canonical_form_is_our_own_fault(value):
    with pytest.raises(FaultError) as caught:
        canonical_bytes(value)
    assert caught.value.code == "not_canonical"


def test_the_largest_integers_and_deepest_value_are_written():
    assert canonical_bytes([SAFE, -SAFE]) == b"[9007199254740991,-9007199254740991]"
    assert len(canonical_bytes(nested(31))) == 64


@given(VALUES)
def test_read_gives_back_what_was_written(value):
    assert read_json(canonical_bytes(value), limit=10_000) == value


@given(VALUES)
def test_writing_does_not_depend_on_the_order_of_keys(value):
    shuffled = json.loads(json.dumps(value, sort_keys=False), object_pairs_hook=_reversed)
    assert canonical_bytes(shuffled) == canonical_bytes(value)


def _reversed(pairs):
    return dict(reversed(pairs))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"{} {}", "not_json"),
        (b"{'a':1}", "not_json"),
        (b'{"a":1,}', "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'"\xff"', "not_json"),
        (b'"\xed\xa0\x80"', "not_json"),
        (b'"a\nb"', "not_json"),
        (b'"\\ud800"', "not_json"),
        (b'{"\\uDC00":1}', "not_json"),
        (b'{"a":1,"a":1}', "duplicate_key"),
        (b'{"a":1,"\\u0061":2}', "duplicate_key"),
        (b'[{"x":{"b":1,"b":1}}]', "duplicate_key"),
        (b"1.0", "float"),
        (b"[1e3]", "float"),
        (b"NaN", "float"),
        (b"-Infinity", "float"),
        (b"9007199254740992", "number_too_large"),
        (b"-9007199254740992", "number_too_large"),
        (b"1" * 90, "number_too_large"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
        (b"[" * 49 + b"]" * 49, "too_deep"),
        (b"[" * 50 + b"]" * 50, "too_deep"),
        (b" " * 101, "too_large"),
    ],
)
def test_read_refuses(data, code):
    with pytest.raises(InputError) as caught:
        read_json(data, limit=400 if code == "too_deep" else 100, field="entry")
    assert (caught.value.code, caught.value.field) == (code, "entry")


def test_read_survives_nesting_beyond_the_stack():
    with pytest.raises(InputError) as caught:
        read_json(b"[" * 200_000, limit=1_000_000)
    assert caught.value.code == "not_json"


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b' {"a" : [ ] }\n', {"a": []}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800"', "\\ud800"),
        (b"-0", 0),
        (b"[" * 32 + b"]" * 32, nested(31)),
        (b"[" + b"{}," * 40 + b"1]", [{}] * 40 + [1]),
    ],
)
def test_read_returns(data, value):
    assert read_json(data, limit=200) == value


def test_floats_are_read_where_they_are_allowed():
    assert read_json(b"[2.5,1e2,7]", limit=100, allow_float=True) == [2.5, 100.0, 7]


@pytest.mark.parametrize(("data", "code"), [(b"1e999", "number_too_large"), (b"NaN", "float")])
def test_infinities_are_refused_even_there(data, code):
    with pytest.raises(InputError) as caught:
        read_json(data, limit=100, allow_float=True)
    assert caught.value.code == code


def test_errors_do_not_quote_the_text():
    with pytest.raises(InputError) as caught:
        read_json('{"name":"王小明",}'.encode(), limit=100)
    assert ascii(str(caught.value)) == "'json: must be JSON in UTF-8'"
