"""Seals in the record, and the shares that their custodians have released.

Decided here: whether a released share is the one that was dealt, and when there are enough.
Not decided here: when a custodian may release, and what the opened secret says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.evidence.sealing import Purpose, Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """A seal that counts: who made it, by which entry; `about` names a bid where it is one."""

    purpose: Purpose
    author: str
    entry: str
    seal: Seal
    about: str = ""

    @property
    def recipient(self) -> str:
        """The one-time age recipient that the secret is encrypted to; it names the seal."""
        return self.seal.recipient


@dataclass(frozen=True, slots=True)
class WrongShare:
    """A share that is not what its custodian was dealt, or so the custodian's entry says."""

    recipient: str
    custodian: str
    position: int


@dataclass(slots=True)
class Sharing:
    """All seals by recipient, all right shares, and why custodians refuse others."""

    seals: dict[str, SealedSecret] = field(default_factory=dict)
    shares: dict[tuple[str, str], bytes] = field(default_factory=dict)
    wrong: list[WrongShare] = field(default_factory=list)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, secret: SealedSecret) -> None:
        """Take a seal into account."""
        self.seals[secret.recipient] = secret

    def of(self, recipient: str) -> dict[str, bytes]:
        """Return the right shares of a seal, by custodian."""
        custodians = self.seals[recipient].seal.custodians
        released = {one: self.shares.get((recipient, one)) for one in custodians}
        return {one: share for one, share in released.items() if share is not None}

    def enough(self, recipient: str) -> bool:
        """Return whether as many shares are here as the seal's threshold asks."""
        return len(self.of(recipient)) >= self.seals[recipient].seal.threshold

    def lost(self, recipient: str) -> bool:
        """Return whether so many custodians refuse their share that the seal can never open.

        One custodian who refuses wrongly spoils nothing while enough others are left; a share that
        is released after all counts.
        """
        if not self.refused:
            return False
        seal = self.seals[recipient].seal
        gone = [
            one
            for one in seal.custodians
            if (recipient, one) in self.refused and (recipient, one) not in self.shares
        ]
        return len(seal.custodians) - len(gone) < seal.threshold

    def missing(self, recipient: str) -> list[str]:
        """Return the custodians whose share is not here, in custody order."""
        released = self.of(recipient)
        custodians = self.seals[recipient].seal.custodians
        return [custodian for custodian in custodians if custodian not in released]
