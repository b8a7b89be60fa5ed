"""Which files an entry names, so that a venue knows what to fetch and for which purpose.

Decided here: the files of each kind of entry.
Not decided here: how a file travels (link) and who may read it (files).
"""

from __future__ import annotations

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
CONTENT = "content"
"""A file out of an opened bid. No entry names it alone; each venue takes it out by itself."""


def name_files(tx: Transaction, entry: Entry) -> None:
    """Note every file that a kept entry names; the record's own shapes were checked before."""
    for purpose, part in _parts(entry):
        sha256, size = part.get("sha256"), part.get("size")
        if isinstance(sha256, str) and isinstance(size, int):
            tx.name_file(FileUse(entry.session, sha256, size, purpose, entry_hash(entry.jws)))


def _parts(entry: Entry) -> list[tuple[str, dict[str, object]]]:
    body = entry.body
    if entry.kind == "bid.sealed":
        return _objects(BID, [body.get("ciphertext")])
    if entry.kind == "pool.sealed":
        return _objects(POOL, [body.get("file")])
    if entry.kind == "report.issued":
        return _objects(REPORT, [body.get("file")])
    if entry.kind == "tender.published":
        tender = body.get("tender")
        documents = tender.get("documents") if isinstance(tender, dict) else None
        return _objects(DOCUMENT, documents if isinstance(documents, list) else [])
    return []


def _objects(purpose: str, parts: list[object]) -> list[tuple[str, dict[str, object]]]:
    return [(purpose, part) for part in parts if isinstance(part, dict)]
