"""Compact JWS (RFC 7515), narrowed until one content has one spelling.

Decided here: the header is the canonical JSON of exactly `alg`, `kid` and `typ`; `typ` names format
and version and so keeps signatures of one format out of another; verification pins the algorithm
and key that were enrolled and never chooses by what the header says.
Not decided here: which key, which `typ`, what the payload means.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import b64u, unb64u
from bideval.terms.errors import EvidenceError, InputError

if TYPE_CHECKING:
    from bideval.evidence.signing import PublicKey, SigningKey

JWS_LIMIT = 65_000
"""Characters of a compact JWS: with origin and number it still fits a line of 65,535 bytes."""

_HEADER_LIMIT = 512
"""Characters of the encoded header: three short members need about 130."""


class Header(NamedTuple):
    """The protected header: what the signer claims about algorithm, key and format."""

    alg: str
    kid: str
    typ: str


class Compact(NamedTuple):
    """A compact JWS taken apart, NOT verified."""

    alg: str
    kid: str
    typ: str
    payload: bytes
    signing_input: bytes
    signature: bytes


def sign_compact(key: SigningKey, typ: str, payload: bytes) -> str:
    """Return `header.payload.signature` over the payload's exact bytes."""
    signing_input = f"{_written_header(key.suite.value, key.key_id, typ)}.{b64u(payload)}"
    return f"{signing_input}.{b64u(key.sign(signing_input.encode()))}"


@lru_cache(maxsize=1024)
def _written_header(alg: str, kid: str, typ: str) -> str:
    """Write a header; cached, because the headers of all receipts of a venue are the same."""
    return b64u(canonical_bytes({"alg": alg, "kid": kid, "typ": typ}))


def read_compact(jws: str, *, limit: int = JWS_LIMIT) -> Compact:
    """Take a compact JWS apart without believing any of it.

    Raises `EvidenceError` for: more than `limit` characters, not three parts, anything but
    canonical base64url, a header that is not the canonical JSON of exactly alg, kid and typ.
    """
    if len(jws) > limit:
        raise EvidenceError("jws_too_large", field="jws", detail=f"at most {limit} characters")
    parts = jws.split(".")
    if len(parts) != 3:
        raise EvidenceError("jws_malformed", field="jws", detail="must have three parts")
    head, body, tail = parts
    header = _read_header(head)
    payload = unb64u(body, field="jws.payload")
    signature = unb64u(tail, field="jws.signature")
    signing_input = jws[: len(head) + 1 + len(body)].encode("ascii")
    return Compact(header.alg, header.kid, header.typ, payload, signing_input, signature)


def verify_compact(jws: str, public: PublicKey, *, typ: str, limit: int = JWS_LIMIT) -> bytes:
    """Return the payload of a JWS of format `typ` that the owner of `public` signed.

    1. Take it apart (`read_compact`). 2. `typ` is the expected one. 3. `alg` is the suite that the
    key was enrolled with. 4. `kid` is the id of the key. 5. The signature verifies over the bytes
    as received. Raises `EvidenceError` at the first step that fails.
    """
    compact = read_compact(jws, limit=limit)
    verify_parts(compact, public, typ=typ)
    return compact.payload


def verify_read(jws: str, public: PublicKey, *, typ: str) -> None:
    """As `verify_compact` for a JWS that `read_compact` took: its payload is not decoded again."""
    signed, _, tail = jws.rpartition(".")
    _check_claims(_read_header(signed[: signed.index(".")]), public, typ)
    public.verify(unb64u(tail, field="jws.signature"), signed.encode("ascii"))


def verify_parts(compact: Compact, public: PublicKey, *, typ: str) -> None:
    """Do steps 2 to 5 of `verify_compact` on a JWS that was taken apart before."""
    _check_claims(compact, public, typ)
    public.verify(compact.signature, compact.signing_input)


def _check_claims(claims: Header | Compact, public: PublicKey, typ: str) -> None:
    if claims.typ != typ:
        raise EvidenceError("jws_wrong_type", field="jws.typ", detail=f"must be {typ}")
    if claims.alg != public.suite:
        detail = f"the key was enrolled for {public.suite}"
        raise EvidenceError("jws_wrong_algorithm", field="jws.alg", detail=detail)
    if claims.kid != public.key_id:
        detail = f"must be signed by key {public.key_id}"
        raise EvidenceError("jws_wrong_key", field="jws.kid", detail=detail)


@lru_cache(maxsize=1024)
def _read_header(head: str) -> Header:
    """Read a header; cached, because the headers of one person's entries are all the same."""
    if len(head) > _HEADER_LIMIT:
        detail = f"at most {_HEADER_LIMIT} characters"
        raise EvidenceError("jws_too_large", field="jws.header", detail=detail)
    data = unb64u(head, field="jws.header")
    try:
        members = read_json(data, limit=_HEADER_LIMIT, field="jws.header")
    except InputError:
        raise _bad_header() from None
    if not isinstance(members, dict) or members.keys() != set(Header._fields):
        raise _bad_header()
    header = Header(**members)
    if not all(isinstance(value, str) for value in header) or canonical_bytes(members) != data:
        raise _bad_header()
    return header


def _bad_header() -> EvidenceError:
    detail = "must be canonical JSON of exactly alg, kid and typ"
    return EvidenceError("jws_malformed", field="jws.header", detail=detail)
