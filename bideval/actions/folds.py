"""The folds of one session that a venue keeps in memory.

Decided here: what a venue sees is the record in main's order, and behind it the venue's own lines
that main has not placed yet. Where lines of others are placed before those, the part behind is
folded again on a copy.
Not decided here: what an entry means (session), or who may write (record_book).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bideval.actions.fresh import Fresh
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import Line, parse_line
from bideval.session.reading import Reading
from bideval.session.state import Session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bideval.ledger.entry import Entry
    from bideval.ports import OriginHead, RecordReader, StoredLine

PAGE_LINES = 500
"""Lines read from the store at once: half a megabyte at most entries' size."""


class Fold:
    """One session, folded as far as the store went when `catch_up` was last called.

    `ordered` is the record alone.
    """

    def __init__(self, session: str, venue: str) -> None:
        self.ordered = Session(session)
        self._behind: Session | None = None
        self.size = 0
        self.own = 0
        self._name = session
        self._venue = venue
        self._chain = b""
        self._pending: deque[StoredLine] = deque()

    @property
    def session(self) -> Session:
        """The record with this venue's own pending lines; folded behind it when it is asked for."""
        if not self._pending:
            return self.ordered
        if self._behind is None:
            self._behind = self.ordered.copy()
            for stored in self._pending:
                _apply(self._behind, stored)
        return self._behind

    def without(self, kinds: Collection[str]) -> Session:
        """Return the record alone where nothing but these kinds waits behind it.

        For what such lines cannot change: they are not folded for it.
        """
        waits = any(stored.kind not in kinds for stored in self._pending)
        return self.session if waits else self.ordered

    def copy(self) -> Fold:
        """Return a fold that goes its own way from here."""
        twin = Fold(self._name, self._venue)
        twin.ordered = self.ordered.copy()
        twin.size, twin.own, twin._chain = self.size, self.own, self._chain
        twin._pending = self._pending.copy()
        return twin

    def follows(self, size: int, own: OriginHead) -> bool:
        """Whether the store still holds everything that this fold has applied."""
        if self.size > size or self.own > own.n:
            return False
        return self.own < own.n or self.own == 0 or self._chain == own.chain

    def catch_up(self, reader: RecordReader) -> list[StoredLine]:
        """Apply what the store has beyond this fold; return what is new or newly placed."""
        news = list(_placed(reader, self._name, self.size))
        self.take_placed(news)
        for stored in _own(reader, self._name, self._venue, self.own + 1):
            self.take_own(stored)
            news.append(stored)
        return news

    def take_next(self, lines: Sequence[StoredLine]) -> bool:
        """Apply lines that were just committed, if they are the very next; else False, untouched.

        So that who wrote them need not read them again.
        """
        if not lines:
            return False
        after, count = self.size, len(lines)
        if [stored.position for stored in lines] == list(range(after, after + count)):
            self.take_placed(lines)
            return True
        own = [(self._venue, self.own + 1 + index, None) for index in range(count)]
        if [(stored.origin, stored.n, stored.position) for stored in lines] == own:
            for stored in lines:
                self.take_own(stored)
            return True
        return False

    def is_continued(self, later: Fold, lines: Sequence[StoredLine]) -> bool:
        """Whether a later fold is this one with just these lines, placed right behind what it has.

        Then it may stand in for applying them.
        """
        if [stored.position for stored in lines] != list(range(self.size, later.size)):
            return False
        own = [stored.n for stored in lines if stored.origin == self._venue]
        return later.own == max([self.own, *own])

    def take_placed(self, lines: Sequence[StoredLine]) -> None:
        """Apply the next lines of the record.

        What was folded behind it stays as it is while own lines get the places they had there.
        """
        for stored in lines:
            _apply(self.ordered, stored)
            self.size += 1
            if not self._pending or self._pending[0].n != stored.n or stored.origin != self._venue:
                self._behind = None
            if stored.origin == self._venue:
                self._own_placed(stored)
        if not self._pending:
            self._behind = None

    def take_own(self, stored: StoredLine) -> None:
        """Apply an own line that is being written right now, placed (at main) or not yet."""
        if stored.position is not None:
            self.take_placed([stored])
            return
        if self._behind is not None:
            _apply(self._behind, stored)
        self._pending.append(stored)
        self.own, self._chain = stored.n, stored.chain

    def _own_placed(self, stored: StoredLine) -> None:
        if self._pending and self._pending[0].n == stored.n:
            self._pending.popleft()
        if stored.n > self.own:
            self.own, self._chain = stored.n, stored.chain


def _apply(session: Session, stored: StoredLine) -> None:
    line = known_line(stored.line)
    reading = read_apart(line.jws)
    session.apply(line, reading.entry, stored.line, reading=reading)


known_line: Fresh[bytes, Line] = Fresh(parse_line)
"""Returns the line that bytes are, read once while it is fresh."""

read_apart: Fresh[str, Reading] = Fresh(lambda jws: Reading(parse_entry(jws)))
"""Returns the entry that a JWS is and what follows from it, once while fresh; not verified."""


def taken_apart(jws: str) -> Entry:
    """Return the entry that a JWS is, read once while it is fresh; not verified."""
    return read_apart(jws).entry


def _placed(reader: RecordReader, session: str, start: int) -> Iterator[StoredLine]:
    while page := reader.lines(session, start, PAGE_LINES):
        yield from page
        start += len(page)
        if len(page) < PAGE_LINES:
            return


def _own(reader: RecordReader, session: str, venue: str, first_n: int) -> Iterator[StoredLine]:
    while page := reader.origin_lines(session, venue, first_n, PAGE_LINES):
        yield from page
        first_n += len(page)
        if len(page) < PAGE_LINES:
            return
