"""Decimals: what is a number, and rounding judged by the standard library."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.terms.decimals import (
    RoundingMode,
    exact_decimal,
    parse_decimal,
    plain,
    round_exact,
    shown,
)
from bideval.terms.errors import InputError

ORACLE = {
    RoundingMode.HALF_UP: decimal.ROUND_HALF_UP,
    RoundingMode.HALF_EVEN: decimal.ROUND_HALF_EVEN,
}


@pytest.mark.parametrize(
    "text",
    ["0", "7", "28.125", "-0.5", "13.0", "0.00", "-12", "9" * 18 + "." + "9" * 18],
)
def test_plain_decimal_keeps_value_and_trailing_zeros(text):
    assert plain(parse_decimal(text, field="f")) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1 ", " 1", "1\n", "\n1", "+1", "--1", "-", ".", ".5", "5.", "1..2", "1.2.3"),
        *("01", "00", "-01", "007.5", "1e3", "1E3", "1e-3", "NaN", "nan", "sNaN", "Infinity"),
        *(
            "-Infinity",
            "inf",
            "1,000",
            "1_000",
            "0x10",
            "\u0661\u0662",
            "½",
            "1/2",
            "\uff11",
            "\u22121",
        ),
        *("0" * 19, "9" * 19 + ".", "9" * 19 + "e1", "1\x00", "\ud800"),
    ],
)
def test_other_text_is_refused_at_its_field(text):
    with pytest.raises(InputError) as caught:
        parse_decimal(text, field="bids[0].price")
    assert (caught.value.code, caught.value.field) == ("not_a_decimal", "bids[0].price")
    assert caught.value.detail == 'must be a plain decimal such as "28.125"'


@pytest.mark.parametrize(
    "text",
    ["9" * 19, "-1" + "0" * 18, "0." + "1" * 19, "-0." + "0" * 19, "1" * 19 + ".5", "9" * 100_000],
)
def test_too_many_digits_are_told_apart_from_other_text(text):
    with pytest.raises(InputError) as caught:
        parse_decimal(text, field="f")
    assert caught.value.code == "not_a_decimal"
    assert str(caught.value) == "f: must have at most 18 digits before the point, 18 after"


@pytest.mark.parametrize("text", ["-0", "-0.0", "-0.000"])
def test_signed_zero_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_decimal(text, field="f")
    assert str(caught.value) == "f: zero must carry no sign"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (28.125, "a JSON number"),
        (28, "a JSON number"),
        (True, "true or false"),
        (None, "null"),
        (["1"], "a list"),
        ({"a": "1"}, "an object"),
    ],
)
def test_other_json_is_refused_by_kind(value, kind):
    with pytest.raises(InputError) as caught:
        parse_decimal(value, field="f")
    assert str(caught.value) == f"f: must be a string holding a decimal, not {kind}"


@pytest.mark.parametrize(
    ("value", "places", "mode", "expected"),
    [
        ("28.125", 2, "half_up", "28.13"),
        ("28.125", 2, "half_even", "28.12"),
        ("28.135", 2, "half_even", "28.14"),
        ("-0.145", 2, "half_up", "-0.15"),
        ("-0.145", 2, "half_even", "-0.14"),
        ("0.5", 0, "half_up", "1"),
        ("0.5", 0, "half_even", "0"),
        ("1.5", 0, "half_even", "2"),
        ("-0.001", 2, "half_up", "0.00"),
        ("2.5", 3, "half_up", "2.500"),
    ],
)
def test_rounding_of_known_values(value, places, mode, expected):
    rounded = round_exact(Fraction(value), places, mode=RoundingMode(mode))
    assert format(rounded, "f") == expected


@given(
    st.integers(-(10**12), 10**12),
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from(RoundingMode),
)
def test_rounding_agrees_with_the_decimal_module(digits, scale, places, mode):
    value = Fraction(digits, 10**scale)
    with decimal.localcontext(prec=60):
        exact = Decimal(digits).scaleb(-scale)
        oracle = exact.quantize(Decimal(1).scaleb(-places), rounding=ORACLE[mode])
    rounded = round_exact(value, places, mode=mode)
    assert rounded == oracle
    assert rounded.as_tuple().exponent == -places


@given(st.fractions(), st.integers(0, 6), st.sampled_from(RoundingMode))
def test_rounding_moves_at_most_half_a_unit_and_is_idempotent(value, places, mode):
    rounded = round_exact(value, places, mode=mode)
    assert abs(Fraction(rounded) - value) <= Fraction(1, 2 * 10**places)
    assert round_exact(Fraction(rounded), places, mode=mode) == rounded


@given(st.fractions(), st.fractions(), st.sampled_from(RoundingMode))
def test_rounding_keeps_order(one, other, mode):
    low, high = sorted((one, other))
    assert round_exact(low, 2, mode=mode) <= round_exact(high, 2, mode=mode)


def test_rounding_ignores_the_decimal_context():
    with decimal.localcontext(prec=3):
        rounded = round_exact(Fraction("123456789.125"), 2, mode=RoundingMode.HALF_UP)
    assert format(rounded, "f") == "123456789.13"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 3), None),
        (Fraction(-5, 7), None),
        (Fraction(0), "0"),
        (Fraction(1, 8), "0.125"),
        (Fraction(-3, 40), "-0.075"),
        (Fraction(1200), "1200"),
    ],
)
def test_exact_decimal_exists_only_where_the_expansion_ends(value, expected):
    exact = exact_decimal(value)
    assert (None if exact is None else plain(exact)) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_exact_decimal_is_exact(value):
    assert exact_decimal(Fraction(value)) == value


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("18", 2, "18.00"),
        ("18.5", 2, "18.50"),
        ("18.125", 2, "18.125"),
        ("18", 0, "18"),
        ("0.0000001", 2, "0.0000001"),
        ("1E+3", 0, "1000"),
    ],
)
def test_plain_pads_and_never_uses_an_exponent(value, places, text):
    assert plain(Decimal(value), places=places) == text


def test_shown_stays_on_one_short_line():
    assert shown("a\nb") == "'a\\nb'"
    assert shown("投标人\u202e\ud800") == "'投标人\\u202e\\ud800'"
    assert shown("x" * 41) == "'" + "x" * 40 + "...'"
