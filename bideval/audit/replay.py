"""The record of a bundle, folded again by the functions that the venues used.

Decided here: how lines become a session, what is kept of them on the way (their leaf hashes and
where each kind stands, not the lines themselves), and how a fault is located at its entry.
Not decided here: what else must hold once the fold went through (`checks`).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Protocol

from bideval.evidence.jws import verify_read
from bideval.ledger.entry import ENTRY_TYPE, parse_entry
from bideval.ledger.line import parse_line
from bideval.ledger.tree import EMPTY_ROOT, HASH_SIZE, Frontier, leaf_hash
from bideval.session.file_names import NAMING, named_files
from bideval.session.state import Session
from bideval.terms.errors import BidevalError, EvidenceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bideval.evidence.signing import PublicKey
    from bideval.ledger.entry import Entry
    from bideval.session.state import Outcome

    Job = tuple[str, PublicKey]
    """A JWS and the key that must have signed it."""


class RecordLines(Protocol):
    """The lines of a record by position; any list of bytes is one."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int, /) -> bytes: ...

    def __iter__(self) -> Iterator[bytes]: ...


class Checker(Protocol):
    """Takes jobs as they come; returns the index of the first that does not verify, or None.

    `lines` is the record that the jobs are of, from its first line on, where somebody has it: who
    checks elsewhere may read it there instead of being sent every JWS.
    """

    def __call__(self, jobs: Iterable[Job], lines: RecordLines | None = None, /) -> int | None:
        """Check."""


class Replay:
    """A fold on its way: the session so far, and what later steps ask of the lines behind it."""

    def __init__(self, session_id: str, lines: RecordLines) -> None:
        self.session = Session(session_id)
        self.lines = lines
        self.void: list[Outcome] = []
        self.fault: BidevalError | None = None
        self.kids: set[str] = set()
        """The keys that signed what went through."""
        self.files: dict[str, int] = {}
        self.misled = array("Q")
        """Where an author says to have seen a head that this record never had."""
        self._positions: dict[str, array[int]] = {}
        self._leaves = bytearray()
        self._roots = bytearray(EMPTY_ROOT)
        self._tree = Frontier()

    def fold(self) -> Iterator[Job]:
        """Fold line by line; yield each entry and the key that must have signed it.

        A fault ends the fold and is kept, so that signatures up to it can be checked.
        """
        for position, data in enumerate(self.lines):
            try:
                line = parse_line(data)
                entry = parse_entry(line.jws)
                key = self.session.key_for(entry)
                yield line.jws, key
                outcome = self.session.apply(line, entry, data)
            except BidevalError as fault:
                self.fault = located(fault, self.where(position))
                return
            self._note_head(entry)
            self.kids.add(entry.kid)
            self._note(data, outcome)
            if entry.kind in NAMING:
                self._note_files(entry)

    def _note_head(self, entry: Entry) -> None:
        """Hold the head that the author had seen against the record up to there.

        Whoever writes the past anew cannot change what others have signed of it since.
        """
        size = entry.seen_size
        if size > self.size or entry.seen_root != self._root_at(size).hex():
            self.misled.append(self.size)

    def _root_at(self, size: int) -> bytes:
        return bytes(self._roots[size * HASH_SIZE : (size + 1) * HASH_SIZE])

    def _note(self, data: bytes, outcome: Outcome) -> None:
        leaf = leaf_hash(data)
        self._leaves += leaf
        self._tree.add(leaf)
        self._roots += self._tree.root()
        if outcome.counted:
            self._positions.setdefault(outcome.kind, array("Q")).append(outcome.position)
        else:
            self.void.append(outcome)

    def _note_files(self, entry: Entry) -> None:
        """Keep which entry named a file first, whether it counts or not."""
        for named in named_files(entry):
            self.files.setdefault(named.sha256, self.size - 1)

    @property
    def size(self) -> int:
        """How many lines went through the fold."""
        return self._tree.size

    def leaf(self, position: int) -> bytes:
        """Return the leaf hash of a line that was folded."""
        return bytes(self._leaves[position * HASH_SIZE : (position + 1) * HASH_SIZE])

    def root(self, size: int | None = None) -> bytes:
        """Return the root over all folded lines, or over the first `size` of them."""
        return self._root_at(self.size if size is None else size)

    def entry(self, position: int) -> Entry:
        """Return the entry at a position, read again."""
        return parse_entry(parse_line(self.lines[position]).jws)

    def where(self, position: int) -> str:
        """Return how a finding names the entry at a position."""
        return place_of(position, self.lines[position])

    def of_kind(self, kind: str) -> list[tuple[int, Entry]]:
        """Return the counted entries of a kind, with their positions."""
        return [(position, self.entry(position)) for position in self._positions.get(kind, ())]


def replay(session_id: str, lines: RecordLines) -> Replay:
    """Fold the lines without asking for signatures."""
    run = Replay(session_id, lines)
    for _job in run.fold():
        pass
    return run


def place_of(position: int, data: bytes) -> str:
    """Return how a finding names a line at a position, as far as the line can be read."""
    try:
        line = parse_line(data)
        kind = parse_entry(line.jws).kind
    except BidevalError:
        return f"entry {position}"
    return f"entry {position} ({line.origin} {line.n}, {kind})"


def located(fault: BidevalError, region: str) -> EvidenceError:
    """Return the fault as evidence of what is wrong in `region`."""
    detail = ": ".join(part for part in (fault.field, fault.detail or fault.code) if part)
    return EvidenceError(fault.code, field=region, rule=fault.rule, detail=detail)


def first_forged(jobs: Iterable[Job], _lines: RecordLines | None = None, /) -> int | None:
    """Return the index of the first entry that its key did not sign, or None; one after another."""
    for index, (jws, key) in enumerate(jobs):
        try:
            verify_read(jws, key, typ=ENTRY_TYPE)
        except EvidenceError:
            return index
    return None
