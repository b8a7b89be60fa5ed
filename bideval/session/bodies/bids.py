"""Bodies of sealing, closing, opening and objecting.

Decided here: their shapes. Not decided here: manifests and opening sheets (`bideval.opening`),
whether a bid is in time, and whether its plaintext is what its manifest says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.opening.package import Manifest, parse_manifest
from bideval.session.bodies.parts import (
    FileRef,
    OriginHead,
    read_file,
    read_reason,
    read_remark,
    read_seal,
    read_vector,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.evidence.sealing import Seal
    from bideval.terms.fields import Fields

SHARE_LIMIT = 512
"""Bytes of a share: as long as the identity text it was split from, 74 characters, and an index."""

UNOPENABLE_REASONS = (
    "shares_missing",
    "shares_do_not_fit",
    "ciphertext_missing",
    "ciphertext_differs",
    "does_not_decrypt",
    "package_malformed",
    "manifest_differs",
)
"""Why a bid stays closed (Order 20 art. 31); whose fault it was is for people to decide."""


SHARE_REFUSALS = ("does_not_open", "is_another")
"""Why a custodian refuses a share: it does not decrypt, or it is not the share that was stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidSealed:
    """Body of `bid.sealed`."""

    bid: str
    lot: str
    ciphertext: FileRef
    seal: Seal


@dataclass(frozen=True, slots=True)
class BidWithdrawn:
    """Body of `bid.withdrawn`."""

    bid: str


@dataclass(frozen=True, slots=True)
class BidsClosed:
    """Body of `bids.closed`: what main had of every venue when it closed the box."""

    vector: Mapping[str, OriginHead]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareReleased:
    """Body of `share.released`."""

    recipient: str
    custodian: str
    share: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRefused:
    """Body of `share.refused`."""

    recipient: str
    custodian: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BidOpened:
    """Body of `bid.opened`; `sha256` is the plaintext's."""

    bid: str
    sha256: str
    manifest: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class BidUnopenable:
    """Body of `bid.unopenable`."""

    bid: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class OpeningObjected:
    """Body of `opening.objected`."""

    text: str


@dataclass(frozen=True, slots=True)
class OpeningAnswered:
    """Body of `opening.answered`; `objection` is the hash of the entry answered."""

    objection: str
    text: str


def read_bid_sealed(body: Fields) -> BidSealed:
    """Read `bid.sealed`."""
    return BidSealed(
        bid=body.label("bid"),
        lot=body.label("lot"),
        ciphertext=read_file(body, "ciphertext"),
        seal=read_seal(body),
    )


def read_bid_withdrawn(body: Fields) -> BidWithdrawn:
    """Read `bid.withdrawn`."""
    return BidWithdrawn(body.label("bid"))


def read_bids_closed(body: Fields) -> BidsClosed:
    """Read `bids.closed`."""
    return BidsClosed(read_vector(body))


def read_share_released(body: Fields) -> ShareReleased:
    """Read `share.released`."""
    return ShareReleased(
        recipient=body.text("recipient", limit=128),
        custodian=body.actor("custodian"),
        share=body.binary("share", limit=SHARE_LIMIT),
    )


def read_share_refused(body: Fields) -> ShareRefused:
    """Read `share.refused`."""
    return ShareRefused(
        recipient=body.text("recipient", limit=128),
        custodian=body.actor("custodian"),
        reason=body.word("reason", SHARE_REFUSALS),
    )


def read_bid_opened(body: Fields) -> BidOpened:
    """Read `bid.opened`."""
    return BidOpened(
        bid=body.label("bid"),
        sha256=body.digest("sha256"),
        manifest=parse_manifest(body.required("manifest"), body.at("manifest")),
    )


def read_bid_unopenable(body: Fields) -> BidUnopenable:
    """Read `bid.unopenable`."""
    return BidUnopenable(
        bid=body.label("bid"),
        reason=body.word("reason", UNOPENABLE_REASONS),
        detail=read_remark(body, "detail"),
    )


def read_opening_objected(body: Fields) -> OpeningObjected:
    """Read `opening.objected`."""
    return OpeningObjected(read_reason(body, "text"))


def read_opening_answered(body: Fields) -> OpeningAnswered:
    """Read `opening.answered`."""
    return OpeningAnswered(body.digest("objection"), read_reason(body, "text"))
