"""Amounts in capital characters."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.pages.capitals import DIGITS, capitals
from bideval.terms.errors import InputError


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10.05", "壹拾元零伍分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("1080000.00", "壹佰零捌万元整"),
        ("2498000", "贰佰肆拾玖万捌仟元整"),
        ("100000001", "壹亿零壹元整"),
        ("1000010000", "壹拾亿零壹万元整"),
        ("99999999999999.99", "玖拾玖兆玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("-3", "负叁元整"),
    ],
)
def test_capitals_write_the_amount(amount: str, text: str) -> None:
    assert capitals(Decimal(amount)) == text


@pytest.mark.parametrize("amount", ["0.001", "1E+16"])
def test_capitals_refuse_what_is_not_money(amount: str) -> None:
    with pytest.raises(InputError) as refused:
        capitals(Decimal(amount))

    assert refused.value.code == "not_money"


UNITS = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10**4, "亿": 10**8, "兆": 10**12}


def value_of(text: str) -> int:
    """Read capitals back, in fen; an independent, forgiving reader."""
    whole, _, rest = text.rpartition("元")
    return 100 * _number(whole) + _fen(rest)


def _number(text: str) -> int:
    total = group = digit = 0
    for letter in text:
        if letter in DIGITS:
            digit = DIGITS.index(letter)
        elif letter in UNITS:
            group, digit = group + digit * UNITS[letter], 0
        else:
            total, group, digit = total + (group + digit) * GROUPS[letter], 0, 0
    return total + group + digit


def _fen(text: str) -> int:
    digits = {"角": 10, "分": 1}
    return sum(
        DIGITS.index(text[at - 1]) * digits[letter]
        for at, letter in enumerate(text)
        if letter in digits
    )


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_capitals_read_back_to_the_same_amount(fen: int) -> None:
    assert value_of(capitals(Decimal(fen) / 100)) == fen


@given(st.integers(min_value=1, max_value=10**16 - 1))
def test_capitals_never_put_zeros_together(yuan: int) -> None:
    text = capitals(Decimal(yuan))

    assert ("零零" in text, text.startswith("零"), "零元" in text) == (False, False, False)
