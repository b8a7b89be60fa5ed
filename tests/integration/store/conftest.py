"""Signed lines for store tests."""

from __future__ import annotations

import hashlib

import pytest

from bideval.evidence.encoding import b64u
from bideval.evidence.signing import Suite, new_signing_key
from bideval.ledger.entry import entry_payload, parse_entry, sign_entry
from bideval.ledger.line import Line, chain_next, encode_line
from bideval.ledger.tree import leaf_hash

SESSION = "fh-2026-001"
KEY = new_signing_key(Suite.ED25519, hashlib.sha256(b"store tests").digest())


class Author:
    """One person writing into one session; `add` is the work that an origin venue does."""

    def __init__(self, *, session: str = SESSION, origin: str = "fenghua", name: str = "officer-a"):
        self.session = session
        self.origin = origin
        self.name = name

    def entry(self, number: int, *, text: str = "x"):
        payload = entry_payload(
            session=self.session,
            author=self.name,
            kind="supervisor.warned",
            id=b64u(hashlib.sha256(f"{self.name} {number}".encode()).digest()[:16]),
            at=1_700_000_000_000 + number,
            body={"text": text},
        )
        return parse_entry(sign_entry(KEY, payload))

    def add(self, tx, entry, *, place: bool = True):
        """Append an entry as the origin's next line, and place it; return (n, position)."""
        before = tx.origin_head(self.session, self.origin)
        line = Line(self.origin, before.n + 1, entry.jws)
        data = encode_line(line)
        tx.add_line(self.session, line, entry=entry, chain=chain_next(before.chain, data))
        position = tx.place(self.session, self.origin, line.n, leaf_hash(data)) if place else None
        return line.n, position

    def work(self, number: int, *, place: bool = True):
        entry = self.entry(number)
        return lambda tx: self.add(tx, entry, place=place)


@pytest.fixture(scope="session")
def make_author():
    return Author


@pytest.fixture
def author():
    return Author()


@pytest.fixture
def other_author():
    return Author(origin="wencheng", name="wencheng-02")


@pytest.fixture
def founded(store, author):
    """A store with one founded session."""
    store.write(lambda tx: tx.found(author.session, "fenghua")).result()
    return store
