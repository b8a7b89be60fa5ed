"""Which files an entry names."""

from __future__ import annotations

import pytest

from bideval.ledger.entry import Entry
from bideval.session.file_names import NAMING, NamedFile, named_files

FILE = {"sha256": "ab" * 32, "size": 7}


def entry(kind, body):
    return Entry("s-01", "officer-a", kind, "i", 0, 0, "r", body, "k", "j")


@pytest.mark.parametrize(
    ("kind", "body", "purpose", "field"),
    [
        ("bid.sealed", {"ciphertext": FILE}, "bid", "body.ciphertext"),
        ("pool.sealed", {"file": FILE}, "pool", "body.file"),
        ("report.issued", {"file": FILE}, "report", "body.file"),
        (
            "tender.published",
            {"tender": {"documents": [FILE]}},
            "document",
            "body.tender.documents[0]",
        ),
    ],
)
def test_file_is_named_with_its_purpose(kind, body, purpose, field):
    assert kind in NAMING
    assert named_files(entry(kind, body)) == [NamedFile(purpose, field, "ab" * 32, 7)]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("phase.ordered", {"file": FILE}),
        ("bid.sealed", {}),
        ("bid.sealed", {"ciphertext": "x"}),
        ("bid.sealed", {"ciphertext": {"sha256": 7, "size": 7}}),
        ("bid.sealed", {"ciphertext": FILE | {"size": True}}),
        ("tender.published", {"tender": 3}),
        ("tender.published", {"tender": {"documents": {"0": FILE}}}),
    ],
)
def test_anything_else_names_no_file(kind, body):
    assert named_files(entry(kind, body)) == []
