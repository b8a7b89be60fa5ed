from __future__ import annotations

import csv
import io
from collections import Counter

from bideval.rehearsal.example_files import example_json
from bideval.rehearsal.example_pool import PER_DISCIPLINE_AND_VENUE, example_pool

ROWS = list(csv.DictReader(io.StringIO(example_pool(["fenghe", "wencheng"]))))


def test_every_discipline_and_venue_has_its_experts() -> None:
    counted = Counter((row["discipline"], row["venue"]) for row in ROWS)

    assert counted == {
        (discipline, venue): PER_DISCIPLINE_AND_VENUE
        for discipline in ("property", "finance")
        for venue in ("fenghe", "wencheng")
    }


def test_nobody_is_listed_twice() -> None:
    assert len({row["name"] for row in ROWS}) == len(ROWS)
    assert len({row["id_tail"] for row in ROWS}) == len(ROWS)


def test_two_experts_are_employed_by_bidders() -> None:
    bidders = [bid["name"] for bid in example_json("bids.json")["bids"]]

    employed = [row["employer"] for row in ROWS if row["employer"] in bidders]

    assert employed == [bidders[0], bidders[2]]
