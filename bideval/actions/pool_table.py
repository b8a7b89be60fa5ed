"""The pool as people keep it: a CSV table, one expert per row.

Decided here: its columns, what a cell may hold, and how a fault is named: row, column and code.
Not decided here: who is excluded and what is stored (pool).

The table is read twice and never held: `check_table` finds every fault, `table_rows` gives rows.
"""

from __future__ import annotations

import csv
import heapq
import re
import unicodedata
from array import array
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, BinaryIO

from bideval.draw.exclusions import former_employers
from bideval.draw.identity import CELL_LIMIT, LIST_LIMIT
from bideval.draw.pool import MAX_WEIGHT
from bideval.draw.room import ONCE, TWICE, cell_bytes
from bideval.terms.errors import InputError
from bideval.terms.identifiers import VENUE_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REQUIRED = ("name", "id_tail", "discipline", "venue")
LISTS = ("former", "relatives", "projects")
OPTIONAL = ("employer", "phone", "title", "weight", *LISTS)
COLUMNS = REQUIRED + OPTIONAL
CELLS = TWICE + ONCE
MAX_ROWS = 1_000_000
"""Rows of one table: ten times the largest pool that a province keeps."""
LINE_LIMIT = 16_384
"""Bytes of one line: every cell full of Chinese takes about ten thousand."""
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of what no cell may hold.

Wide spaces between the two characters of a name, private letters and letters that are newer than
this interpreter's tables (rare characters of names) are none of them, though not *printable*.
"""
MOST_FAULTS = 100
"""Faults told at once; who has more has the wrong file."""

_DISCIPLINE = re.compile(r"[A-Za-z0-9-]{1,40}", re.ASCII)
_ID_TAIL = re.compile(r"[0-9A-Za-z]{4,18}", re.ASCII)
_WEIGHT = re.compile(r"(?:[1-9][0-9]{0,2})?", re.ASCII)
_PATTERNS = {
    "discipline": _DISCIPLINE,
    "venue": VENUE_ID,
    "id_tail": _ID_TAIL,
    "weight": _WEIGHT,
}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .xls begin."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One expert as the table names him or her; an empty weight is 1."""

    name: str
    id_tail: str
    discipline: str
    venue: str
    employer: str = ""
    phone: str = ""
    title: str = ""
    weight: str = ""
    former: str = ""
    relatives: str = ""
    projects: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two rows the same person, however it is spelled."""
        name = unicodedata.normalize("NFKC", self.name).casefold()
        return "".join(name.split()), self.id_tail.upper()


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one cell; rows count from 2, because the header is row 1.

    `same_as` is the earlier row of a duplicate.
    """

    row: int
    column: str
    code: str
    same_as: int | None = None


class TableError(InputError):
    """A table with faults; `faults` are the first ones."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        first = faults[0]
        field = f"row {first.row}, column {first.column}"
        super().__init__(first.code, field=field, rule="pool.table")
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Room:
    """How many experts a draw has, and the bytes that their cells may have together."""

    drawn: int
    cells: int


def check_table(source: BinaryIO, room: Room | None = None) -> int:
    """Return how many experts the table has; raises TableError with the first faults found.

    With `room` the longest rows that could be drawn together must fit into it. Needs 8 bytes of
    memory for each row, and reads again only where two rows seem to be the same.
    """
    faults: list[RowFault] = []
    keys = array("q")
    longest = _Longest(room)
    for number, row in _read(source, faults):
        keys.append(hash(row.key))
        longest.add(number, row)
        if len(keys) > MAX_ROWS:
            faults.append(RowFault(MAX_ROWS + 2, "*", "too_many_rows"))
            break
    if not keys and not faults:
        faults.append(RowFault(2, "*", "no_rows"))
    faults += islice(longest.faults(), max(0, MOST_FAULTS - len(faults)))
    if len(faults) < MOST_FAULTS:
        faults += islice(_duplicates(source, keys), MOST_FAULTS - len(faults))
    if faults:
        raise TableError(sorted(faults, key=lambda fault: fault.row))
    return len(keys)


class _Longest:
    """The rows with the longest cells, as many as are drawn."""

    def __init__(self, room: Room | None) -> None:
        self._room = room
        self._rows: list[tuple[int, int]] = []

    def add(self, number: int, row: TableRow) -> None:
        if self._room is None:
            return
        found = (cell_bytes({name: getattr(row, name) for name in CELLS}), -number)
        if len(self._rows) < self._room.drawn:
            heapq.heappush(self._rows, found)
        elif found > self._rows[0]:
            heapq.heapreplace(self._rows, found)

    def faults(self) -> Iterator[RowFault]:
        """Yield the rows that have more than their part, where all together do not fit."""
        if self._room is None or sum(size for size, _ in self._rows) <= self._room.cells:
            return
        part = self._room.cells // self._room.drawn
        for size, number in sorted(self._rows, reverse=True):
            if size > part:
                yield RowFault(-number, "*", "too_long_for_panel")


def table_rows(source: BinaryIO) -> Iterator[TableRow]:
    """Yield the rows of a table that was checked."""
    return (row for _, row in _read(source, []))


def _duplicates(source: BinaryIO, keys: array[int]) -> Iterator[RowFault]:
    ordered = sorted(keys)
    suspects = {one for one, following in pairwise(ordered) if one == following}
    if not suspects:
        return
    first: dict[tuple[str, str], int] = {}
    for number, row in islice(_read(source, []), len(keys)):
        if hash(row.key) in suspects and first.setdefault(row.key, number) != number:
            yield RowFault(number, "name", "duplicate_expert", first[row.key])


def _read(source: BinaryIO, faults: list[RowFault]) -> Iterator[tuple[int, TableRow]]:
    """Yield each good row with its number; add what is wrong to `faults` until there are many."""
    source.seek(0)
    _refuse_other_formats(source)
    number = 0
    rows = csv.reader(_lines(source), strict=True)
    try:
        header = _header(next(rows, []))
        number = 1
        for number, cells in enumerate(rows, start=2):  # told when reading fails
            row = _read_row(header, cells, number, faults)
            if row is not None:
                yield number, row
            if len(faults) >= MOST_FAULTS:
                return
    except csv.Error:
        raise TableError([RowFault(number + 1, "*", "not_csv")]) from None
    except UnicodeDecodeError:
        raise TableError([RowFault(number + 1, "*", _encoding(source))]) from None


def _refuse_other_formats(source: BinaryIO) -> None:
    start = source.read(4)
    if start.startswith(_WORKBOOKS):
        raise TableError([RowFault(1, "*", "is_workbook")])
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise TableError([RowFault(1, "*", "looks_utf16")])
    source.seek(len(BOM_UTF8) if start.startswith(BOM_UTF8) else 0)


def _lines(source: BinaryIO) -> Iterator[str]:
    while line := source.readline(LINE_LIMIT + 1):
        if len(line) > LINE_LIMIT:
            raise csv.Error("a line is too long")
        yield line.decode()


def _encoding(source: BinaryIO) -> str:
    """Name what a file that is not UTF-8 is: what spreadsheets write in China, or unknown."""
    source.seek(0)
    try:
        for line in iter(lambda: source.readline(LINE_LIMIT), b""):
            line.decode("gb18030")
    except UnicodeDecodeError:
        return "not_utf8"
    return "looks_gb18030"


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    faults = [RowFault(1, name, "column_missing") for name in REQUIRED if name not in names]
    faults += [RowFault(1, name[:40], "column_unknown") for name in names if name not in COLUMNS]
    faults += [RowFault(1, name, "column_twice") for name in COLUMNS if names.count(name) > 1]
    if faults:
        raise TableError(faults[:MOST_FAULTS])
    return names


def _read_row(
    header: Sequence[str], cells: Sequence[str], number: int, faults: list[RowFault]
) -> TableRow | None:
    if not any(cell.strip() for cell in cells):
        return None
    if len(cells) != len(header):
        faults.append(RowFault(number, "*", "wrong_count"))
        return None
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    own = [RowFault(number, name, code) for name, code in _faults(values)]
    faults += own
    return None if own else TableRow(**values)


def _faults(values: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if len(value) > (LIST_LIMIT if name in LISTS else CELL_LIMIT):
            yield name, "too_long"
        elif not value.isprintable() and not HIDDEN.isdisjoint(map(unicodedata.category, value)):
            yield name, "control_character"
        elif not value and name in REQUIRED:
            yield name, "missing"
        elif not _fits(name, value):
            yield name, f"bad_{name}"


def _fits(name: str, value: str) -> bool:
    if name == "former":
        return _is_former(value)
    if name == "weight" and int(value if value.isdecimal() else 0) > MAX_WEIGHT:
        return False
    pattern = _PATTERNS.get(name)
    return pattern is None or pattern.fullmatch(value) is not None


def _is_former(value: str) -> bool:
    try:
        former_employers(value)
    except ValueError:
        return False
    return True
