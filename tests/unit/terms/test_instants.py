"""Instants: the one written form, and what is not read."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.terms.errors import InputError
from bideval.terms.instants import LAST_INSTANT, instant_text, parse_instant

TEN_IN_THE_MORNING = 1_795_312_800_000
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def test_text_has_milliseconds_and_the_offset_of_china():
    assert instant_text(TEN_IN_THE_MORNING) == "2026-11-22T10:00:00.000+08:00"


def test_text_in_another_zone_names_its_offset():
    assert instant_text(TEN_IN_THE_MORNING, zone=UTC) == "2026-11-22T02:00:00.000+00:00"


@pytest.mark.parametrize("instant", [-1, LAST_INSTANT + 1])
def test_text_of_an_instant_out_of_range_is_our_own_fault(instant):
    with pytest.raises(ValueError, match="between 1970 and 9999"):
        instant_text(instant)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00.000Z", 0),
        ("1970-01-01T08:00:00.001+08:00", 1),
        ("2026-11-22T02:00:00.000Z", TEN_IN_THE_MORNING),
        ("2026-11-21T21:30:00.000-04:30", TEN_IN_THE_MORNING),
        ("9999-12-31T00:00:00.000Z", LAST_INSTANT),
    ],
)
def test_parse_reads_any_offset(text, instant):
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:00:00+08:00",
        "2026-11-22T10:00:00.0000+08:00",
        "2026-11-22T10:00:00.000",
        "2026-11-22 10:00:00.000+08:00",
        "2026-11-22T10:00:00.000+0800",
        "2026-11-22T10:00:00.000z",
        "2026-11-22T24:00:00.000Z",
        "2026-11-22T10:00:60.000Z",
        "2026-02-29T10:00:00.000Z",
        "2026-13-01T10:00:00.000Z",
        "2026-11-22T10:00:00.000+24:00",
        "2026-11-22T10:00:00.000+08:60",
        "1969-12-31T23:59:59.999Z",
        "0000-01-01T00:00:00.000Z",
        "9999-12-31T00:00:00.001Z",
        "2026-11-22T10:00:00.000+08:00\n",
        "\uff12026-11-22T10:00:00.000Z",
        "",
        None,
        TEN_IN_THE_MORNING,
    ],
)
def test_parse_refuses_other_shapes_at_the_named_field(text):
    with pytest.raises(InputError) as caught:
        parse_instant(text, field="entry.at")
    assert (caught.value.code, caught.value.field) == ("not_an_instant", "entry.at")


@given(st.integers(0, LAST_INSTANT), OFFSETS)
def test_parse_gives_back_what_was_written_in_any_zone(instant, zone):
    assert parse_instant(instant_text(instant, zone=zone)) == instant
