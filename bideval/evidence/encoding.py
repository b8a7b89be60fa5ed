"""Bytes as text, and parts as one byte string that can be taken apart in one way only.

Decided here: base64url, hexadecimal digests, length prefixes, domain-separated hashes.
Not decided here: what is hashed; each format says so on its page of docs/spec.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode

from bideval.terms import base64url
from bideval.terms.errors import EvidenceError

DIGEST_SIZE = 32
"""Bytes of SHA-256."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def b64u(data: bytes) -> str:
    """Return base64url without padding (RFC 4648 section 5)."""
    return base64url.encode(data)


def unb64u(text: str, *, field: str | None = None) -> bytes:
    """Return the bytes of a base64url text; raise `EvidenceError` for any other spelling."""
    try:
        return base64url.decode(text)
    except ValueError:
        detail = "must be base64url without padding and with zero trailing bits"
        raise EvidenceError("not_base64url", field=field, detail=detail) from None


def sha256(data: bytes) -> bytes:
    """Return the 32 bytes of SHA-256."""
    return hashlib.sha256(data).digest()


def hex_digest(data: bytes) -> str:
    """Return SHA-256 of `data` in 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def check_digest(text: object, *, field: str | None = None) -> str:
    """Return a digest in 64 lower-case hexadecimal digits; raise `EvidenceError` otherwise."""
    if not isinstance(text, str) or _DIGEST.fullmatch(text) is None:
        detail = "must be 64 lower-case hexadecimal digits"
        raise EvidenceError("not_a_digest", field=field, detail=detail)
    return text


def length_prefixed(*parts: bytes) -> bytes:
    """Return each part after its length as four bytes, most significant first."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def tagged_hash(tag: str, *parts: bytes) -> bytes:
    """Return SHA-256 over the length-prefixed tag and parts; tags look like `bideval/<what>/v1`."""
    return hashlib.sha256(length_prefixed(tag.encode(), *parts)).digest()


def b64(data: bytes) -> str:
    """Return standard Base 64 with padding (RFC 4648 section 4), as C2SP notes write it."""
    return b64encode(data).decode("ascii")


def unb64(text: str, *, field: str | None = None) -> bytes:
    """Return the bytes of a standard Base 64 text; raise `EvidenceError` for other spellings."""
    try:
        data = b64decode(text)
        same = b64(data) == text
    except ValueError:
        same, data = False, b""
    if not same:
        detail = "must be Base 64 with padding and with zero trailing bits"
        raise EvidenceError("not_base64", field=field, detail=detail)
    return data
