"""Proofs of misbehaviour: statements that somebody has signed and that cannot all be true.

Decided here: the format `bideval-misbehaviour/1` (docs/spec/misbehaviour.md), and what such a file
proves, against whose key. A file proves by itself: nothing that its finder says is believed, and
what an honest venue signs, whatever breaks, never fits together to one.
Not decided here: how one is found (actions), what happens to the session then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.audit import contradictions as rules
from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.ledger.entry import parse_entry, verify_entry
from bideval.ledger.line import parse_line
from bideval.session.state import Session
from bideval.terms.errors import BidevalError, EvidenceError, InputError
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.audit.contradictions import Judgement

FORMAT = "bideval-misbehaviour/1"
HEADER = FORMAT.encode() + b"\n"
LIMIT = 512 * 2**20
"""Bytes of a file: two rules carry the whole record, and one of 300,000 lines fits."""

RULES = {
    "two_heads": rules.two_heads,
    "two_chains": rules.two_chains,
    "omission": rules.omission,
    "closed_key": rules.closed_key,
    "false_record": rules.false_record,
    "false_line": rules.false_line,
}
"""What can be proven, and the function that judges it."""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """A file taken apart, NOT judged. `founding` is line 0 of the record: it names the keys."""

    session: str
    what: str
    founding: str
    found_by: str
    found_at: str
    evidence: Mapping[str, object]


def write_misbehaviour(found: Misbehaviour) -> bytes:
    """Return the file: a header line, one line of canonical JSON."""
    members = {
        "session": found.session,
        "what": found.what,
        "founding": found.founding,
        "found_by": found.found_by,
        "found_at": found.found_at,
        "evidence": dict(found.evidence),
    }
    return HEADER + canonical_bytes(members) + b"\n"


def is_misbehaviour(data: bytes | memoryview) -> bool:
    """Tell whether these bytes begin as such a file does."""
    return bytes(data[: len(HEADER)]) == HEADER


def read_misbehaviour(data: bytes | memoryview) -> Misbehaviour:
    """Take a file apart; raises InputError naming the member that is not as the format wants."""
    if len(data) > LIMIT:
        raise InputError("too_large", field="file", detail=f"must have at most {LIMIT} bytes")
    if not is_misbehaviour(data) or bytes(data[-1:]) != b"\n":
        raise InputError("not_misbehaviour", field="file", detail=f"is no {FORMAT} file")
    body = bytes(data[len(HEADER) : -1])
    value = read_json(body, limit=LIMIT, field="file")
    if canonical_bytes(value) != body:
        raise InputError("not_misbehaviour", field="file", detail="must be canonical JSON")
    members = Fields(value, "file")
    members.only("session", "what", "founding", "found_by", "found_at", "evidence")
    return Misbehaviour(
        session=members.session("session"),
        what=members.word("what", list(RULES)),
        founding=members.text("founding", limit=65_535),
        found_by=members.venue("found_by"),
        found_at=members.text("found_at", limit=40),
        evidence=members.nested("evidence").members,
    )


def judge(found: Misbehaviour) -> Judgement:
    """Return who is proven to have misbehaved, and how.

    1. The founding entry is main's and names the venues' keys. 2. Every statement is signed by the
    key that the rule asks for. 3. The statements contradict each other by the rule. Raises
    EvidenceError or InputError at the first step that fails: then the file proves nothing.
    """
    session = Session(found.session)
    try:
        line = parse_line(found.founding.encode())
        entry = parse_entry(line.jws)
        verify_entry(entry, session.key_for(entry))
        session.apply(line, entry)
    except BidevalError as wrong:
        raise EvidenceError("founding_refused", field="founding", detail=str(wrong)) from None
    return RULES[found.what](session, Fields(dict(found.evidence), "evidence"))
