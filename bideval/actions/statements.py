"""What is put into a proof of misbehaviour, rule by rule, out of what is kept and what was sent.

Decided here: which head or chain of ours is set against a word that is not what this copy says, and
what the other story looks like where its lines were sent with the word. Nothing here accuses: the
evidence is judged by `audit` first. Not decided here: when a proof is tried (accusing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.acknowledged import left_out_of
from bideval.actions.arrivals import known_keys
from bideval.actions.checkpoints import root_at
from bideval.audit.contradictions import hexes, line_texts, placed_document, vouch_document
from bideval.evidence.encoding import b64u
from bideval.ledger.entry import parse_entry, verify_entry
from bideval.ledger.line import chain_next, chain_start, parse_line
from bideval.ledger.tree import consistency_path, leaf_hash, tree_root
from bideval.sync.words import RECORD
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bideval.actions.venue import Venue
    from bideval.ports import RecordReader
    from bideval.sync.words import Placed, Said, Vouch

    Evidence = dict[str, object]
    EvidenceOf = Callable[[Venue, RecordReader, Said], Evidence | None]


@dataclass(frozen=True, slots=True)
class Head:
    """A head of the record as main has signed it: a checkpoint, or a vouch."""

    n: int
    document: Evidence


def agrees_here(venue: Venue, word: Vouch) -> bool | None:
    """Whether our copy says the same as a word; None while it is shorter."""
    session = word.session
    with venue.devices.store.read() as reader:
        if word.stream == RECORD:
            head = reader.head(session)
            if head is None or head.size < word.n:
                return None
            return root_at(reader, session, word.n) == word.digest
        chain = _chain_at(reader, session, word.stream, word.n)
    return None if chain is None else chain == word.digest


def held_head(venue: Venue, reader: RecordReader, session: str) -> Head | None:
    """Return the largest head that main has signed and that we found to be ours."""
    said = venue.findings.vouched(session, RECORD)
    stored = reader.checkpoint(session)
    heads: list[Head] = []
    if said is not None:
        heads.append(Head(said.n, vouch_document(said)))
    if stored is not None:
        heads.append(Head(stored.size, {"checkpoint": stored.note}))
    return max(heads, key=lambda head: head.n, default=None)


def other_head(venue: Venue, reader: RecordReader, session: str, head: Head) -> Evidence | None:
    """Set a head that is not ours against a larger one of main's that is."""
    held = held_head(venue, reader, session)
    if held is None or held.n < head.n:
        return None
    return _two_heads(head, held, reader.leaves(session, 0, held.n))


def omission(
    venue: Venue,
    reader: RecordReader,
    missing: tuple[Placed, int],
    head: Head,
    leaves: Sequence[bytes],
) -> Evidence:
    """Set main's word for our lines, one of which is missing, against its record of `leaves`."""
    said, n = missing
    session = said.session
    before = reader.origin_lines(session, venue.id, n - 1, 1) if n > 1 else []
    chain = before[0].chain if before else chain_start(session, venue.id)
    lines = reader.origin_lines(session, venue.id, n, said.n - n + 1)
    return {
        "venue": venue.id,
        "placed": placed_document(said),
        "before": chain.hex(),
        "lines": line_texts([stored.line for stored in lines]),
        "leaves": hexes(leaves),
        "head": head.document,
    }


def _record_forked(venue: Venue, reader: RecordReader, said: Said) -> Evidence | None:
    word = said.word
    head = Head(word.n, vouch_document(word))
    held = held_head(venue, reader, word.session)
    if held is None or held.n >= word.n:
        return other_head(venue, reader, word.session, head)
    leaves = _other_leaves(reader, said)
    return _two_heads(held, head, leaves) if leaves else None


def _record_left_out(venue: Venue, reader: RecordReader, said: Said) -> Evidence | None:
    word, leaves = said.word, _other_leaves(reader, said)
    missing = left_out_of(venue, reader, word.session, leaves)
    if not leaves or missing is None:
        return None
    return omission(venue, reader, missing, Head(word.n, vouch_document(word)), leaves)


def _record_false(_venue: Venue, reader: RecordReader, said: Said) -> Evidence | None:
    if not _other_leaves(reader, said):
        return None
    before = [stored.line for stored in reader.lines(said.word.session, 0, said.first - 1)]
    return {
        "head": vouch_document(said.word),
        "lines": line_texts([*before, *said.lines]),
    }


def _stream_forked(venue: Venue, reader: RecordReader, said: Said) -> Evidence | None:
    word = said.word
    held = venue.findings.vouched(word.session, word.stream)
    if held is None:
        return None
    if held.n == word.n:
        lines: list[bytes] = []
        chain: bytes | None = held.digest
        first, second = word, held
    elif held.n > word.n:
        lines = _own_lines(reader, word, word.n + 1, held.n)
        chain = _chain_at(reader, word.session, word.stream, word.n)
        first, second = word, held
    else:
        known = held.n - said.first + 1
        chain = _chain_at(reader, word.session, word.stream, said.first - 1)
        for line in said.lines[: max(known, 0)]:
            chain = chain_next(chain, line) if chain is not None else None
        lines = list(said.lines[max(known, 0) :])
        first, second = held, word
    if chain is None:
        return None
    return {
        "venue": word.stream,
        "first": vouch_document(first),
        "second": vouch_document(second),
        "chain": chain.hex(),
        "lines": line_texts(lines),
    }


def _stream_false(venue: Venue, reader: RecordReader, said: Said) -> Evidence | None:
    word = said.word
    before = _chain_at(reader, word.session, word.stream, said.first - 1)
    if before is None or not said.lines:
        return None
    at, key = _first_forged(venue, said)
    for line in said.lines[:at]:
        before = chain_next(before, line)
    return {
        "venue": word.stream,
        "vouched": vouch_document(word),
        "before": before.hex(),
        "lines": line_texts(said.lines[at:]),
        "key": key,
    }


OF_THE_RECORD: Mapping[str, EvidenceOf] = {
    "two_heads": _record_forked,
    "omission": _record_left_out,
    "false_record": _record_false,
}
OF_A_STREAM: Mapping[str, EvidenceOf] = {
    "two_chains": _stream_forked,
    "false_line": _stream_false,
}
"""What a word may prove against its speaker, in the order in which it is tried."""


def _two_heads(first: Head, second: Head, leaves: Sequence[bytes]) -> Evidence:
    """Set two heads against each other; `leaves` are all those under the second, larger one."""
    return {
        "first": first.document,
        "second": second.document,
        "root": tree_root(leaves[: first.n]).hex(),
        "path": hexes(consistency_path(leaves, first.n, second.n)),
    }


def _other_leaves(reader: RecordReader, said: Said) -> list[bytes]:
    """Return the leaves of the record that a word tells of; none where they are not known."""
    word = said.word
    head = reader.head(word.session)
    if not said.lines or head is None or said.first > head.size + 1:
        return []
    before = reader.leaves(word.session, 0, said.first - 1) if said.first > 1 else []
    leaves = [*before, *(leaf_hash(line) for line in said.lines)]
    return leaves if (len(leaves), tree_root(leaves)) == (word.n, word.digest) else []


def _own_lines(reader: RecordReader, word: Vouch, first: int, last: int) -> list[bytes]:
    if last < first:
        return []
    found = reader.origin_lines(word.session, word.stream, first, last - first + 1)
    return [stored.line for stored in found]


def _chain_at(reader: RecordReader, session: str, origin: str, n: int) -> bytes | None:
    if n < 1:
        return chain_start(session, origin) if n == 0 else None
    found = reader.origin_lines(session, origin, n, 1)
    return found[0].chain if found else None


def _first_forged(venue: Venue, said: Said) -> tuple[int, dict[str, str] | None]:
    """Return where the first line is that the key which it names did not sign, and that key.

    Where there is none, one of the lines must be none of that venue's: the first index, no key.
    """
    try:
        entries = [parse_entry(parse_line(line).jws) for line in said.lines]
        keys = known_keys(venue, said.word.session, entries)
    except BidevalError:
        return 0, None
    for at, entry in enumerate(entries):
        key = keys.get(entry.kid)
        if key is None:
            continue
        try:
            verify_entry(entry, key)
        except BidevalError:
            return at, {"suite": key.suite.value, "public": b64u(key.raw)}
    return 0, None
