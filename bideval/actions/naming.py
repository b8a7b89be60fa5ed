"""Files that entries name, noted so that a venue knows what to fetch and for which purpose.

Decided here: that a file is wanted as soon as a kept entry names it.
Not decided here: which files an entry names (`session.file_names`), how a file travels (link) and
who may read it (files).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.ledger.entry import entry_hash
from bideval.ports import FileUse
from bideval.session.file_names import (
    BID,
    DOCUMENT,
    NAMING,
    POOL,
    REPORT,
    NamedFile,
    named_files,
)

if TYPE_CHECKING:
    from bideval.ledger.entry import Entry
    from bideval.ports import Transaction

__all__ = [
    "BID",
    "CONTENT",
    "DOCUMENT",
    "NAMING",
    "POOL",
    "REPORT",
    "NamedFile",
    "name_files",
    "named_files",
]

CONTENT = "content"
"""A file out of an opened bid. No entry names it alone; each venue takes it out by itself."""


def name_files(tx: Transaction, entry: Entry) -> None:
    """Note every file that a kept entry names."""
    for named in named_files(entry):
        use = FileUse(entry.session, named.sha256, named.size, named.purpose, entry_hash(entry.jws))
        tx.name_file(use)
