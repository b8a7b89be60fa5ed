"""Entries: what one actor said, signed, before anything else happened.

Decided here: the format `bideval-entry/1` (docs/spec/entry.md) and its limits.
Not decided here: whether the author may say this now (session), in which order entries stand (the
lines and the tree), whose key it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import hex_digest
from bideval.evidence.jws import JWS_LIMIT, read_compact, sign_compact, verify_read
from bideval.terms.errors import InputError
from bideval.terms.fields import INTEGER_LIMIT
from bideval.terms.identifiers import actor_id, entry_id, entry_kind, session_id
from bideval.terms.instants import Instant, instant_text, parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.evidence.signing import PublicKey, SigningKey

ENTRY_TYPE = "bideval-entry/1"
"""The `typ` of an entry: format name and version."""

ENTRY_LIMIT = JWS_LIMIT
"""Characters of an entry's JWS."""

EMPTY_ROOT = hex_digest(b"")
"""The root of a record of size 0 (RFC 9162 section 2.1.1)."""

_MEMBERS = frozenset({"session", "author", "kind", "id", "at", "seen", "body"})
_SEEN_MEMBERS = frozenset({"size", "root"})
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Entry(NamedTuple):
    """What a compact JWS claims; nothing of it is believed before `verify_entry`."""

    session: str
    author: str
    kind: str
    id: str
    at: Instant
    """The author's own time. It orders nothing and proves nothing."""

    seen_size: int
    seen_root: str
    """The last record head that the author had seen: causality without a clock."""

    body: dict[str, object]
    kid: str
    jws: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A record head: `size` leaves under `root` (hex)."""

    size: int = 0
    root: str = EMPTY_ROOT


NOTHING_SEEN = Seen()
"""What the author of the first entry of a record has seen."""


def entry_payload(  # noqa: PLR0913  # the seven members of the format, no more and no fewer
    *,
    session: str,
    author: str,
    kind: str,
    id: str,  # noqa: A002  # the member's name in the format
    at: Instant,
    body: Mapping[str, object],
    seen: Seen = NOTHING_SEEN,
) -> bytes:
    """Return the canonical payload of an entry, ready to be signed."""
    return canonical_bytes(
        {
            "session": session,
            "author": author,
            "kind": kind,
            "id": id,
            "at": instant_text(at),
            "seen": {"size": seen.size, "root": seen.root},
            "body": dict(body),
        }
    )


def sign_entry(key: SigningKey, payload: bytes) -> str:
    """Return the entry: the payload of `entry_payload` as a compact JWS."""
    return sign_compact(key, ENTRY_TYPE, payload)


def parse_entry(jws: str) -> Entry:
    """Read an entry without verifying its signature.

    Raises `EvidenceError` where the JWS is not well formed (see `read_compact`) and `InputError`
    with the path where the payload is not exactly the seven members of docs/spec/entry.md.
    """
    compact = read_compact(jws, limit=ENTRY_LIMIT)
    members = read_json(compact.payload, limit=ENTRY_LIMIT, field="entry")
    if not isinstance(members, dict) or members.keys() != _MEMBERS:
        detail = f"must be an object of exactly {', '.join(sorted(_MEMBERS))}"
        raise InputError("bad_entry", field="entry", detail=detail)
    size, root = _read_seen(members["seen"])
    body = members["body"]
    if not isinstance(body, dict):
        raise InputError("bad_entry", field="body", detail="must be an object")
    return Entry(
        session=session_id(members["session"], field="session"),
        author=actor_id(members["author"], field="author"),
        kind=entry_kind(members["kind"], field="kind"),
        id=entry_id(members["id"], field="id"),
        at=parse_instant(members["at"], field="at"),
        seen_size=size,
        seen_root=root,
        body=body,
        kid=compact.kid,
        jws=jws,
    )


def verify_entry(entry: Entry, public: PublicKey) -> None:
    """Raise `EvidenceError` unless the owner of `public` signed exactly these bytes as an entry."""
    verify_read(entry.jws, public, typ=ENTRY_TYPE)


def entry_hash(jws: str) -> str:
    """Return the name of an entry: SHA-256 over the ASCII bytes of its JWS, in hex."""
    return hex_digest(jws.encode("ascii"))


def _read_seen(seen: object) -> tuple[int, str]:
    if not isinstance(seen, dict) or seen.keys() != _SEEN_MEMBERS:
        raise InputError("bad_entry", field="seen", detail="must be an object of size and root")
    size, root = seen["size"], seen["root"]
    if type(size) is not int or not 0 <= size <= INTEGER_LIMIT:
        raise InputError("bad_entry", field="seen.size", detail="must be a whole number from 0")
    if not isinstance(root, str) or _DIGEST.fullmatch(root) is None:
        detail = "must be 64 lower-case hexadecimal digits"
        raise InputError("bad_entry", field="seen.root", detail=detail)
    if size == 0 and root != EMPTY_ROOT:
        detail = "the root of a record of size 0 is SHA-256 of nothing"
        raise InputError("bad_entry", field="seen.root", detail=detail)
    return size, root
