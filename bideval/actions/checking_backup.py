"""Is a record in a backup what its venues signed?

Decided here: every line is taken again as it was taken first: chains without gaps, each signature
under the key that speaks at its place, each line folded; then the root, every checkpoint and
cosignature over the root of its size, and every word over the lines that it is about.
Not decided here: what is done with a record that passes (restoring, recovering).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.audit.replay import first_forged
from bideval.evidence.signing import public_key
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ledger.cosignature import verify_cosignature
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import chain_next, chain_start, parse_line
from bideval.ledger.note import parse_note
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.session.state import Session
from bideval.sync.words import RECORD, Placed, check_word
from bideval.terms.errors import BidevalError, EvidenceError
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bideval.actions.backup_file import Origin, SavedRecord
    from bideval.audit.replay import Checker, Job
    from bideval.ledger.entry import Entry
    from bideval.ledger.line import Line
    from bideval.ports import StoredCheckpoint
    from bideval.sync.words import Word


@dataclass(slots=True)
class CheckedRecord:
    """A record that was checked: its fold, the roots that were asked for, the largest `seen`."""

    fold: Session | None
    roots: dict[int, bytes] = field(default_factory=dict)
    seen: int = 0


def check_record(
    saved: SavedRecord,
    origin: Origin,
    *,
    checker: Checker = first_forged,
    roots: Iterable[int] = (),
) -> CheckedRecord:
    """Check one record of a backup; `roots` are further sizes whose roots the caller needs.

    `checker` verifies the signatures, which is most of the work, perhaps on several cores. Raises
    EvidenceError naming session and place at the first thing that is not as signed.
    """
    heads = (one.n for one in saved.words if one.stream == RECORD)
    wanted = {*roots, *heads, *(one.size for one in saved.checkpoints), saved.facts.size}
    check = _Check(saved, origin, wanted)
    try:
        return check.run(checker)
    except BidevalError as wrong:
        place = f"{saved.facts.session}: line {check.taken}"
        detail = f"{place}: {wrong.detail or wrong.code}"
        raise EvidenceError(wrong.code, field=saved.facts.session, detail=detail) from None


class _Check:
    def __init__(self, saved: SavedRecord, origin: Origin, wanted: set[int]) -> None:
        self.taken = 0
        self._saved = saved
        self._session = saved.facts.session
        self._is_log = self._session.startswith(VENUE_LOG)
        self._venue_key = public_key(origin.suite, origin.public)
        self._wanted = wanted
        self._chains: dict[str, tuple[int, bytes]] = {}
        self._asked = {(one.stream, one.n): b"" for one in saved.words if one.stream != RECORD}
        """The chains that words are about."""
        self._spoken = {stream for stream, _ in self._asked}
        self._frontier = Frontier()
        self._fold = Session(self._session)
        self._found = CheckedRecord(None if self._is_log else self._fold)
        self._found.roots[0] = self._frontier.root()
        self._fault: BidevalError | None = None

    def run(self, checker: Checker) -> CheckedRecord:
        forged = checker(self._jobs())
        if forged is not None:
            self.taken = forged
            raise EvidenceError("signature_invalid", detail="not signed by its author's key")
        if self._fault is not None:
            raise self._fault
        facts = self._saved.facts
        if self.taken != facts.size + facts.pending:
            raise EvidenceError("backup_malformed", detail="not as many lines as stated")
        if self._found.roots.get(facts.size) != facts.root:
            raise EvidenceError("other_root", detail="the lines have another root")
        for checkpoint in self._saved.checkpoints:
            self._check_checkpoint(checkpoint)
        for word in self._saved.words:
            self._check_word(word)
        return self._found

    def _jobs(self) -> Iterator[Job]:
        """Take line by line and yield what must have been signed, and by which key.

        A fault ends the taking and is kept, so that signatures up to it are checked first.
        """
        try:
            for raw in self._saved.lines():
                yield self._take(raw)
        except BidevalError as fault:
            self._fault = fault

    def _take(self, raw: bytes) -> Job:
        facts = self._saved.facts
        if self.taken == facts.size and not self._is_log:
            self._fold = self._fold.copy()  # what main has not placed is folded behind the record
        line = parse_line(raw)
        entry = parse_entry(line.jws)
        key = self._venue_key if self._is_log else self._fold.key_for(entry)
        if not self._is_log:
            self._fold.apply(line, entry)  # it refuses gaps
        if self._is_log or line.origin in self._spoken:
            self._follow(raw, line)
        self._found.seen = max(self._found.seen, entry.seen_size)
        self.taken += 1
        if self.taken <= facts.size:
            self._frontier.add(leaf_hash(raw))
            if self.taken in self._wanted:
                self._found.roots[self.taken] = self._frontier.root()
        return line.jws, key

    def _follow(self, raw: bytes, line: Line) -> None:
        start = (0, chain_start(self._session, line.origin))
        n, chain = self._chains.get(line.origin, start)
        if line.n != n + 1:
            raise EvidenceError("gap", detail=f"{line.origin} {line.n} after {n}")
        chain = chain_next(chain, raw)
        self._chains[line.origin] = (line.n, chain)
        if (line.origin, line.n) in self._asked:
            self._asked[line.origin, line.n] = chain

    def _check_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        venues = {} if self._is_log else self._fold.people.venues
        key = self._venue_key if self._is_log else venues[self._fold.people.main].key
        stated = open_checkpoint(checkpoint.note, self._session, key)
        if stated.root != self._found.roots.get(checkpoint.size):
            raise EvidenceError("other_root", detail=f"checkpoint of {checkpoint.size}")
        body = parse_note(checkpoint.note).body
        for name, signature in checkpoint.cosignatures.items():
            if name not in venues:
                raise EvidenceError("unknown_venue", detail=f"cosigned by {name}")
            verify_cosignature(signature, name, venues[name].key, body=body)

    def _check_word(self, word: Word) -> None:
        """Check that its speaker has signed the word, and that it is about these lines."""
        venues = {} if self._is_log else self._fold.people.venues
        main = "" if self._is_log else self._fold.people.main
        speaker = main if isinstance(word, Placed) else word.stream or main
        if word.session != self._session or speaker not in venues:
            raise EvidenceError("unknown_venue", detail=f"a word of {speaker or 'nobody'}")
        check_word(word, venues[speaker].key)
        if word.stream == RECORD:
            digest = self._found.roots.get(word.n)
        elif word.n:
            digest = self._asked[word.stream, word.n]
        else:
            digest = chain_start(self._session, word.stream)
        if digest != word.digest:
            raise EvidenceError("backup_malformed", detail=f"a word of {speaker} on other lines")


def lines_from(saved: SavedRecord, start: int) -> Iterator[tuple[int, bytes, Line, Entry]]:
    """Yield position, bytes, line and entry of every line from a position on."""
    for position, raw in enumerate(saved.lines()):
        if position >= start:
            line = parse_line(raw)
            yield position, raw, line, parse_entry(line.jws)
