"""Which signed statements contradict each other: one function per rule.

Decided here: when two statements cannot both be true, and whose key that shows (docs/spec/
misbehaviour.md, sections 2 to 7). Each rule takes the session as its founding entry makes it, with
the venues' keys, and the evidence; it returns a judgement or raises at the first thing that does
not hold. Not decided here: the file's form (`misbehaviour`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bideval.audit.replay import Replay, first_forged, located, place_of
from bideval.evidence.encoding import b64u
from bideval.evidence.signing import public_key
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ledger.entry import parse_entry, verify_entry
from bideval.ledger.line import chain_next, parse_line
from bideval.ledger.note import NOTE_LIMIT
from bideval.ledger.tree import leaf_hash, tree_root, verify_consistency
from bideval.session.state import Session
from bideval.sync.words import RECORD, Placed, Vouch, check_word
from bideval.terms.errors import BidevalError, EvidenceError, InputError
from bideval.terms.fields import digest, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.evidence.signing import PublicKey
    from bideval.ledger.entry import Entry
    from bideval.terms.fields import Fields

RECORD_LIMIT: Final = 1_000_000
"""Lines of a record that a proof may hold."""
LINE_TEXT: Final = 65_535
PATH_LIMIT: Final = 64
SIGNATURE_SIZE: Final = 64


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who is proven to have misbehaved: an actor, by the key that signed; and how, in words."""

    accused: str
    kid: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A record's head as main has signed it."""

    n: int
    root: bytes
    where: str


def two_heads(session: Session, evidence: Fields) -> Judgement:
    """Main signed two heads of one record, the smaller of which the larger one does not extend.

    `root` and `path` prove what the larger head says the first lines come to; that is not what the
    smaller head says. For equal sizes the path is empty.
    """
    evidence.only("first", "second", "root", "path")
    first, second = (_head(session, evidence.nested(name)) for name in ("first", "second"))
    root = bytes.fromhex(evidence.digest("root"))
    path = [bytes.fromhex(one) for one in evidence.items("path", digest, most=PATH_LIMIT)]
    if first.n > second.n or first.n == 0:
        raise _unproven("first", "must be the smaller head, of one line at least")
    verify_consistency((first.n, root), (second.n, second.root), path)
    if root == first.root:
        raise _unproven("root", "the second head extends the first one")
    return _by_venue(
        session,
        session.main,
        f"signed that the first {first.n} lines of the record come to {first.root.hex()} "
        f"({first.where})",
        f"signed a record of {second.n} lines whose first {first.n} come to {root.hex()} "
        f"({second.where})",
        "One record cannot have both: lines were changed, removed or put in another order.",
    )


def two_chains(session: Session, evidence: Fields) -> Judgement:
    """A branch vouched for two chains of which the longer one does not continue the other.

    `chain` is what the first lines come to under the longer one: `lines`, which are all that come
    after them, lead from it to the end that was signed. For equally many lines there are none.
    """
    evidence.only("venue", "first", "second", "chain", "lines")
    venue = _branch(session, evidence)
    first, second = (_vouch(session, evidence.nested(one), venue) for one in ("first", "second"))
    chain = bytes.fromhex(evidence.digest("chain"))
    lines = evidence.items("lines", line_bytes, most=RECORD_LIMIT)
    if first.n == 0 or first.n + len(lines) != second.n:
        raise _unproven("first", "must be about fewer lines, by those that are told, and about one")
    if _chain_after(chain, lines) != second.digest:
        raise _unproven("chain", "does not lead to what was signed")
    if chain == first.digest:
        raise _unproven("second", "continues the first one")
    return _by_venue(
        session,
        venue,
        f"signed that its first {first.n} lines come to {first.digest.hex()}",
        f"signed {second.n} lines of its own whose first {first.n} come to {chain.hex()}",
        f"For at least one number up to {first.n} it has two entries.",
    )


def omission(session: Session, evidence: Fields) -> Judgement:
    """Main signed that a branch's lines stand in its first lines, and a record where one does not.

    `lines` go from the missing one to the last that was placed; `before` is the chain before them.
    `leaves` are the hashes of the whole record under `head`: nothing else of it is told.
    """
    evidence.only("venue", "placed", "before", "lines", "leaves", "head")
    venue = evidence.venue("venue")
    placed = _placed(session, evidence.nested("placed"), venue)
    head = _head(session, evidence.nested("head"))
    lines = [line.encode() for line in evidence.items("lines", _line_text, least=1)]
    leaves = [bytes.fromhex(one) for one in evidence.items("leaves", digest, most=RECORD_LIMIT)]
    chain = bytes.fromhex(evidence.digest("before"))
    for number, line in enumerate(lines, placed.n - len(lines) + 1):
        parsed = parse_line(line)
        if (parsed.origin, parsed.n) != (venue, number):
            raise _unproven("lines", "must be the venue's own, up to the last that was placed")
        chain = chain_next(chain, line)
    if chain != placed.digest:
        raise _unproven("lines", "are not those that main placed")
    if len(leaves) != head.n or tree_root(leaves) != head.root:
        raise _unproven("leaves", "are not those under the head")
    if head.n < placed.size:
        raise _unproven("head", "is smaller than where the lines were placed")
    if leaf_hash(lines[0]) in leaves[: placed.size]:
        raise _unproven("lines", "the line is where it was placed")
    missing = parse_line(lines[0])
    later = "only behind them" if leaf_hash(lines[0]) in leaves else "missing"
    return _by_venue(
        session,
        session.main,
        f"signed that line {placed.n} of {venue} and all before stand in the first "
        f"{placed.size} lines of the record",
        f"signed a record of {head.n} lines ({head.where}) in which {venue} {missing.n}, entry "
        f"{_entry(missing.jws).kind}, is {later}",
        "An entry that was acknowledged has been left out.",
    )


def false_record(session: Session, evidence: Fields) -> Judgement:
    """Main signed a record with a line that can be in none: forged, of no number, of no author.

    `lines` are the whole record under `head`. They do not fold.
    """
    evidence.only("head", "lines")
    head = _head(session, evidence.nested("head"))
    lines = evidence.items("lines", line_bytes, least=1, most=RECORD_LIMIT)
    if len(lines) != head.n or tree_root([leaf_hash(line) for line in lines]) != head.root:
        raise _unproven("lines", "are not those under the head")
    if leaf_hash(lines[0]) != session.founding:
        raise _unproven("lines", "begin with another founding")
    fault = _fault(session.session_id, lines)
    if fault is None:
        raise _unproven("lines", "are a record of this session")
    return _by_venue(
        session,
        session.main,
        f"signed a record of {head.n} lines ({head.where})",
        f"In it {fault.field} cannot stand: {fault.detail or fault.code}",
        "A line was changed, left out, put in another place or made up.",
    )


def false_line(session: Session, evidence: Fields) -> Judgement:
    """A branch vouched for lines of its own of which one is no line, or is forged.

    `lines` are its last ones; from the chain `before` they lead to what it signed. `key`, if it is
    not null, is the key that the entry of a forged line names.
    """
    evidence.only("venue", "vouched", "before", "lines", "key")
    venue = _branch(session, evidence)
    said = _vouch(session, evidence.nested("vouched"), venue)
    lines = evidence.items("lines", line_bytes, least=1, most=RECORD_LIMIT)
    key = None if evidence.absent("key") else _key(evidence.nested("key"))
    before = bytes.fromhex(evidence.digest("before"))
    if len(lines) > said.n or _chain_after(before, lines) != said.digest:
        raise _unproven("lines", "are not those that were signed")
    for number, line in enumerate(lines, said.n - len(lines) + 1):
        wrong = _false(session, (venue, number), line, key)
        if wrong is not None:
            return _by_venue(
                session,
                venue,
                f"signed that its first {said.n} lines come to {said.digest.hex()}",
                f"In them line {number} {wrong}",
                "No venue may take such a line from its people, or make it up.",
            )
    raise _unproven("lines", "are lines of this venue, as far as can be seen")


def closed_key(session: Session, evidence: Fields) -> Judgement:
    """Somebody signed with a key after a record that closes it: the entry itself says so.

    `lines` are the record that the entry says its author had seen. They fold by the session's rules
    to a state in which the key is closed.
    """
    evidence.only("lines", "entry")
    entry = _entry(evidence.text("entry", limit=LINE_TEXT))
    texts = evidence.items("lines", _line_text, least=1, most=RECORD_LIMIT)
    run, leaves = _folded(session.session_id, [line.encode() for line in texts])
    if leaves[0] != session.founding:
        raise _unproven("lines", "begin with another founding")
    if (entry.seen_size, entry.seen_root) != (len(leaves), tree_root(leaves).hex()):
        raise _unproven("entry", "does not say that its author had seen these lines")
    people = run.people
    owner = people.owners.get(entry.kid)
    if owner is None or entry.kid not in people.closed or entry.session != session.session_id:
        raise _unproven("entry", "is not signed by a key that these lines close")
    verify_entry(entry, owner.key)
    return Judgement(
        owner.actor,
        entry.kid,
        (
            f"{owner.actor} of {owner.venue}: entry {people.closed[entry.kid]} closed this key",
            f"signed an entry {entry.kind} with it after having seen {entry.seen_size} lines, "
            "as the entry itself says",
            "Whoever has the key used it after it was closed.",
        ),
    )


def _folded(name: str, lines: Sequence[bytes]) -> tuple[Session, list[bytes]]:
    """Return the session that these lines fold to, every signature checked, and their leaves."""
    session, leaves = Session(name), []
    try:
        for data in lines:
            line = parse_line(data)
            entry = parse_entry(line.jws)
            verify_entry(entry, session.key_for(entry))
            session.apply(line, entry)
            leaves.append(leaf_hash(data))
    except BidevalError as wrong:
        raise _unproven("lines", f"are no record of this session: {wrong.code}") from None
    return session, leaves


def _fault(name: str, lines: Sequence[bytes]) -> BidevalError | None:
    """Return the first thing that is wrong in a record, with its place; None if nothing is."""
    run = Replay(name, lines)
    at = first_forged(run.fold())
    if at is None:
        return run.fault
    wrong = EvidenceError("signature_invalid", detail="its author's key did not sign it")
    return located(wrong, place_of(at, lines[at]))


def _false(
    session: Session, place: tuple[str, int], data: bytes, key: PublicKey | None
) -> str | None:
    """Return why a venue's line cannot be its line of that number; None if it may be."""
    try:
        line = parse_line(data)
        if (line.origin, line.n) != place:
            return f"is numbered {line.origin} {line.n}"
        entry = parse_entry(line.jws)
        if entry.session != session.session_id:
            return "is of another session"
        if key is not None and key.key_id == entry.kid:
            verify_entry(entry, key)
    except BidevalError as wrong:
        return f"is none: {wrong.detail or wrong.code}"
    return None


def _branch(session: Session, evidence: Fields) -> str:
    venue = evidence.venue("venue")
    if venue == session.main:
        raise _unproven("venue", "main's own lines are in the record, under its heads")
    return venue


def _key(members: Fields) -> PublicKey:
    members.only("suite", "public")
    return public_key(members.text("suite"), members.binary("public"), field="evidence.key.public")


def _chain_after(chain: bytes, lines: Sequence[bytes]) -> bytes:
    for line in lines:
        chain = chain_next(chain, line)
    return chain


def _head(session: Session, statement: Fields) -> Head:
    """Return the head in a checkpoint's note or in main's vouch for the record."""
    if "checkpoint" in statement.members:
        statement.only("checkpoint")
        note = statement.text("checkpoint", limit=NOTE_LIMIT)
        key = session.people.venues[session.main].key
        stated = open_checkpoint(note, session.session_id, key)
        return Head(stated.size, stated.root, "checkpoint")
    said = _vouch(session, statement, session.main, stream=RECORD)
    return Head(said.n, said.digest, "vouched on a link")


def _vouch(session: Session, statement: Fields, venue: str, *, stream: str | None = None) -> Vouch:
    statement.only("vouch")
    members = statement.nested("vouch")
    members.only("n", "digest", "signature")
    said = Vouch(
        session.session_id,
        venue if stream is None else stream,
        members.integer("n"),
        bytes.fromhex(members.digest("digest")),
        members.binary("signature", size=SIGNATURE_SIZE),
    )
    _check(session, said, venue)
    return said


def _placed(session: Session, members: Fields, venue: str) -> Placed:
    members.only("n", "digest", "size", "signature")
    said = Placed(
        session.session_id,
        venue,
        members.integer("n", least=1),
        bytes.fromhex(members.digest("digest")),
        members.integer("size"),
        members.binary("signature", size=SIGNATURE_SIZE),
    )
    _check(session, said, session.main)
    return said


def _check(session: Session, said: Vouch | Placed, venue: str) -> None:
    known = session.people.venues.get(venue)
    if known is None:
        raise _unproven("venue", "is not a venue of this session")
    check_word(said, known.key)


def _entry(jws: str) -> Entry:
    try:
        return parse_entry(jws)
    except BidevalError as wrong:
        raise _unproven("entry", str(wrong)) from None


def line_bytes(value: object, field: str) -> bytes:
    """Return a line, or what was sent as one: each character stands for a byte."""
    if not isinstance(value, str) or not 0 < len(value) <= LINE_TEXT:
        raise InputError("not_a_text", field=field, detail=f"must have 1 to {LINE_TEXT} characters")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        raise InputError("not_bytes", field=field, detail="must hold U+0000 to U+00FF") from None


def _line_text(value: object, field: str) -> str:
    return text(value, field, limit=LINE_TEXT)


def _by_venue(session: Session, venue: str, *words: str) -> Judgement:
    known = session.people.venues[venue]
    return Judgement(known.actor, known.key.key_id, words)


def _unproven(field: str, detail: str) -> EvidenceError:
    return EvidenceError("not_proven", field=f"evidence.{field}", detail=detail)


def vouch_document(said: Vouch) -> dict[str, object]:
    """Return a vouch as the files hold it; session and stream follow from the rule."""
    return {"vouch": _word_document(said)}


def placed_document(said: Placed) -> dict[str, object]:
    """Return main's word for a place as the files hold it."""
    return _word_document(said) | {"size": said.size}


def _word_document(said: Vouch | Placed) -> dict[str, object]:
    return {"n": said.n, "digest": said.digest.hex(), "signature": b64u(said.signature)}


def line_texts(lines: Sequence[bytes]) -> list[str]:
    """Return lines, or what was sent as such, as the files hold them."""
    return [line.decode("latin-1") for line in lines]


def hexes(digests: Sequence[bytes]) -> list[str]:
    """Return digests as the files hold them."""
    return [one.hex() for one in digests]
