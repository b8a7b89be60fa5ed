"""The pool of experts as it stood when the draw began, without a name in it.

Decided here: the format `bideval-pool/2`, and the root that the seed depends on; `bideval-pool/1`,
without weights, is still read. Not decided here: who is excluded (`exclusions`), how names are kept
and what the leaf of version 2 covers (`identity`).

A leaf is a salted hash. With the salt kept back the row names nobody; with the salt shown the row
can be tied to one expert.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.encoding import tagged_hash
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEADER = b"bideval-pool/2\n"
HEADER_1 = b"bideval-pool/1\n"
LEAF_TAG = "bideval/pool-leaf/v1"
SALT_BYTES = 16
"""Bytes of the salt of one leaf: 128 bits, so that identity numbers cannot be tried out."""
MAX_EXPERTS = 2_000_000
"""Rows of a pool: twice the largest pool that the product promises to draw from."""
MAX_WEIGHT = 100
"""Tickets of one expert at most: a weight is a ratio between experts, and each costs a hash."""
MAX_LEAF_ROW_BYTES = 256
"""Bytes of one row: the leaf, two names of at most 40 characters, a weight, a status."""

ELIGIBLE = "eligible"
_DISCIPLINE = re.compile(r"[A-Za-z0-9-]{1,40}")
_ROW = re.compile(
    rb"([0-9a-f]{64})\t([A-Za-z0-9-]{1,40})\t([a-z][a-z0-9-]{1,30})"
    rb"\t([1-9][0-9]?|100)\t([a-z_]{1,40})"
)
_ROW_1 = re.compile(
    rb"([0-9a-f]{64})\t([A-Za-z0-9-]{1,40})\t([a-z][a-z0-9-]{1,30})()\t([a-z_]{1,40})"
)


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One expert: `leaf` (32 bytes), discipline, region (the venue id where he or she would sit).

    `status` is `eligible` or the code of the reason why the expert may not be drawn; an expert of
    weight w holds w tickets.
    """

    leaf: bytes
    discipline: str
    region: str
    status: str
    weight: int = 1

    @property
    def blinded(self) -> str:
        """The leaf as lower-case hex: the only name of this expert before publication."""
        return self.leaf.hex()

    @property
    def eligible(self) -> bool:
        """Whether the expert takes part in the draw."""
        return self.status == ELIGIBLE


@dataclass(frozen=True, slots=True)
class Pool:
    """All rows, ordered by leaf, and the Merkle root over their encoded rows."""

    rows: tuple[PoolRow, ...]
    root: bytes
    version: int = 2

    @property
    def eligible(self) -> tuple[PoolRow, ...]:
        """The rows that take part in the draw."""
        return tuple(row for row in self.rows if row.eligible)

    @property
    def excluded(self) -> dict[str, int]:
        """How many rows each reason keeps out, in the order of the reasons' codes."""
        counts = Counter(row.status for row in self.rows if not row.eligible)
        return dict(sorted(counts.items()))


def is_discipline(name: str) -> bool:
    """Whether a row of a pool can name this discipline: Latin letters, digits and hyphens."""
    return _DISCIPLINE.fullmatch(name) is not None


def pool_leaf(salt: bytes, expert: str, discipline: str, region: str) -> bytes:
    """Return the leaf of a pool of version 1; `expert` is name and identity number.

    Raises InputError when the salt is not `SALT_BYTES` long.
    """
    if len(salt) != SALT_BYTES:
        raise InputError("salt_length", field="salt", detail=f"must have {SALT_BYTES} bytes")
    parts = (salt, expert.encode(), discipline.encode(), region.encode())
    return tagged_hash(LEAF_TAG, *parts)


def encode_pool(rows: Iterable[PoolRow]) -> bytes:
    """Return the `bideval-pool/2` file: the header, then one row per expert, ordered by leaf."""
    return b"".join(pool_lines(rows))


def pool_lines(rows: Iterable[PoolRow]) -> Iterator[bytes]:
    """Yield the `bideval-pool/2` file line by line, for pools that are better not held twice."""
    yield HEADER
    for row in sorted(rows, key=lambda row: row.leaf):
        yield _encode_row(row) + b"\n"


def make_pool(rows: Iterable[PoolRow]) -> Pool:
    """Return the pool of these rows; raises InputError `pool_row` for one that cannot be kept."""
    ordered = tuple(sorted(rows, key=lambda row: row.leaf))
    tree = Frontier(leaf_hash(_encode_row(row)) for row in ordered)
    return Pool(ordered, tree.root())


def parse_pool(data: bytes | memoryview) -> Pool:
    """Read a `bideval-pool/2` file, or one of version 1, where every weight is 1.

    Raises InputError naming the line for a wrong header, a malformed row, rows out of order or
    twice, and more than `MAX_EXPERTS` rows.
    """
    data = bytes(data)
    header = data[: len(HEADER)]
    if header not in {HEADER, HEADER_1}:
        raise InputError("pool_header", field="line 1", detail="is not bideval-pool/2")
    if not data.endswith(b"\n"):
        raise InputError("pool_cut", field="last line", detail="does not end with a line feed")
    tree = Frontier()
    reader = _RowReader(_ROW if header == HEADER else _ROW_1)
    rows = tuple(reader.rows(io.BytesIO(data[len(HEADER) :]), tree))
    return Pool(rows, tree.root(), 2 if header == HEADER else 1)


class _RowReader:
    """Reads rows of one version; names and codes that occur often are kept once."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern
        self._words: dict[bytes, str] = {}

    def rows(self, lines: Iterable[bytes], tree: Frontier) -> Iterator[PoolRow]:
        previous = b""
        for number, line in enumerate(lines, start=2):
            if number > MAX_EXPERTS + 1:
                detail = "too many experts"
                raise InputError("pool_too_large", field=f"line {number}", detail=detail)
            row = self._row(line[:-1], number)
            if row.leaf <= previous:
                detail = "rows must ascend by leaf, each once"
                raise InputError("pool_order", field=f"line {number}", detail=detail)
            previous = row.leaf
            tree.add(leaf_hash(line[:-1]))
            yield row

    def _row(self, line: bytes, number: int) -> PoolRow:
        match = self._pattern.fullmatch(line[: MAX_LEAF_ROW_BYTES + 1])
        if match is None:
            detail = "is not leaf, discipline, region, weight, status"
            raise InputError("pool_row", field=f"line {number}", detail=detail)
        leaf, discipline, region, weight, status = match.groups()
        return PoolRow(
            bytes.fromhex(leaf.decode()),
            self._word(discipline),
            self._word(region),
            self._word(status),
            int(weight or 1),
        )

    def _word(self, data: bytes) -> str:
        return self._words.setdefault(data, data.decode())


def _encode_row(row: PoolRow) -> bytes:
    cells = (row.blinded, row.discipline, row.region, str(row.weight), row.status)
    encoded = "\t".join(cells).encode()
    if _ROW.fullmatch(encoded) is None:
        raise InputError(
            "pool_row", field=row.blinded, detail="a column has characters not allowed"
        )
    return encoded
