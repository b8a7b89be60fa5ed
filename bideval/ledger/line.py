"""Lines: an entry with its place among what one venue's people wrote, and the chain over them.

Decided here: the bytes that the tree hashes, the store keeps and the link carries, and the running
hash per (session, origin). Not decided here: the place in the record, which main gives.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bideval.evidence.encoding import tagged_hash
from bideval.evidence.jws import JWS_LIMIT
from bideval.terms.errors import EvidenceError

LINE_LIMIT = 65_535
"""Bytes of a line: C2SP tlog-tiles and the bundle write its length in two bytes."""

_CHAIN_TAG = "bideval/chain/v1"
_LINE = re.compile(
    rb"([a-z][a-z0-9-]{1,30}) ([1-9][0-9]{0,15}) ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"
)


class Line(NamedTuple):
    """The entry `jws` as the `n`th (from 1) of the venue `origin` in its session."""

    origin: str
    n: int
    jws: str


def encode_line(line: Line) -> bytes:
    """Return the line's one spelling, `<origin> <n> <jws>` in ASCII, without line feed."""
    return f"{line.origin} {line.n} {line.jws}".encode("ascii")


def parse_line(data: bytes) -> Line:
    """Return the line that these bytes are; the entry inside is not looked at.

    Raises `EvidenceError` unless `encode_line` would give the same bytes.
    """
    if len(data) > LINE_LIMIT:
        detail = f"must have at most {LINE_LIMIT} bytes"
        raise EvidenceError("line_too_large", field="line", detail=detail)
    match = _LINE.fullmatch(data)
    if match is None:
        detail = "must be a venue id, a number from 1 and a compact JWS, one space between"
        raise EvidenceError("line_malformed", field="line", detail=detail)
    origin, n, jws = match.groups()
    if len(jws) > JWS_LIMIT:
        detail = f"the JWS must have at most {JWS_LIMIT} bytes"
        raise EvidenceError("line_too_large", field="line", detail=detail)
    return Line(origin.decode("ascii"), int(n), jws.decode("ascii"))


def chain_start(session: str, origin: str) -> bytes:
    """Return chain 0 of a venue in a session: the head of an origin that wrote nothing yet."""
    return tagged_hash(_CHAIN_TAG, session.encode(), origin.encode())


def chain_next(chain: bytes, line: bytes) -> bytes:
    """Return chain n from chain n-1 and the bytes of line n."""
    return tagged_hash(_CHAIN_TAG, chain, line)
