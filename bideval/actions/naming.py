"""Which files an entry names, so that a venue knows what to fetch and for which purpose.

Decided here: the files of each kind of entry.
Not decided here: how a file travels (link) and who may read it (files).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.ledger.entry import entry_hash
from bideval.ports import FileUse

if TYPE_CHECKING:
    from bideval.ledger.entry import Entry
    from bideval.ports import Transaction

BID = "bid"
DOCUMENT = "document"
POOL = "pool"
REPORT = "report"
NAMING = frozenset({"bid.sealed", "pool.sealed", "report.issued", "tender.published"})
"""Kinds of entries that name files."""
CONTENT = "content"
"""A file out of an opened bid. No entry names it alone; each venue takes it out by itself."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as an entry names it; `field` says where."""

    purpose: str
    field: str
    sha256: str
    size: int


def name_files(tx: Transaction, entry: Entry) -> None:
    """Note every file that a kept entry names."""
    for named in named_files(entry):
        use = FileUse(entry.session, named.sha256, named.size, named.purpose, entry_hash(entry.jws))
        tx.name_file(use)


def named_files(entry: Entry) -> list[NamedFile]:
    """Return the files that an entry names, as far as they have a digest and a size."""
    found: list[NamedFile] = []
    for purpose, field, part in _parts(entry):
        sha256, size = part.get("sha256"), part.get("size")
        if isinstance(sha256, str) and isinstance(size, int):
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
