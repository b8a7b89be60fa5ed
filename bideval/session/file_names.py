"""Which files an entry names, so that a venue knows what to fetch and an auditor what to expect.

Decided here: the files of each kind of entry, whether the entry counts or not.
Not decided here: how a file travels (link), who may read it (actions), that it is there (audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.ledger.entry import Entry

BID = "bid"
DOCUMENT = "document"
POOL = "pool"
REPORT = "report"
NAMING = frozenset({"bid.sealed", "pool.sealed", "report.issued", "tender.published"})
"""Kinds of entries that name files."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as an entry names it; `field` says where, `size` is in bytes."""

    purpose: str
    field: str
    sha256: str
    size: int


def named_files(entry: Entry) -> list[NamedFile]:
    """Return the files that an entry names, as far as they have a digest and a size."""
    found: list[NamedFile] = []
    for purpose, field, part in _parts(entry):
        sha256, size = part.get("sha256"), part.get("size")
        if isinstance(sha256, str) and type(size) is int:  # `true` is an int of Python, and no size
            found.append(NamedFile(purpose, field, sha256, size))
    return found


def _parts(entry: Entry) -> list[tuple[str, str, dict[str, object]]]:
    body = entry.body
    match entry.kind:
        case "bid.sealed":
            parts = [(BID, "body.ciphertext", body.get("ciphertext"))]
        case "pool.sealed":
            parts = [(POOL, "body.file", body.get("file"))]
        case "report.issued":
            parts = [(REPORT, "body.file", body.get("file"))]
        case "tender.published":
            tender = body.get("tender")
            documents = tender.get("documents") if isinstance(tender, dict) else None
            parts = [
                (DOCUMENT, f"body.tender.documents[{index}]", document)
                for index, document in enumerate(documents if isinstance(documents, list) else [])
            ]
        case _:
            parts = []
    return [(purpose, field, part) for purpose, field, part in parts if isinstance(part, dict)]
