"""The record of a bundle, folded again by the functions that the venues used.

Decided here: how lines become a session, and how a fault is located at its entry.
Not decided here: what else must hold once the fold went through (`checks`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.evidence.jws import verify_compact
from bideval.ledger.entry import ENTRY_TYPE, parse_entry
from bideval.ledger.line import parse_line
from bideval.ledger.tree import leaf_hash
from bideval.session.state import Session
from bideval.terms.errors import BidevalError, EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bideval.evidence.signing import PublicKey
    from bideval.ledger.entry import Entry
    from bideval.ledger.line import Line
    from bideval.session.state import Outcome

    Job = tuple[str, PublicKey]
    """A JWS and the key that must have signed it."""
    Checker = Callable[[Sequence[Job]], int | None]
    """Returns the index of the first job whose signature does not verify, or None."""


@dataclass(slots=True)
class Replay:
    """What the lines gave: entries, what became of each, the session at the end."""

    session: Session
    lines: list[Line] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    keys: list[PublicKey] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    fault: BidevalError | None = None

    def where(self, position: int) -> str:
        """Return how a finding names the entry at a position."""
        line, entry = self.lines[position], self.entries[position]
        return f"entry {position} ({line.origin} {line.n}, {entry.kind})"

    def jobs(self) -> list[Job]:
        """Return every entry with the key that must have signed it."""
        return [(entry.jws, key) for entry, key in zip(self.entries, self.keys, strict=False)]

    def of_kind(self, kind: str) -> list[tuple[int, Entry]]:
        """Return the counted entries of a kind, with their positions."""
        return [
            (outcome.position, self.entries[outcome.position])
            for outcome in self.outcomes
            if outcome.kind == kind and outcome.counted
        ]


def replay(session_id: str, lines: Iterable[bytes]) -> Replay:
    """Fold the lines; a fault stops it and is kept, so that signatures up to it can be checked."""
    result = Replay(Session(session_id))
    for position, data in enumerate(lines):
        try:
            _replay_line(result, data)
        except BidevalError as fault:
            result.fault = located(fault, _place(result, position))
            break
    return result


def _replay_line(result: Replay, data: bytes) -> None:
    line = parse_line(data)
    entry = parse_entry(line.jws)
    result.lines.append(line)
    result.entries.append(entry)
    result.leaves.append(leaf_hash(data))
    result.keys.append(result.session.key_for(entry))
    result.outcomes.append(result.session.apply(line, entry))


def _place(result: Replay, position: int) -> str:
    return result.where(position) if position < len(result.entries) else f"entry {position}"


def located(fault: BidevalError, region: str) -> EvidenceError:
    """Return the fault as evidence of what is wrong in `region`."""
    detail = ": ".join(part for part in (fault.field, fault.detail or fault.code) if part)
    return EvidenceError(fault.code, field=region, rule=fault.rule, detail=detail)


def first_forged(jobs: Sequence[Job]) -> int | None:
    """Return the index of the first entry that its key did not sign, or None; one after another."""
    for index, (jws, key) in enumerate(jobs):
        try:
            verify_compact(jws, key, typ=ENTRY_TYPE)
        except EvidenceError:
            return index
    return None
