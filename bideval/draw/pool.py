"""The pool of experts as it stood when the draw began, without a name in it.

Decided here: the format `bideval-pool/1`, the salted leaf that stands for an expert, the root that
the seed depends on. Not decided here: who is excluded (the importing venue states the reason in the
row) and how names are kept.

A leaf is `tagged_hash("bideval/pool-leaf/v1", salt, expert id, discipline, region)`. With the salt
kept back the row names nobody; with the salt shown the row can be tied to one expert.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.encoding import tagged_hash
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEADER = b"bideval-pool/1\n"
LEAF_TAG = "bideval/pool-leaf/v1"
SALT_BYTES = 16
"""Bytes of the salt of one leaf: 128 bits, so that identity numbers cannot be tried out."""
MAX_EXPERTS = 2_000_000
"""Rows of a pool: twice the largest pool that the product promises to draw from."""
MAX_LEAF_ROW_BYTES = 256
"""Bytes of one row: the leaf, two names of at most 40 characters, a status."""

ELIGIBLE = "eligible"
_DISCIPLINE = re.compile(r"[A-Za-z0-9-]{1,40}")
_ROW = re.compile(rb"([0-9a-f]{64})\t([A-Za-z0-9-]{1,40})\t([a-z][a-z0-9-]{1,30})\t([a-z_]{1,40})")


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One expert: `leaf` (32 bytes), discipline, region (the venue id where he or she would sit).

    `status` is `eligible` or the code of the reason why the expert may not be drawn.
    """

    leaf: bytes
    discipline: str
    region: str
    status: str

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

    @property
    def eligible(self) -> tuple[PoolRow, ...]:
        """The rows that take part in the draw."""
        return tuple(row for row in self.rows if row.eligible)


def is_discipline(name: str) -> bool:
    """Whether a row of a pool can name this discipline: Latin letters, digits and hyphens."""
    return _DISCIPLINE.fullmatch(name) is not None


def pool_leaf(salt: bytes, expert: str, discipline: str, region: str) -> bytes:
    """Return the 32-byte leaf that stands for `expert` (an identity number or the like).

    Raises InputError when the salt is not `SALT_BYTES` long.
    """
    if len(salt) != SALT_BYTES:
        raise InputError("salt_length", field="salt", detail=f"must have {SALT_BYTES} bytes")
    parts = (salt, expert.encode(), discipline.encode(), region.encode())
    return tagged_hash(LEAF_TAG, *parts)


def encode_pool(rows: Iterable[PoolRow]) -> bytes:
    """Return the `bideval-pool/1` file: the header, then one row per expert, ordered by leaf."""
    ordered = sorted(rows, key=lambda row: row.leaf)
    return HEADER + b"".join(_encode_row(row) + b"\n" for row in ordered)


def parse_pool(data: bytes) -> Pool:
    """Read a `bideval-pool/1` file.

    Raises InputError naming the line for a wrong header, a malformed row, rows out of order or
    twice, and more than `MAX_EXPERTS` rows.
    """
    if not data.startswith(HEADER):
        raise InputError("pool_header", field="line 1", detail="is not bideval-pool/1")
    rows = tuple(_rows(data[len(HEADER) :]))
    return Pool(rows, tree_root([leaf_hash(_encode_row(row)) for row in rows]))


def _rows(data: bytes) -> Iterator[PoolRow]:
    if data and not data.endswith(b"\n"):
        raise InputError("pool_cut", field="last line", detail="does not end with a line feed")
    previous = b""
    for number, line in enumerate(data.split(b"\n")[:-1], start=2):
        if number > MAX_EXPERTS + 1:
            raise InputError("pool_too_large", field=f"line {number}", detail="too many experts")
        row = _parse_row(line, number)
        if row.leaf <= previous:
            raise InputError(
                "pool_order", field=f"line {number}", detail="rows must ascend by leaf, each once"
            )
        previous = row.leaf
        yield row


def _parse_row(line: bytes, number: int) -> PoolRow:
    match = _ROW.fullmatch(line[: MAX_LEAF_ROW_BYTES + 1])
    if match is None:
        raise InputError(
            "pool_row", field=f"line {number}", detail="is not leaf, discipline, region, status"
        )
    leaf, discipline, region, status = (part.decode() for part in match.groups())
    return PoolRow(bytes.fromhex(leaf), discipline, region, status)


def _encode_row(row: PoolRow) -> bytes:
    encoded = "\t".join((row.blinded, row.discipline, row.region, row.status)).encode()
    if _ROW.fullmatch(encoded) is None:
        raise InputError(
            "pool_row", field=row.blinded, detail="a column has characters not allowed"
        )
    return encoded
