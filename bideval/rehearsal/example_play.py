"""The example as a meeting: its tender, bids and pool, and what its people say.

Decided here: the play of the demonstration. Marks follow from a bid's quality and the member's
place, so that every run has the same result; one expert declines, one member mistakes an objective
mark and corrects it, four of five find one bid unresponsive, one signs with a dissent.
Not decided here: how the session is held (`meeting`), figures and wording (files of `example`).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from bideval.opening.sheet import BidderSize, OpeningSheet
from bideval.rehearsal.example_files import example_json
from bideval.rehearsal.meeting import BidPlan
from bideval.terms.decimals import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.rehearsal.autopilot import Task
    from bideval.rehearsal.client import View

OFFICERS = 5
VENUES = {
    "fenghe": "凤和区公共资源交易中心",
    "wencheng": "文城市公共资源交易中心",
    "linhai": "临海县公共资源交易中心",
}
"""Venue id to name; the first is main, the last has no seats and is a witness."""
PAPER_NAME = "投标文件.pdf"
DECLINING_SEAT = 2
MISTAKEN_SEAT = 1
LENIENT_SEAT = 3
DISSENTING_SEAT = 4
CHAIRING_SEAT = 5
MISTAKE = ("bid-002", "B1", "8")
"""Bid, criterion, and what the mistaken member first enters."""
LEANINGS = (0, 1, -1, 0, -2, 1, 0)
"""By how many steps of the scale members differ from what a bid's quality is worth."""


def example_tender() -> dict[str, Any]:
    """Return the tender without its deadline, which the meeting sets."""
    tender = dict(example_json("tender.json"))
    tender.pop("deadline", None)
    return tender


def example_bids(papers: Sequence[bytes]) -> list[BidPlan]:
    """Return the bids to seal, each with its paper."""
    duration = example_json("paper.json")["duration"]
    return [
        BidPlan(
            id=_bid_id(number),
            lot="1",
            sheet=_sheet(bid, duration),
            files=((PAPER_NAME, paper, "application/pdf"),),
        )
        for number, (bid, paper) in enumerate(zip(_bids(), papers, strict=True))
    ]


def _bids() -> list[dict[str, Any]]:
    bids: list[dict[str, Any]] = example_json("bids.json")["bids"]
    return bids


def _bid_id(number: int) -> str:
    return f"bid-{number + 1:03d}"


def _sheet(bid: Mapping[str, Any], duration: str) -> OpeningSheet:
    share = bid["small_share_percent"]
    return OpeningSheet(
        bidder_name=bid["name"],
        price=Decimal(bid["price"]),
        size=BidderSize(bid["size"]),
        small_share_percent=None if share is None else Decimal(share),
        brand=None,
        duration=duration,
        remarks="",
    )


def mark_for(bid: int, seat: int, criterion: Mapping[str, Any]) -> str:
    """Return the true mark of the member on a seat for a bid (number from 0).

    Objective marks are the bid's; others are its quality on the criterion's scale, a step or two
    up or down, always a multiple of the step within the range.
    """
    facts = _bids()[bid]
    if criterion["kind"] == "objective":
        return str(facts["objective"][criterion["id"]])
    least, step = Decimal(criterion["min"]), Decimal(criterion["step"])
    most = (Decimal(criterion["max"]) - least) / step
    worth = (most * Decimal(facts["quality"])).to_integral_value(ROUND_HALF_UP)
    place = seat * 3 + bid * 2 + int(criterion["id"][1:])
    steps = min(max(worth + LEANINGS[place % len(LEANINGS)], Decimal(0)), most)
    return plain(least + steps * step)


class ExamplePlay:
    """What the example's people say."""

    def __init__(self) -> None:
        self._seats: dict[str, int] = {}
        self._declined = False
        self._begun = False

    def take_seat(self, seat: int, _venue: str, person: str) -> None:
        """Learn who sits where."""
        self._seats[person] = seat

    def answer(self, seat: Mapping[str, Any]) -> str:
        """Decline once, for the first expert drawn for one seat; the next ticket accepts."""
        if seat["seat"] == DECLINING_SEAT and not self._declined:
            self._declined = True
            return "declined"
        return "accepted"

    def begin(self) -> None:
        """Let scoring begin."""
        self._begun = True

    def wants(self, _person: str, task: Task, view: View) -> bool:
        """Score only when scoring may begin; do not give up what a correction can still mend."""
        if task["task"] == "order_phase":
            return (view["phase"], task["to"]) != ("released", "archived")
        return self._begun or task["task"] != "sign_sheet"

    def chair(self, view: View) -> str:
        """Everybody votes for the member on one seat."""
        members = view["panel"]["members"]
        return next(str(one["person"]) for one in members if one["seat"] == CHAIRING_SEAT)

    def vote(self, person: str, bid: dict[str, Any]) -> tuple[str, str | None, str]:
        """Reject the bid that does not promise what the tender requires; one member would not."""
        failed = _bids()[_number(bid["bid"])]["unresponsive"]
        if failed is None or self._seats[person] == LENIENT_SEAT:
            return "responsive", None, ""
        return "unresponsive", failed, example_json("play.json")["unresponsive"]

    def marks(self, person: str, view: View) -> dict[str, dict[str, str | None]]:
        """Return a member's sheet for the bids under evaluation."""
        open_bids = [one["bid"] for one in view["responsiveness"] if one["verdict"] == "responsive"]
        criteria = view["tender"]["method"]["criteria"]
        return {
            bid: {one["id"]: self._first_mark(self._seats[person], bid, one) for one in criteria}
            for bid in open_bids
        }

    def _first_mark(self, seat: int, bid: str, criterion: Mapping[str, Any]) -> str:
        if seat == MISTAKEN_SEAT and (bid, criterion["id"]) == MISTAKE[:2]:
            return MISTAKE[2]
        return mark_for(_number(bid), seat, criterion)

    def correction(self, person: str, finding: dict[str, Any]) -> tuple[str, str, str] | None:
        """Correct the mistaken mark; nobody else has anything to correct."""
        place = (finding["bid"], finding["criterion"])
        if self._seats[person] != MISTAKEN_SEAT or place != MISTAKE[:2]:
            return None
        true = str(_bids()[_number(finding["bid"])]["objective"][finding["criterion"]])
        return true, "objective", example_json("play.json")["correction"]

    def stance(self, person: str, _view: View) -> tuple[str, str] | None:
        """Everybody agrees; one with reasons to the contrary."""
        if self._seats[person] == DISSENTING_SEAT:
            return "dissent", example_json("play.json")["dissent"]
        return "agree", ""

    def leaving(self, _view: View) -> list[tuple[str, str, str]]:
        """Nobody leaves."""
        return []


def _number(bid: str) -> int:
    return int(bid.removeprefix("bid-")) - 1
