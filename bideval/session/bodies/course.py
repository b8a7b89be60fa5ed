"""Bodies that move the procedure on, stop it, and end it: phases, pauses, results, the report.

Decided here: their shapes. Not decided here: which moves exist (`bideval.session.phases`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bideval.session.bodies.parts import (
    FileRef,
    OriginHead,
    read_file,
    read_reason,
    read_remark,
    read_vector,
)
from bideval.session.names import Phase
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields
from bideval.terms.identifiers import label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.terms.instants import Instant

MAX_VERSIONS = 10_000
"""Versions of a result; each correction may make one."""

STAMP_LIMIT = 16_384
"""Bytes of a time stamp with its authority's certificates; two thousand are usual."""


class Stance(StrEnum):
    """How a member signs the result (Order 87 art. 61)."""

    AGREE = "agree"
    DISSENT = "dissent"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class TenderPublished:
    """Body of `tender.published`, not yet read; `bideval.session.tender` reads it."""

    tender: object


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseOrdered:
    """Body of `phase.ordered`; `successor` is not yet read: only later rulebooks know it."""

    leaving: Phase
    to: Phase
    reason: str
    successor: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseMoved:
    """Body of `phase.moved`; `order` is the hash of the officer's order."""

    leaving: Phase
    to: Phase
    vector: Mapping[str, OriginHead]
    order: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class SessionPaused:
    """Body of `session.paused`; `fault` is not yet read: only later rulebooks know it."""

    reason: str
    fault: object = None


@dataclass(frozen=True, slots=True)
class SessionResumed:
    """Body of `session.resumed`; `decision` is not yet read: only later rulebooks know it."""

    reason: str
    decision: object = None


@dataclass(frozen=True, slots=True)
class PauseExpired:
    """Body of `pause.expired`: main's clock has come to `due`."""

    due: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultConsolidated:
    """Body of `result.consolidated`; `lots` maps lot ids to result documents."""

    version: int
    lots: Mapping[str, Mapping[str, object]]
    digest: str
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultConfirmed:
    """Body of `result.confirmed`."""

    digest: str
    stance: Stance
    reasons: str


@dataclass(frozen=True, slots=True)
class RefusalNoted:
    """Body of `refusal.noted`."""

    person: str
    note: str


@dataclass(frozen=True, slots=True)
class RecordHead:
    """A head of the record: how many lines, and the root over them."""

    size: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIssued:
    """Body of `report.issued`."""

    file: FileRef
    digest: str
    head: RecordHead


@dataclass(frozen=True, slots=True)
class RecordStamped:
    """Body of `record.stamped`; `response` is the authority's DER (RFC 3161 §2.4.2)."""

    head: RecordHead
    response: bytes


def read_tender_published(body: Fields) -> TenderPublished:
    """Read `tender.published` as far as its own shape goes."""
    return TenderPublished(body.nested("tender").members)


def read_phase_ordered(body: Fields) -> PhaseOrdered:
    """Read `phase.ordered`; an order to fail or to form anew needs its reason."""
    to = body.choice("to", Phase)
    return PhaseOrdered(
        leaving=body.choice("from", Phase),
        to=to,
        reason=_reason_to(body, to),
        successor=body.members.get("successor"),
    )


def read_phase_moved(body: Fields) -> PhaseMoved:
    """Read `phase.moved`."""
    to = body.choice("to", Phase)
    return PhaseMoved(
        leaving=body.choice("from", Phase),
        to=to,
        vector=read_vector(body),
        order=None if body.absent("order") else body.digest("order"),
        reason=_reason_to(body, to),
    )


def _reason_to(body: Fields, to: Phase) -> str:
    broken_off = to in {Phase.FAILED, Phase.RE_FORMED}
    return read_reason(body) if broken_off else read_remark(body)


def read_session_paused(body: Fields) -> SessionPaused:
    """Read `session.paused`."""
    return SessionPaused(read_reason(body), body.members.get("fault"))


def read_session_resumed(body: Fields) -> SessionResumed:
    """Read `session.resumed`."""
    return SessionResumed(read_reason(body), body.members.get("decision"))


def read_pause_expired(body: Fields) -> PauseExpired:
    """Read `pause.expired`."""
    return PauseExpired(body.instant("due"))


def read_result_consolidated(body: Fields) -> ResultConsolidated:
    """Read `result.consolidated`; it is final when every lot's result is."""
    lots = _lots(body.nested("lots"))
    final = body.flag("final")
    if final != all(lot.get("final") is True for lot in lots.values()):
        raise InputError("final_differs", field=body.at("final"))
    return ResultConsolidated(
        version=body.integer("version", least=1, most=MAX_VERSIONS),
        lots=lots,
        digest=body.digest("digest"),
        final=final,
    )


def _lots(part: Fields) -> dict[str, dict[str, object]]:
    if not part.members:
        raise InputError("too_short", field=part.path, detail="must have at least one lot")
    return {
        label(lot, field=part.path): Fields(value, part.at(lot)).members
        for lot, value in part.members.items()
    }


def read_result_confirmed(body: Fields) -> ResultConfirmed:
    """Read `result.confirmed`: who dissents says why (Order 87 art. 61)."""
    stance = body.choice("stance", Stance)
    read = read_reason if stance is Stance.DISSENT else read_remark
    return ResultConfirmed(
        digest=body.digest("digest"), stance=stance, reasons=read(body, "reasons")
    )


def read_refusal_noted(body: Fields) -> RefusalNoted:
    """Read `refusal.noted`."""
    return RefusalNoted(body.person("person"), read_reason(body, "note"))


def read_report_issued(body: Fields) -> ReportIssued:
    """Read `report.issued`."""
    head = body.nested("head")
    return ReportIssued(
        file=read_file(body, "file"),
        digest=body.digest("digest"),
        head=RecordHead(head.integer("size"), head.digest("root")),
    )


def read_record_stamped(body: Fields) -> RecordStamped:
    """Read `record.stamped`; whether the stamp is good is the auditor's question."""
    head = body.nested("head")
    return RecordStamped(
        RecordHead(head.integer("size", least=1), head.digest("root")),
        body.binary("response", limit=STAMP_LIMIT),
    )
