"""Seals: a secret with a date, whose key lies in pieces with people who open it together.

Decided here (docs/spec/seal.md): a one-time X25519 `age` identity, its text split m-of-n by Shamir
over GF(256), each share encrypted to one custodian together with everything that it is for.
Not decided here: who the custodians are, when a share may be released, what was encrypted.
Randomness is the libraries' own (docs/adr/0003-randomness-inside-sealing.md).
"""

from __future__ import annotations

from enum import StrEnum
from itertools import combinations, islice
from typing import TYPE_CHECKING, NamedTuple

import pyshamir  # type: ignore[import-untyped]  # annotated, but without a py.typed file

from bideval.evidence.agefile import (
    age_decrypt,
    age_encrypt,
    check_recipient,
    decrypt_stream,
    encrypt_stream,
    new_age_identity,
    recipient_of,
)
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import b64u, hex_digest, tagged_hash
from bideval.evidence.shamir import combine
from bideval.terms.errors import EvidenceError, FaultError, InputError, RefusedError
from bideval.terms.fields import Fields
from bideval.terms.identifiers import actor_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "CUSTODIANS_LIMIT",
    "Custodian",
    "Custody",
    "Purpose",
    "Seal",
    "SealedShare",
    "age_decrypt",
    "age_encrypt",
    "check_custody",
    "check_recipient",
    "check_share",
    "combine_shares",
    "custody_digest",
    "deal_seal",
    "decrypt_stream",
    "encrypt_stream",
    "new_age_identity",
    "open_share",
    "parse_custody",
    "parse_seal",
    "recipient_of",
    "seal_document",
]

SHARE_FORMAT = "bideval-share/2"

CUSTODIANS_LIMIT = 16
"""Custodians of one seal: keeps a seal under 12 KiB and the search for honest shares short."""

LEAST_THRESHOLD = 2
"""One custodian alone would be a person who can read early."""

IDENTITY_SIZE = 74
"""Characters of an age X25519 identity."""

SHARE_SIZE = IDENTITY_SIZE + 1
"""Bytes of a share: one per byte of the identity, then the x coordinate."""

SEALED_SHARE_LIMIT = 2_048
"""Bytes of an encrypted share; the longest names give about 900."""

COMBINATIONS_LIMIT = 150
"""Sets of shares tried where a dealer dealt bad ones: all sets of 4 of 9, some of larger ones."""


_CONTEXT = (
    "format",
    "session",
    "purpose",
    "recipient",
    "custodian",
    "index",
    "threshold",
    "of",
    "custody",
)
"""What a share says about itself beside its bytes."""


class Purpose(StrEnum):
    """What a seal keeps; a share for one purpose never opens another."""

    BID = "bid"
    MARKS = "marks"
    IDENTITY = "identity"
    NONCE = "nonce"

    @property
    def custody(self) -> str:
        """The name of this purpose in a tender's custody."""
        return _CUSTODY_NAMES[self]


_CUSTODY_NAMES = {
    Purpose.BID: "bids",
    Purpose.MARKS: "marks",
    Purpose.IDENTITY: "identities",
    Purpose.NONCE: "nonces",
}


class Custodian(NamedTuple):
    """Who keeps a share: an actor id and the age recipient that the record has for it."""

    actor: str
    recipient: str


class Custody(NamedTuple):
    """Who must keep the shares of one purpose, in this order, and how many of them open."""

    threshold: int
    custodians: tuple[str, ...]


class SealedShare(NamedTuple):
    """One share as it stands in an entry: for whom, its digest (hex), its ciphertext."""

    custodian: str
    digest: str
    sealed: bytes


class Seal(NamedTuple):
    """A seal as it stands in an entry; `shares` are in custody order, index from 1."""

    purpose: Purpose
    recipient: str
    threshold: int
    shares: tuple[SealedShare, ...]

    @property
    def custodians(self) -> tuple[str, ...]:
        """The actors who keep the shares, in order."""
        return tuple(share.custodian for share in self.shares)


def deal_seal(
    *, session: str, purpose: Purpose, custodians: Sequence[Custodian], threshold: int
) -> tuple[str, dict[str, object]]:
    """Make a one-time identity and deal it: return the identity and the seal for an entry's body.

    Encrypt to the seal's `recipient`, then forget the identity. Raises `FaultError` for a custody
    that no seal may have, or when the shares that were made do not open, and `InputError` for a
    recipient that is not safe.
    """
    _check_counts(threshold, [custodian.actor for custodian in custodians])
    identity, recipient = new_age_identity()
    shares = pyshamir.split(identity.encode("ascii"), len(custodians), threshold)
    _check_dealing([bytes(share) for share in shares], threshold, identity)
    digest_of_custody = custody_digest(threshold, [one.actor for one in custodians])
    dealt: list[object] = []
    for index, (custodian, share) in enumerate(zip(custodians, shares, strict=True), start=1):
        context: dict[str, object] = {
            "format": SHARE_FORMAT,
            "session": session,
            "purpose": purpose,
            "recipient": recipient,
            "custodian": custodian.actor,
            "index": index,
            "threshold": threshold,
            "of": len(custodians),
            "custody": digest_of_custody,
        }
        plain = canonical_bytes(context | {"share": b64u(bytes(share))})
        sealed = b64u(age_encrypt(custodian.recipient, plain))
        digest = hex_digest(bytes(share))
        dealt.append({"custodian": custodian.actor, "digest": digest, "sealed": sealed})
    seal: dict[str, object] = {
        "purpose": str(purpose),
        "recipient": recipient,
        "threshold": threshold,
        "shares": dealt,
    }
    return identity, seal


def parse_seal(value: object, field: str) -> Seal:
    """Read a seal out of an entry's body; raise `InputError` with the path of what is wrong."""
    fields = Fields(value, field)
    fields.only(*Seal._fields)
    seal = Seal(
        fields.choice("purpose", Purpose),
        check_recipient(fields.required("recipient"), field=fields.at("recipient")),
        fields.integer("threshold", least=LEAST_THRESHOLD, most=CUSTODIANS_LIMIT),
        tuple(fields.items("shares", _parse_share, least=LEAST_THRESHOLD, most=CUSTODIANS_LIMIT)),
    )
    _check_custodians(fields, "shares", seal.custodians, seal.threshold)
    return seal


def seal_document(seal: Seal) -> dict[str, object]:
    """Return the JSON members of a seal; `parse_seal` of them gives it again."""
    shares = [{**share._asdict(), "sealed": b64u(share.sealed)} for share in seal.shares]
    return {**seal._asdict(), "purpose": str(seal.purpose), "shares": shares}


def parse_custody(value: object, field: str) -> dict[Purpose, Custody]:
    """Read a tender's custody: for every purpose, threshold and custodians."""
    fields = Fields(value, field)
    return {purpose: _parse_one_custody(fields.nested(purpose.custody)) for purpose in Purpose}


def custody_digest(threshold: int, custodians: Sequence[str]) -> str:
    """Return the hex digest that every share carries: over the threshold and all who keep one."""
    actors = [actor.encode() for actor in custodians]
    return tagged_hash("bideval/custody/v1", str(threshold).encode(), *actors).hex()


def check_custody(seal: Seal, purpose: Purpose, custody: Custody, *, field: str = "seal") -> None:
    """Raise `RefusedError` unless the seal is for this purpose and dealt to this custody."""
    for name, found, wanted in (
        ("purpose", seal.purpose, purpose),
        ("threshold", seal.threshold, custody.threshold),
        ("shares", seal.custodians, custody.custodians),
    ):
        if found != wanted:
            detail = "is not what the tender's custody says"
            raise RefusedError(
                "custody_differs", field=f"{field}.{name}", rule="spec/seal", detail=detail
            )


def open_share(seal: Seal, *, session: str, custodian: str, identity: str) -> bytes:
    """Return the raw share that `custodian` was dealt, opened with the custodian's identity.

    1. The seal has a share for the custodian. 2. It decrypts. 3. It is a share of format
    `bideval-share/2`. 4. Every context member is that of this seal and session. 5. The share has
    the recorded digest. Raises `EvidenceError` at the first step that fails, naming the member.
    """
    index, dealt = _dealt(seal, custodian)
    context, share = _read_share(age_decrypt(identity, dealt.sealed))
    expected: dict[str, object] = {
        "format": SHARE_FORMAT,
        "session": session,
        "purpose": str(seal.purpose),
        "recipient": seal.recipient,
        "custodian": custodian,
        "index": index,
        "threshold": seal.threshold,
        "of": len(seal.shares),
        "custody": custody_digest(seal.threshold, seal.custodians),
    }
    for name, value in expected.items():
        if (type(context[name]), context[name]) != (type(value), value):
            raise _bad_share(custodian, f"share.{name}", "is that of another seal")
    check_share(seal, custodian=custodian, share=share)
    return share


def check_share(seal: Seal, *, custodian: str, share: bytes) -> None:
    """Raise `EvidenceError` unless `share` is the one that the seal recorded for `custodian`."""
    _, dealt = _dealt(seal, custodian)
    if hex_digest(share) != dealt.digest:
        raise _bad_share(custodian, "share", "does not have the recorded digest")
    if len(share) != SHARE_SIZE or share[-1] == 0:
        raise _bad_share(custodian, "share", f"must have {SHARE_SIZE} bytes and an x from 1")


def combine_shares(seal: Seal, shares: Mapping[str, bytes]) -> str:
    """Return the seal's identity out of the shares of at least `threshold` custodians.

    1. Every share is the recorded one (`check_share` names the custodian whose is not). 2. There
    are enough. 3. Some `threshold` of them rebuild an identity whose recipient is the seal's; sets
    are tried in custody order, so that all verifiers agree and one bad deal does not hide the rest.
    Raises `EvidenceError` at the first step that fails.
    """
    for custodian, share in shares.items():
        check_share(seal, custodian=custodian, share=share)
    if len(shares) < seal.threshold:
        detail = f"{len(shares)} of {seal.threshold} needed shares"
        raise EvidenceError("too_few_shares", field="shares", detail=detail)
    ordered = [shares[custodian] for custodian in seal.custodians if custodian in shares]
    for chosen in islice(combinations(ordered, seal.threshold), COMBINATIONS_LIMIT):
        identity = _rebuild(chosen)
        if identity is not None and recipient_of(identity) == seal.recipient:
            return identity
    detail = "the shares do not rebuild the identity of the recorded recipient"
    raise EvidenceError("seal_unopenable", field="shares", detail=detail)


def _rebuild(shares: Sequence[bytes]) -> str | None:
    try:
        text = combine(shares).decode("ascii")
        recipient_of(text)
    except (ValueError, EvidenceError):
        return None
    return text


def _parse_share(value: object, field: str) -> SealedShare:
    fields = Fields(value, field)
    fields.only(*SealedShare._fields)
    return SealedShare(
        fields.actor("custodian"),
        fields.digest("digest"),
        fields.binary("sealed", limit=SEALED_SHARE_LIMIT),
    )


def _parse_one_custody(fields: Fields) -> Custody:
    threshold = fields.integer("threshold", least=LEAST_THRESHOLD, most=CUSTODIANS_LIMIT)
    custodians = tuple(fields.items("custodians", _actor, most=CUSTODIANS_LIMIT))
    _check_custodians(fields, "custodians", custodians, threshold)
    return Custody(threshold, custodians)


def _actor(value: object, field: str) -> str:
    return actor_id(value, field=field)


def _check_custodians(fields: Fields, name: str, actors: Sequence[str], threshold: int) -> None:
    if len(set(actors)) != len(actors):
        detail = "must name every custodian once"
        raise InputError("duplicate_custodian", field=fields.at(name), detail=detail)
    if len(actors) < threshold:
        detail = "must name at least as many custodians as the threshold"
        raise InputError("too_few_custodians", field=fields.at(name), detail=detail)


def _check_counts(threshold: int, actors: Sequence[str]) -> None:
    if not LEAST_THRESHOLD <= threshold <= len(actors) <= CUSTODIANS_LIMIT:
        detail = f"2 <= threshold <= custodians <= {CUSTODIANS_LIMIT}"
        raise FaultError("bad_custody", field="custodians", detail=detail)
    if len(set(actors)) != len(actors):
        raise FaultError("bad_custody", field="custodians", detail="a custodian twice")


def _check_dealing(shares: Sequence[bytes], threshold: int, identity: str) -> None:
    """Raise FaultError `misdealt` unless every `threshold` of the shares give the identity.

    The first of them with each of the others do only if all lie on one polynomial, so that these
    sets stand for all (docs/spec/seal.md, section 1).
    """
    first = shares[: threshold - 1]
    for last in shares[threshold - 1 :]:
        if _rebuild([*first, last]) != identity:
            detail = "the shares that were made do not give the key back"
            raise FaultError("misdealt", field="seal", detail=detail)


def _dealt(seal: Seal, custodian: str) -> tuple[int, SealedShare]:
    for index, share in enumerate(seal.shares, start=1):
        if share.custodian == custodian:
            return index, share
    raise _bad_share(custodian, "custodian", "keeps no share of this seal")


def _read_share(plain: bytes) -> tuple[dict[str, object], bytes]:
    """Return the context members, whatever their values, and the raw share."""
    try:
        fields = Fields(read_json(plain, limit=SEALED_SHARE_LIMIT, field="share"), "share")
        fields.only(*_CONTEXT, "share")
        context = {name: fields.required(name) for name in _CONTEXT}
        return context, fields.binary("share", size=SHARE_SIZE)
    except InputError as wrong:
        raise EvidenceError("bad_share", field=wrong.field, detail=wrong.detail) from None


def _bad_share(custodian: str, field: str, detail: str) -> EvidenceError:
    return EvidenceError("bad_share", field=field, detail=f"{custodian}: {detail}")
