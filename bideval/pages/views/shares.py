"""Shares that a person keeps and may release now.

Decided here: how a seal is named to its custodian and handed to the script that opens the share.
Not decided here: whether the release counts (session).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.encoding import b64u
from bideval.session.acts.bids import due

if TYPE_CHECKING:
    from bideval.evidence.sealing import Purpose
    from bideval.session.sharing import SealedSecret
    from bideval.session.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesView:
    """What one press releases: all due shares of one purpose, as scripts take them."""

    purpose: Purpose
    count: int
    seals: list[dict[str, object]]


def due_shares(session: Standing, custodian: str) -> tuple[SharesView, ...]:
    """The shares of this custodian that are due and not in the record, by purpose."""
    found: dict[Purpose, list[SealedSecret]] = {}
    for secret in session.sharing.seals.values():
        if _due(session, secret) and custodian in session.sharing.missing(secret.recipient):
            found.setdefault(secret.purpose, []).append(secret)
    return tuple(
        SharesView(purpose=purpose, count=len(secrets), seals=[_for_script(one) for one in secrets])
        for purpose, secrets in found.items()
    )


def _due(session: Standing, secret: SealedSecret) -> bool:
    return due(session, secret) and not session.sharing.enough(secret.recipient)


def _for_script(secret: SealedSecret) -> dict[str, object]:
    seal = secret.seal
    return {
        "label": secret.about or secret.author,
        "seal": {
            "purpose": str(seal.purpose),
            "recipient": seal.recipient,
            "threshold": seal.threshold,
            "shares": [
                {"custodian": one.custodian, "digest": one.digest, "sealed": b64u(one.sealed)}
                for one in seal.shares
            ],
        },
    }
