"""The pool as people keep it: a CSV table, one expert per row.

Decided here: its columns, what a cell may hold, and how a fault is named: row and column.
Not decided here: who is excluded and what is stored (pool).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.terms.errors import InputError
from bideval.terms.identifiers import VENUE_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

REQUIRED = ("name", "id_tail", "discipline", "venue")
OPTIONAL = ("employer", "phone", "title")
COLUMNS = REQUIRED + OPTIONAL
CELL_LIMIT = 200
"""Characters of a cell: the longest employer's name has about sixty."""
MAX_ROWS = 200_000
"""Rows of one table: twice the largest pool that a province keeps."""
MOST_FAULTS = 100
"""Faults told at once; who has more has the wrong file."""

_DISCIPLINE = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_ID_TAIL = re.compile(r"[0-9A-Za-z]{4,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One expert as the table names him or her."""

    name: str
    id_tail: str
    discipline: str
    venue: str
    employer: str = ""
    phone: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one cell; rows count from 2, because the header is row 1."""

    row: int
    column: str
    code: str


class TableError(InputError):
    """A table with faults; `faults` are the first ones."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        first = faults[0]
        field = f"row {first.row}, column {first.column}"
        super().__init__(first.code, field=field, rule="pool.table")
        self.faults = tuple(faults)


def read_table(text: str) -> list[PoolRow]:
    """Read the table; raises TableError with every fault found (at most `MOST_FAULTS`)."""
    rows = csv.reader(text.removeprefix("\ufeff").splitlines(), strict=True)
    try:
        header = _header(next(rows, []))
        return _read_rows(header, rows)
    except csv.Error:
        fault = RowFault(rows.line_num, "*", "not_csv")
        raise TableError([fault]) from None


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    faults = [RowFault(1, name, "column_missing") for name in REQUIRED if name not in names]
    faults += [RowFault(1, name[:40], "column_unknown") for name in names if name not in COLUMNS]
    faults += [RowFault(1, name, "column_twice") for name in COLUMNS if names.count(name) > 1]
    if faults:
        raise TableError(faults)
    return names


def _read_rows(header: Sequence[str], rows: Iterable[list[str]]) -> list[PoolRow]:
    found: dict[tuple[str, str], PoolRow] = {}
    faults: list[RowFault] = []
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        row = _read_row(header, cells, number, faults)
        if row is not None and found.setdefault((row.name, row.id_tail), row) is not row:
            faults.append(RowFault(number, "name", "duplicate_expert"))
        if len(found) > MAX_ROWS:
            faults.append(RowFault(number, "*", "too_many_rows"))
            break
        if len(faults) >= MOST_FAULTS:
            break
    if not found and not faults:
        faults.append(RowFault(2, "*", "no_rows"))
    if faults:
        raise TableError(faults)
    return list(found.values())


def _read_row(
    header: Sequence[str], cells: Sequence[str], number: int, faults: list[RowFault]
) -> PoolRow | None:
    if len(cells) != len(header):
        faults.append(RowFault(number, "*", "wrong_count"))
        return None
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    own = [RowFault(number, name, code) for name, code in _faults(values)]
    faults += own
    return None if own else PoolRow(**values)


def _faults(values: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if len(value) > CELL_LIMIT:
            yield name, "too_long"
        elif not value.isprintable():
            yield name, "control_character"
        elif not value and name in REQUIRED:
            yield name, "missing"
        elif not _fits(name, value):
            yield name, f"bad_{name}"


def _fits(name: str, value: str) -> bool:
    pattern = {"discipline": _DISCIPLINE, "venue": VENUE_ID, "id_tail": _ID_TAIL}.get(name)
    return pattern is None or pattern.fullmatch(value) is not None
