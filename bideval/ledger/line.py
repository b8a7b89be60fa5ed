"""Lines: an entry with its place among what one venue's people wrote, and the chain over them.

Decided here: the bytes that the tree hashes, the store keeps and the link carries, and the running
hash per (session, origin). Not decided here: the place in the record, which main gives.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bideval.evidence.encoding import DIGEST_SIZE, length_prefixed, sha256, tagged_hash
from bideval.evidence.jws import JWS_LIMIT
from bideval.terms.errors import EvidenceError

LINE_LIMIT = 65_535
"""Bytes of a line: C2SP tlog-tiles and the bundle write its length in two bytes."""

_CHAIN_TAG = "bideval/chain/v1"
_CHAIN_NEXT = length_prefixed(_CHAIN_TAG.encode()) + DIGEST_SIZE.to_bytes(4, "big")
"""How the input of every `tagged_hash` of this tag, a chain and a line begins."""
_PLACE = re.compile(rb"([a-z][a-z0-9-]{1,30}) ([1-9][0-9]{0,15}) ")
_BASE64URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


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
    place = _PLACE.match(data)
    jws = data[place.end() :] if place is not None else b""
    if place is None or not _has_three_parts(jws):
        detail = "must be a venue id, a number from 1 and a compact JWS, one space between"
        raise EvidenceError("line_malformed", field="line", detail=detail)
    if len(jws) > JWS_LIMIT:
        detail = f"the JWS must have at most {JWS_LIMIT} bytes"
        raise EvidenceError("line_too_large", field="line", detail=detail)
    origin, n = place.groups()
    return Line(origin.decode("ascii"), int(n), jws.decode("ascii"))


def _has_three_parts(jws: bytes) -> bool:
    """Whether this is three texts in the characters of base64url, none of them empty."""
    dots = jws.translate(None, _BASE64URL)
    return dots == b".." and b".." not in jws and not jws.startswith(b".") and jws[-1:] != b"."


def chain_start(session: str, origin: str) -> bytes:
    """Return chain 0 of a venue in a session: the head of an origin that wrote nothing yet."""
    return tagged_hash(_CHAIN_TAG, session.encode(), origin.encode())


def chain_next(chain: bytes, line: bytes) -> bytes:
    """Return chain n from chain n-1, 32 bytes, and the bytes of line n."""
    return sha256(_CHAIN_NEXT + chain + len(line).to_bytes(4, "big") + line)
