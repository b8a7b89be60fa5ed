"""Decimal strings in, exact fractions inside, decimals out: no binary floats anywhere.

Decided here: which texts are numbers, how an exact value is rounded (mode and places are always
arguments; the decimal context is never consulted) and how a decimal is written.
Not decided here: which value is rounded when; that belongs to the method of a tender.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from fractions import Fraction

MAX_WHOLE_DIGITS = 18
"""Digits before the point: far beyond any budget, small enough to stay cheap."""

MAX_PLACES = 18
"""Digits after the point, for the same reason."""

_WHOLE = rf"0|[1-9][0-9]{{0,{MAX_WHOLE_DIGITS - 1}}}"
_PLAIN = re.compile(rf"-?(?:{_WHOLE})(?:\.[0-9]{{1,{MAX_PLACES}}})?", re.ASCII)
_UNLIMITED = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_SHOWN_LENGTH = 40


class RoundingMode(StrEnum):
    """What happens to a value exactly half way between two neighbours."""

    HALF_UP = "half_up"
    """Away from zero, as `decimal.ROUND_HALF_UP`."""

    HALF_EVEN = "half_even"
    """To the even neighbour, as `decimal.ROUND_HALF_EVEN`."""


def shown(text: str) -> str:
    """Return how a refused text appears in an error: quoted, on one short line.

    Letters of every script stay readable; what does not print is escaped.
    """
    return repr(text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "...")


def parse_decimal(value: object, *, field: str) -> Decimal:
    """Read a plain decimal string: `28.125`, `-0.5`, `0`; trailing zeros are kept.

    No exponent, sign `+`, white space, leading zero, signed zero, NaN or infinity, at most
    18 digits on either side of the point; a JSON number is refused, because it may have been a
    binary float. Raises `InputError` at `field`; it never quotes the text, which may be a mark or
    a price before its time.
    """
    if not isinstance(value, str):
        detail = f"must be a string holding a decimal, not {_kind(value)}"
        raise InputError("not_a_decimal", field=field, detail=detail)
    if _PLAIN.fullmatch(value) is None:
        detail = 'must be a plain decimal such as "28.125"'
        if _UNLIMITED.fullmatch(value) is not None:
            detail = (
                f"must have at most {MAX_WHOLE_DIGITS} digits before the point, {MAX_PLACES} after"
            )
        raise InputError("not_a_decimal", field=field, detail=detail)
    number = Decimal(value)
    if number.is_zero() and number.is_signed():
        raise InputError("not_a_decimal", field=field, detail="zero must carry no sign")
    return number


def round_exact(value: Fraction, places: int, *, mode: RoundingMode) -> Decimal:
    """Round an exact value to `places` digits after the point; ties go as `mode` says."""
    scaled = abs(value) * 10**places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest
    tie = twice == scaled.denominator
    up = whole % 2 == 1 if tie and mode is RoundingMode.HALF_EVEN else tie
    if up or twice > scaled.denominator:
        whole += 1
    return _decimal(-whole if value < 0 else whole, places)


def exact_decimal(value: Fraction) -> Decimal | None:
    """Return the value as a decimal without trailing zeros, or None where it never ends."""
    rest, twos = _divide_out(value.denominator, 2)
    rest, fives = _divide_out(rest, 5)
    if rest != 1:
        return None
    places = max(twos, fives)
    return _decimal(value.numerator * 10**places // value.denominator, places)


def plain(value: Decimal, *, places: int = 0) -> str:
    """Write a decimal without exponent, padded with zeros to at least `places` digits."""
    text = format(value, "f")
    _, point, digits = text.partition(".")
    missing = max(places - len(digits), 0)
    return text + ("" if point or not missing else ".") + "0" * missing


def _decimal(scaled: int, places: int) -> Decimal:
    digits = tuple(int(digit) for digit in str(abs(scaled)))
    return Decimal((int(scaled < 0), digits, -places))


def _divide_out(number: int, factor: int) -> tuple[int, int]:
    times = 0
    while number % factor == 0:
        number //= factor
        times += 1
    return number, times


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a JSON number"
    return "a list" if isinstance(value, list) else "an object"
