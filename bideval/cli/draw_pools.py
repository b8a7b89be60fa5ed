"""Pools and panels to simulate with: from a file, or invented.

Decided here: which files are read, and which panel is drawn where none is asked for.
Not decided here: the forms of the files (`bideval.draw.pool`, `bideval.actions.pool_table`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bideval.actions.pool_table import check_table, table_rows
from bideval.draw.pool import ELIGIBLE, HEADER, HEADER_1, PoolRow, make_pool, parse_pool
from bideval.draw.seats import SeatPlan
from bideval.evidence.encoding import tagged_hash
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from bideval.draw.pool import Pool

SEATS = 5
"""Seats of a panel where none is asked for: the smallest that Order 87 art. 47 allows."""
INVENTED = (("engineering", "main"), ("law", "main"), ("engineering", "branch"), ("law", "branch"))
_LEAF_TAG = "bideval/draw-simulation-leaf/v1"


def pool_in(path: Path, seed: str) -> Pool:
    """Return the pool in a file: a pool file as it stands in a bundle, or a table.

    Of a table everybody is eligible. Raises InputError `unreadable`, or what is wrong in the file.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(HEADER)) in {HEADER, HEADER_1}:
                file.seek(0)
                return parse_pool(file.read())
            return make_pool(_table_rows(file, seed))
    except OSError as error:
        detail = f"cannot be read: {error.strerror}"
        raise InputError("unreadable", field="--pool", detail=detail) from None


def _table_rows(file: BinaryIO, seed: str) -> Iterator[PoolRow]:
    check_table(file)
    for row in table_rows(file):
        leaf = tagged_hash(_LEAF_TAG, seed.encode(), *(part.encode() for part in row.key))
        yield PoolRow(leaf, row.discipline, row.venue, ELIGIBLE, int(row.weight or 1))


def invented_pool(experts: int) -> Pool:
    """Return a pool of so many experts in four strata."""
    return make_pool(
        PoolRow(tagged_hash(_LEAF_TAG, str(n).encode()), *INVENTED[n % len(INVENTED)], ELIGIBLE)
        for n in range(experts)
    )


def default_plan(pool: Pool) -> SeatPlan:
    """Return a panel of five that goes round the disciplines and the venues of a pool."""
    eligible = pool.eligible
    if not eligible:
        raise InputError("no_rows", field="--pool", detail="nobody is eligible")
    names = sorted({row.discipline for row in eligible})
    venues = sorted({row.region for row in eligible})
    return SeatPlan(
        Counter(names[seat % len(names)] for seat in range(SEATS)),
        Counter(venues[seat % len(venues)] for seat in range(SEATS)),
    )


def plan_of(disciplines: Sequence[str] | None, venues: Sequence[str] | None) -> SeatPlan:
    """Return the panel of `ID=SEATS` words; raises InputError where one is malformed."""
    return SeatPlan(_counts(disciplines, "--discipline"), _counts(venues, "--venue"))


def _counts(words: Sequence[str] | None, field: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words or ():
        name, _, seats = word.rpartition("=")
        if not name or not seats.isascii() or not seats.isdecimal() or name in counts:
            raise InputError("malformed", field=field, detail="must be ID=SEATS, each id once")
        counts[name] = int(seats)
    return counts
