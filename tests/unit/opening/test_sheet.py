"""Opening sheets: what may be read out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bideval.opening.sheet import BidderSize, OpeningSheet, parse_sheet, sheet_document
from bideval.terms.errors import InputError

DOCUMENT = {
    "bidder_name": "奉化桥梁工程有限公司",
    "price": "1200000.00",
    "size": "small",
    "small_share_percent": None,
    "brand": None,
    "duration": "180 days",
    "remarks": "",
}


def test_a_sheet_is_read():
    assert parse_sheet(DOCUMENT, "sheet") == OpeningSheet(
        bidder_name="奉化桥梁工程有限公司",
        price=Decimal("1200000.00"),
        size=BidderSize.SMALL,
        small_share_percent=None,
        brand=None,
        duration="180 days",
        remarks="",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"small_share_percent": "30"},
        {"small_share_percent": "0"},
        {"small_share_percent": "100"},
        {"brand": "A牌", "remarks": "two\nlines", "size": "micro"},
        {"price": "0.01"},
        {"price": "0.00"},
    ],
)
def test_a_sheet_is_written_as_it_was_read(changes):
    document = DOCUMENT | changes
    assert sheet_document(parse_sheet(document, "sheet")) == document


def test_optional_members_may_be_missing_and_unknown_ones_are_left_alone():
    document = {k: v for k, v in DOCUMENT.items() if v is not None} | {"later": 1}
    assert sheet_document(parse_sheet(document, "sheet")) == DOCUMENT


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"bidder_name": ""}, "too_short", "sheet.bidder_name"),
        ({"bidder_name": "x" * 201}, "too_long", "sheet.bidder_name"),
        ({"price": 1200000}, "not_a_decimal", "sheet.price"),
        ({"price": "1,200,000"}, "not_a_decimal", "sheet.price"),
        ({"price": "-1"}, "out_of_range", "sheet.price"),
        ({"size": "tiny"}, "unknown_choice", "sheet.size"),
        ({"small_share_percent": 30}, "not_a_decimal", "sheet.small_share_percent"),
        ({"small_share_percent": "100.1"}, "out_of_range", "sheet.small_share_percent"),
        ({"small_share_percent": "-0.1"}, "out_of_range", "sheet.small_share_percent"),
        ({"brand": ""}, "too_short", "sheet.brand"),
        ({"duration": None}, "not_a_text", "sheet.duration"),
        ({"remarks": "x" * 1001}, "too_long", "sheet.remarks"),
        ({"remarks": "\x00"}, "control_character", "sheet.remarks"),
    ],
)
def test_a_malformed_sheet_is_refused_at_its_member(changes, code, field):
    with pytest.raises(InputError) as caught:
        parse_sheet(DOCUMENT | changes, "sheet")
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize("name", ["bidder_name", "price", "size", "duration", "remarks"])
def test_a_missing_member_is_named(name):
    document = {key: value for key, value in DOCUMENT.items() if key != name}
    with pytest.raises(InputError) as caught:
        parse_sheet(document, "sheet")
    assert (caught.value.code, caught.value.field) == ("missing", f"sheet.{name}")
