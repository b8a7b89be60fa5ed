"""The example's pool of experts: invented people, as a table of the kind that trading centres keep.

Decided here: how many there are of each discipline and venue, and that two of them work for
bidders, so that the import has somebody to exclude. Nobody here exists.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from bideval.rehearsal.example_files import example_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PER_DISCIPLINE_AND_VENUE = 60
COLUMNS = ("name", "id_tail", "employer", "discipline", "venue", "phone", "title")
EMPLOYED_BY_BIDDERS = {7: 0, 68: 2}
"""Number of the expert to number of the bid whose bidder employs him or her."""
STRIDE = 7
"""Neighbours in the table do not share a character; coprime to the lengths of the lists."""


def example_pool(venues: Sequence[str]) -> str:
    """Return the pool table (CSV) for seats at these venues."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_rows(venues))
    return text.getvalue()


def _rows(venues: Sequence[str]) -> Iterator[tuple[str, ...]]:
    words = example_json("people.json")
    bids = example_json("bids.json")["bids"]
    disciplines = [one["id"] for one in example_json("tender.json")["panel"]["disciplines"]]
    places = [(discipline, venue) for discipline in disciplines for venue in venues]
    for number in range(PER_DISCIPLINE_AND_VENUE * len(places)):
        discipline, venue = places[number // PER_DISCIPLINE_AND_VENUE]
        employers, titles = words["employers"], words["titles"][discipline]
        bid = EMPLOYED_BY_BIDDERS.get(number)
        employer = employers[number % len(employers)] if bid is None else bids[bid]["name"]
        id_tail = f"{(number * 7919 + 1024) % 10**6:06d}"
        phone = f"000-{number:04d}"
        title = titles[number % len(titles)]
        yield (_name(words, number), id_tail, employer, discipline, venue, phone, title)


def _name(words: dict[str, list[str]], number: int) -> str:
    surnames, first, second = words["surnames"], words["first"], words["second"]
    surname = surnames[number % len(surnames)]
    given = first[number * STRIDE % len(first)] + second[number // len(surnames) % len(second)]
    return surname + given
