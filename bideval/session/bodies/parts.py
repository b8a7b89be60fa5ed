"""Shapes that several bodies share: files, heads, closing vectors, seals, reasons.

Decided here: their members and limits. Not decided here: what they are about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.sealing import Seal, parse_seal
from bideval.terms.identifiers import venue_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.terms.fields import Fields

REASON_LIMIT = 2_000
"""Characters of a reason, a note, an objection: a page of writing."""

CODE_LIMIT = 64
"""Characters of a reason code."""

FILE_LIMIT = 4 * 1024**3
"""Bytes of a file that an entry may name; bids of works tenders with drawings reach 1 GiB."""

MAX_VENUES = 32
"""Venues of one session: main and its branches; the largest on record had four."""

NAME_LIMIT = 200
"""Characters of a name of a venue, a file or a seat."""


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file that an entry names by its digest; `size` in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class OriginHead:
    """How far one venue's own lines had come: the last `n` and the chain there."""

    n: int
    chain: bytes


def read_file(body: Fields, name: str) -> FileRef:
    """Read `{"sha256", "size"}`."""
    part = body.nested(name)
    return FileRef(part.digest("sha256"), part.integer("size", most=FILE_LIMIT))


def read_vector(body: Fields) -> Mapping[str, OriginHead]:
    """Read a closing vector: `{origin: {"n", "chain"}}` for every venue of the session."""
    vector = body.nested("vector")
    heads: dict[str, OriginHead] = {}
    for origin in vector.members:
        venue_id(origin, field=vector.path)
        head = vector.nested(origin)
        heads[origin] = OriginHead(head.integer("n"), bytes.fromhex(head.digest("chain")))
    return heads


def read_seal(body: Fields) -> Seal:
    """Read a seal document (docs/spec/seal.md)."""
    return parse_seal(body.required("seal"), body.at("seal"))


def read_reason(body: Fields, name: str = "reason") -> str:
    """Read a reason that must be given."""
    return body.text(name, limit=REASON_LIMIT)


def read_remark(body: Fields, name: str = "reason") -> str:
    """Read a reason that may be left out: missing, null and empty are one thing."""
    if body.absent(name):
        return ""
    return body.text(name, limit=REASON_LIMIT, least=0).strip()
