"""Bodies of opinions and marks: responsiveness, sealed marks, scoresheets, corrections.

Decided here: their shapes, and that a correction has one of the grounds of Order 87 art. 64.
Not decided here: plaintexts (`unsealing`), and whether a mark is in range (the engine).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bideval.session.bodies.parts import read_reason, read_remark, read_seal
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from decimal import Decimal

    from bideval.evidence.sealing import Seal
    from bideval.terms.fields import Fields

RECIPIENT_LIMIT = 128
"""Characters of an age recipient."""

MARK_CIPHERTEXT_LIMIT = 1_024
"""Bytes of a sealed mark: 128 of plaintext and about 200 of age header."""

SHEET_CIPHERTEXT_LIMIT = 45_000
"""Bytes of a sealed scoresheet: what fits into one entry."""

MAX_COUNTER = 2**31 - 1
"""A seat never writes that many marks."""


class Verdict(StrEnum):
    """What a member holds of a bid against the substantive requirements."""

    RESPONSIVE = "responsive"
    UNRESPONSIVE = "unresponsive"


class CorrectionGround(StrEnum):
    """Why a mark may still be changed (Order 87 art. 64); `missing` completes the record."""

    OUT_OF_RANGE = "out_of_range"
    ADDITION = "addition"
    OBJECTIVE = "objective"
    ABNORMAL = "abnormal"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsivenessVoted:
    """Body of `responsiveness.voted`."""

    bid: str
    verdict: Verdict
    requirement: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class MarksDealt:
    """Body of `marks.dealt`."""

    seal: Seal


class MarkSealed(NamedTuple):
    """Body of `mark.sealed`; `counter` is the seat's own and rises."""

    bid: str
    criterion: str
    counter: int
    recipient: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresheetSigned:
    """Body of `scoresheet.signed`."""

    recipient: str
    counter: int
    ciphertext: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCorrected:
    """Body of `mark.corrected`; None is an absent mark."""

    bid: str
    criterion: str
    before: Decimal | None
    after: Decimal | None
    ground: CorrectionGround
    reason: str


def read_responsiveness_voted(body: Fields) -> ResponsivenessVoted:
    """Read `responsiveness.voted`: a rejection names its reason."""
    verdict = body.choice("verdict", Verdict)
    read = read_reason if verdict is Verdict.UNRESPONSIVE else read_remark
    return ResponsivenessVoted(
        bid=body.label("bid"),
        verdict=verdict,
        requirement=body.optional("requirement", body.label),
        reason=read(body),
    )


def read_marks_dealt(body: Fields) -> MarksDealt:
    """Read `marks.dealt`."""
    return MarksDealt(read_seal(body))


def read_mark_sealed(body: Fields) -> MarkSealed:
    """Read `mark.sealed`."""
    return MarkSealed(
        bid=body.label("bid"),
        criterion=body.text("criterion", limit=RECIPIENT_LIMIT),
        counter=body.integer("counter", least=1, most=MAX_COUNTER),
        recipient=body.text("recipient", limit=RECIPIENT_LIMIT),
        ciphertext=body.binary("ciphertext", limit=MARK_CIPHERTEXT_LIMIT),
    )


def read_scoresheet_signed(body: Fields) -> ScoresheetSigned:
    """Read `scoresheet.signed`."""
    return ScoresheetSigned(
        recipient=body.text("recipient", limit=RECIPIENT_LIMIT),
        counter=body.integer("counter", least=1, most=MAX_COUNTER),
        ciphertext=body.binary("ciphertext", limit=SHEET_CIPHERTEXT_LIMIT),
    )


def read_mark_corrected(body: Fields) -> MarkCorrected:
    """Read `mark.corrected`: both marks are told, null being an absent one, and they differ."""
    before, after = _mark(body, "before"), _mark(body, "after")
    if before == after:
        raise InputError("nothing_changes", field=body.at("after"))
    return MarkCorrected(
        bid=body.label("bid"),
        criterion=body.text("criterion", limit=RECIPIENT_LIMIT),
        before=before,
        after=after,
        ground=body.choice("ground", CorrectionGround),
        reason=read_reason(body),
    )


def _mark(body: Fields, name: str) -> Decimal | None:
    return None if body.required(name) is None else body.decimal(name)
