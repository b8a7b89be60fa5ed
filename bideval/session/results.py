"""Versions of the result, who signed which, the report.

Decided here: which version is current and what was said about it.
Not decided here: the numbers (`bideval.scoring`), and when a version is due.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.session.bodies.course import ReportIssued, ResultConsolidated, Stance


@dataclass(frozen=True, slots=True)
class ResultVersion:
    """One consolidation; `position` is where it stands in the record."""

    body: ResultConsolidated
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A member's signature under one version of the result."""

    member: str
    digest: str
    stance: Stance
    reasons: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A note `by` the panel that a member does not sign (Order 12 art. 43)."""

    member: str
    by: str
    digest: str
    note: str
    position: int


@dataclass(slots=True)
class Results:
    """All versions; confirmations and refusals belong to the current one alone."""

    versions: list[ResultVersion] = field(default_factory=list)
    confirmations: dict[str, Confirmation] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    report: ReportIssued | None = None
    printed: dict[str, int] = field(default_factory=dict)

    @property
    def current(self) -> ResultVersion | None:
        """The latest version."""
        return self.versions[-1] if self.versions else None

    def consolidate(self, version: ResultVersion) -> None:
        """Take a new version; nobody has signed it yet."""
        self.versions.append(version)
        self.confirmations.clear()
        self.refusals.clear()

    def confirm(self, confirmation: Confirmation) -> None:
        """Take a stance; it replaces the member's earlier one and any note of refusal."""
        self.confirmations[confirmation.member] = confirmation
        self.refusals.pop(confirmation.member, None)
