"""The opening sheet (开标一览表): the few figures of a bid that are read out.

Decided here: which members a sheet has and what they may be. Not decided here: whether the price
is below the ceiling or the preference applies; that is the scoring engine's.
Source: Order 87 arts. 41 (announcing) and 59(1) (the sheet beats the rest of the bid).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bideval.terms.decimals import plain
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from decimal import Decimal

NAME_LIMIT = 200
"""Characters of the bidder's name, a brand or a delivery time: one line of the hall's screen."""

REMARKS_LIMIT = 1_000
"""Characters of the remarks."""

_PERCENT_LIMIT = 100


class BidderSize(StrEnum):
    """The bidder's declared size; small and micro ones may get a price preference."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"


class OpeningSheet(NamedTuple):
    """What is announced of one bid."""

    bidder_name: str
    price: Decimal
    size: BidderSize
    small_share_percent: Decimal | None
    brand: str | None
    duration: str
    remarks: str


def parse_sheet(value: object, field: str) -> OpeningSheet:
    """Read an opening sheet; raise `InputError` with the path of what is wrong.

    The price is not negative (zero where price is not scored at all); the share of small firms in
    a joint bid lies between 0 and 100 or is null; unknown members are left alone.
    """
    fields = Fields(value, field)
    return OpeningSheet(
        bidder_name=fields.text("bidder_name", limit=NAME_LIMIT),
        price=_price(fields),
        size=fields.choice("size", BidderSize),
        small_share_percent=fields.optional("small_share_percent", lambda _: _percent(fields)),
        brand=fields.optional("brand", lambda name: fields.text(name, limit=NAME_LIMIT)),
        duration=fields.text("duration", limit=NAME_LIMIT),
        remarks=fields.text("remarks", limit=REMARKS_LIMIT, least=0),
    )


def sheet_document(sheet: OpeningSheet) -> dict[str, object]:
    """Return the JSON members of a sheet; `parse_sheet` of them gives the sheet again."""
    share = sheet.small_share_percent
    return {
        **sheet._asdict(),
        "price": plain(sheet.price),
        "size": str(sheet.size),
        "small_share_percent": None if share is None else plain(share),
    }


def _price(fields: Fields) -> Decimal:
    price = fields.decimal("price")
    if price < 0:
        raise InputError("out_of_range", field=fields.at("price"), detail="must not be negative")
    return price


def _percent(fields: Fields) -> Decimal:
    percent = fields.decimal("small_share_percent")
    if not 0 <= percent <= _PERCENT_LIMIT:
        at = fields.at("small_share_percent")
        raise InputError("out_of_range", field=at, detail="must lie between 0 and 100")
    return percent
