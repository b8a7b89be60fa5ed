"""Is what the database holds of the record whole?

Decided here: the checks after a storage fault and before a server starts: numbers without gaps,
chains that continue, leaves that fit their lines, places without gaps, heads that agree with both.
Not decided here: signatures and what entries mean; a replay (audit) checks those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.ledger.line import chain_next, chain_start, parse_line
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.ports import OriginHead
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bideval.ports import Reader, RecordHead, StoredLine

PAGE = 1_000
"""Lines read at a time."""


def verify_records(reader: Reader) -> None:
    """Check every record that this venue keeps.

    Raises:
        FaultError: `record_damaged`; the detail names session, origin and number or position.

    """
    for session in reader.sessions():
        verify_record(reader, session)


def verify_record(reader: Reader, session: str) -> None:
    """Check one record. Raises FaultError `record_damaged`."""
    head = reader.head(session)
    if head is None:
        raise FaultError("record_damaged", field=session, detail="has no head")
    for origin, known in reader.origin_heads(session).items():
        _verify_origin(reader, session, origin, known)
    _verify_places(reader, head)


def _verify_origin(reader: Reader, session: str, origin: str, known: OriginHead) -> None:
    """Walk the chain of an origin."""
    found = OriginHead(0, chain_start(session, origin))
    for line in _origin_lines(reader, session, origin):
        parsed = parse_line(line.line)
        chain = chain_next(found.chain, line.line)
        if (parsed.origin, parsed.n) != (origin, found.n + 1) or line.n != parsed.n:
            raise _damaged(session, f"{origin} {line.n} is not the next line")
        if line.chain != chain:
            raise _damaged(session, f"{origin} {line.n} does not continue the chain")
        found = OriginHead(line.n, chain)
    if found != known:
        raise _damaged(session, f"{origin} ends at {found.n}, its head says {known.n}")


def _verify_places(reader: Reader, head: RecordHead) -> None:
    """Walk the record in order and grow its tree."""
    frontier = Frontier()
    for line, leaf in _placed_lines(reader, head.session):
        if line.position != frontier.size:
            raise _damaged(head.session, f"position {frontier.size} is missing")
        if leaf_hash(line.line) != leaf:
            raise _damaged(head.session, f"position {line.position} has another leaf")
        frontier.add(leaf)
    if (frontier.size, frontier.root()) != (head.size, head.root):
        raise _damaged(head.session, f"has {frontier.size} places, its head says {head.size}")


def _origin_lines(reader: Reader, session: str, origin: str) -> Iterator[StoredLine]:
    first_n = 1
    while page := reader.origin_lines(session, origin, first_n, PAGE):
        yield from page
        first_n = page[-1].n + 1


def _placed_lines(reader: Reader, session: str) -> Iterator[tuple[StoredLine, bytes]]:
    start = 0
    while page := reader.lines(session, start, PAGE):
        leaves = reader.leaves(session, start, PAGE)
        yield from zip(page, leaves, strict=True)
        start += PAGE


def _damaged(session: str, detail: str) -> FaultError:
    return FaultError("record_damaged", field=session, detail=detail)
