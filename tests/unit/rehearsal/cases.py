"""Small cases on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.scoring.case import parse_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.scoring.case import Case


def case(
    *,
    title: str = "a case",
    members: Sequence[str | dict[str, str | None]] = ("a",),
    bids: Sequence[str] = ("x",),
    invalid: str = "",
    absent: str = "",
) -> Case:
    """Return a case of one criterion in which every sheet gives 7.5, but none to `absent`."""
    people = [_member(one) for one in members]
    marks = {bid: {"quality": None if bid == absent else "7.5"} for bid in bids}
    return parse_case(
        {
            "format": "bideval-case/1",
            "title": title,
            "tender": {"category": "services", "ceiling": "90.00"},
            "method": {
                "type": "comprehensive",
                "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
                "panel_mean": {"over": "member_total", "trim": None},
                "absent_marks": "skip",
                "criteria": [
                    {"id": "quality", "name": "quality", "kind": "subjective", "max": "10"}
                ],
                "price": {"formula": "lowest_price", "max": "10"},
                "ties": ["evaluated_price"],
                "candidates": 1,
            },
            "bids": [{"id": bid, "price": "80.00", "valid": bid != invalid} for bid in bids],
            "members": people,
            "scoresheets": [{"member": one["id"], "marks": marks} for one in people],
        }
    )


def _member(one: str | dict[str, str | None]) -> dict[str, str | None]:
    if isinstance(one, str):
        return {"id": one}
    return {"status": "replaced", **one}
