"""A process that appends to a record until it is told or killed, for tests that kill it.

    python appending.py URL SESSION ORIGIN AUTHOR FIRST [COUNT]

Writes one line per acknowledged entry to standard output: `<n> <position> <entry hash>`. With
several works in flight, as a busy server has.
"""

from __future__ import annotations

import hashlib
import sys
from collections import deque

from bideval.evidence.encoding import b64u
from bideval.evidence.signing import Suite, new_signing_key
from bideval.gateways.clock import SystemClock
from bideval.gateways.log import configure_log
from bideval.ledger.entry import entry_hash, entry_payload, parse_entry, sign_entry
from bideval.ledger.line import Line, chain_next, encode_line
from bideval.ledger.tree import leaf_hash
from bideval.store.record_store import SqlRecordStore

IN_FLIGHT = 8
KEY = new_signing_key(Suite.ED25519, hashlib.sha256(b"appending").digest())


def main(url, session, origin, author, first, count=None):
    configure_log(clock=SystemClock())
    store = SqlRecordStore(url)
    waiting = deque()
    number = int(first)
    end = None if count is None else number + int(count)
    while end is None or number < end:
        waiting.append(store.write(work(session, origin, author, number)))
        number += 1
        if len(waiting) == IN_FLIGHT:
            tell(waiting.popleft())
    while waiting:
        tell(waiting.popleft())
    store.close()


def tell(future):
    words = (str(part) for part in future.result(timeout=60))
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def work(session, origin, author, number):
    entry = make_entry(session, author, number)

    def run(tx):
        before = tx.origin_head(session, origin)
        line = Line(origin, before.n + 1, entry.jws)
        data = encode_line(line)
        tx.add_line(session, line, entry=entry, chain=chain_next(before.chain, data))
        return line.n, tx.place(session, origin, line.n, leaf_hash(data)), entry_hash(entry.jws)

    return run


def make_entry(session, author, number):
    payload = entry_payload(
        session=session,
        author=author,
        kind="supervisor.warned",
        id=b64u(hashlib.sha256(f"{author} {number}".encode()).digest()[:16]),
        at=1_700_000_000_000 + number,
        body={"text": f"number {number}"},
    )
    return parse_entry(sign_entry(KEY, payload))


if __name__ == "__main__":
    main(*sys.argv[1:])
