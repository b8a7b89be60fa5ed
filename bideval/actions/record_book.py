"""The records of this venue as everybody in the house reads them.

Decided here: two folds per session. `ahead` belongs to the writer and may hold what is not
committed yet; admission asks it. `seen` holds only what is durable; every reader asks it. Readers
hold a lock while they look, so that a view never mixes two states. The newest durable lines stay at
hand, because links and authors ask for them right after the commit. Where other processes write the
same database, a reader is never shown less than what was committed when it began to look.
Not decided here: what may be written (appending, arrivals) and who is told (the `tell` callback).
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from bideval.actions.folds import Fold
from bideval.actions.recent import Recent
from bideval.terms.errors import RefusedError
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from bideval.ports import Edge, Reader, RecordHead, RecordStore, StoredLine, Transaction
    from bideval.session.state import Session

    Tell = Callable[[str, Sequence[StoredLine]], None]

T = TypeVar("T")

FIRST_NEWS = 100
"""Newest lines that are told of when a record is followed for the first time: as many as may have
been committed while it was opened. Who is told twice only looks twice."""


class _Seen:
    """The durable fold of one session and the lock that guards it."""

    def __init__(self, fold: Fold) -> None:
        self.fold = fold
        self.lock = threading.RLock()
        self.placed = Recent()
        self.own = Recent()
        self.told = False
        """Whether anybody was told of this record since it was opened here: a reader who opens it
        in the moment after a commit tells nobody, so whoever committed has all of it to tell."""

    def keep(self, news: Sequence[StoredLine], venue: str) -> None:
        """Keep the newest lines at hand."""
        for stored in news:
            if stored.position is not None:
                self.placed.add(stored.position, stored)
            if stored.origin == venue:
                self.own.add(stored.n, stored)


class _Held(threading.local):
    """The sessions whose folds this thread holds still."""

    def __init__(self) -> None:
        self._sessions: Counter[str] = Counter()

    def holds(self, session: str) -> bool:
        return self._sessions[session] > 0

    @contextmanager
    def holding(self, session: str) -> Iterator[None]:
        self._sessions[session] += 1
        try:
            yield
        finally:
            self._sessions[session] -= 1


class RecordBook:
    """All sessions of one venue. Thread-safe, except `ahead`, which only works may ask."""

    def __init__(self, *, venue: str, store: RecordStore, shared: bool = False) -> None:
        """`shared`: other processes write this store's database too."""
        self._venue = venue
        self._store = store
        self._shared = shared
        self._held = _Held()
        self._ahead: dict[str, Fold] = {}
        self._seen: dict[str, _Seen] = {}
        self._opening = threading.Lock()
        self._tell: list[Tell] = []
        self._written: list[Callable[[str], None]] = []
        self._retired: set[str] = set()
        self._derived: dict[tuple[str, str], tuple[int, object]] = {}

    def on_news(self, tell: Tell) -> None:
        """Call `tell(session, lines)` after every commit that a reader can see."""
        self._tell.append(tell)

    def on_written(self, tell: Callable[[str], None]) -> None:
        """Call `tell(session)` after every commit of this process."""
        self._written.append(tell)

    def sessions(self) -> list[str]:
        """Return the ids of all sessions that this venue keeps; its own log is not one."""
        with self._store.read() as reader:
            return [name for name in reader.sessions() if not name.startswith(VENUE_LOG)]

    def live_sessions(self) -> list[str]:
        """Return the sessions that may still have duties for this venue."""
        return [name for name in self.sessions() if name not in self._retired]

    def retire(self, session: str) -> None:
        """Note that an ended session has no duties any more."""
        self._retired.add(session)

    def derive(self, name: str, fold: Session, make: Callable[[Session], T]) -> T:
        """Return what `make` finds in a fold, made once for each size of its record.

        For what takes long, such as opening a hundred seals; the caller holds the fold still.
        """
        key = (fold.session_id, name)
        size, found = self._derived.get(key, (-1, None))
        if size != fold.size:
            found = make(fold)
            self._derived[key] = (fold.size, found)
        return cast("T", found)

    def head(self, session: str) -> RecordHead:
        """Return the durable head; raises RefusedError `unknown_session`."""
        with self._store.read() as reader:
            head = reader.head(session)
        if head is None:
            raise _unknown()
        return head

    @contextmanager
    def reading(self, session: str, *, without: Collection[str] = ()) -> Iterator[Session]:
        """Hold the durable fold still; raises RefusedError `unknown_session`.

        Own lines that main has not placed yet may be left out where all are of the kinds `without`.
        """
        seen = self._fresh(session)
        with seen.lock, self._held.holding(session):
            yield seen.fold.without(without)

    @contextmanager
    def settled(self, session: str) -> Iterator[Session]:
        """As `reading`, without own lines that main has not placed yet.

        For what such lines cannot change: who takes part, keys of others, whether the box is open.
        """
        seen = self._fresh(session)
        with seen.lock, self._held.holding(session):
            yield seen.fold.ordered

    def placed(self, session: str, start: int, limit: int) -> list[StoredLine]:
        """Return lines of the durable record from position `start` on."""
        seen = self._open(session)
        with seen.lock:
            recent = seen.placed.since(start, limit)
        if recent is not None:
            return recent
        with self._store.read() as reader:
            return reader.lines(session, start, limit)

    def has_placed(self, session: str, start: int) -> bool:
        """Whether there may be lines from position `start` on: what readers were told of so far.

        Waits for nobody, so that the event loop may ask.
        """
        seen = self._seen.get(session)
        return seen is None or self._shared or seen.fold.size > start

    def has_own(self, session: str, first: int) -> bool:
        """Whether there may be lines of this venue from number `first` on, likewise."""
        seen = self._seen.get(session)
        return seen is None or self._shared or seen.fold.own >= first

    def own(self, session: str, first: int, limit: int) -> list[StoredLine]:
        """Return lines that this venue wrote from number `first` on."""
        seen = self._open(session)
        with seen.lock:
            recent = seen.own.since(first, limit)
        if recent is not None:
            return recent
        with self._store.read() as reader:
            return reader.origin_lines(session, self._venue, first, limit)

    def ahead(self, session: str, tx: Transaction) -> Fold:
        """Return the fold that includes this transaction's own earlier works.

        A fold that holds more than the transaction is made again, and so is one that a work has
        changed which came to nothing: another process may write where that work wrote.
        """
        head = tx.head(session)
        if head is None:
            raise _unknown()
        own = tx.origin_head(session, self._venue)
        fold = self._ahead.get(session) or self._durable_copy(session)
        if fold is None or not fold.follows(head.size, own):
            fold = Fold(session, self._venue)
        self._ahead[session] = fold
        if (fold.size, fold.own) != (head.size, own.n):
            fold.catch_up(tx)
        tx.on_undo(partial(self._forget, session, fold, (fold.size, fold.own)))
        return fold

    def _durable_copy(self, session: str) -> Fold | None:
        """Return a copy of the durable fold, so that the writer need not read a long record again.

        None where somebody is looking: the writer waits for nobody, who might wait for the writer.
        """
        seen = self._seen.get(session)
        if seen is None or not seen.lock.acquire(blocking=False):
            return None
        try:
            return seen.fold.copy()
        finally:
            seen.lock.release()

    def _forget(self, session: str, fold: Fold, before: tuple[int, int], whole: bool) -> None:  # noqa: FBT001  # the store's word
        if whole or (fold.size, fold.own) != before:
            self._ahead.pop(session, None)

    def refresh(
        self,
        session: str,
        *,
        own: int = 0,
        wrote: Sequence[StoredLine] = (),
        after: Fold | None = None,
    ) -> None:
        """After a commit of this process: bring the durable fold up to the store, tell what is new.

        Who has just written the own line number `own` need not look once another has seen it, who
        wrote in the same commit; and what was written, and is on disk, need not be read again where
        nothing stands before it that the fold does not have. `after` is a copy of `ahead` from the
        end of the work that wrote it: if it is the durable fold with just these lines, it takes its
        place, so that they need not be folded again.
        """
        self.follow(session, own=own, wrote=wrote, after=after)
        for tell in self._written:
            tell(session)

    def behind(self, edge: Edge) -> bool:
        """Whether the store has more of a session than the durable fold."""
        seen = self._seen.get(edge.session)
        return seen is None or (seen.fold.size, seen.fold.own) != (edge.size, edge.n)

    def follow(
        self,
        session: str,
        *,
        own: int = 0,
        wrote: Sequence[StoredLine] = (),
        after: Fold | None = None,
    ) -> None:
        """Bring the durable fold up to the store, whoever wrote, then tell what is new here."""
        seen = self._open(session)
        with seen.lock:
            first, seen.told = not seen.told, True
            if not first and 0 < own <= seen.fold.own:
                return
            if not first and after is not None and seen.fold.is_continued(after, wrote):
                seen.fold, news = after, wrote
            else:
                news = self._news(session, seen.fold, wrote, first=first)
            seen.keep(news, self._venue)
        if news:
            self._spread(session, news)

    def _news(
        self, session: str, fold: Fold, wrote: Sequence[StoredLine], *, first: bool
    ) -> Sequence[StoredLine]:
        if not first and fold.take_next(wrote):
            return wrote
        with self._store.read() as reader:
            news = fold.catch_up(reader)
            return self._newest(reader, session, fold) if first else news

    def _newest(self, reader: Reader, session: str, fold: Fold) -> list[StoredLine]:
        """Return the founding and the newest lines of a record of which nobody was told yet."""
        start = max(1, fold.size - FIRST_NEWS)
        waiting = reader.origin_lines(
            session, self._venue, max(1, fold.own - FIRST_NEWS + 1), FIRST_NEWS
        )
        return [
            *reader.lines(session, 0, 1),
            *reader.lines(session, start, fold.size - start),
            *(stored for stored in waiting if stored.position is None),
        ]

    def _fresh(self, session: str) -> _Seen:
        """Return a fold that lacks nothing of what other processes have committed until now."""
        seen = self._open(session)
        if not self._shared or self._held.holds(session):
            return seen
        with self._store.read() as reader:
            edges = reader.edges(self._venue, session=session)
        if any(self.behind(edge) for edge in edges):
            self.follow(session)
        return seen

    def _open(self, session: str) -> _Seen:
        found = self._seen.get(session)
        if found is not None:
            return found
        with self._opening:
            return self._seen.get(session) or self._load(session)

    def _load(self, session: str) -> _Seen:
        if session.startswith(VENUE_LOG):
            raise _unknown()
        with self._store.read() as reader:
            if reader.head(session) is None:
                raise _unknown()
            fold = Fold(session, self._venue)
            fold.catch_up(reader)
        seen = self._seen[session] = _Seen(fold)
        return seen

    def _spread(self, session: str, news: Sequence[StoredLine]) -> None:
        self._retired.discard(session)
        with self._held.holding(session):  # who is told looks, and would find more to tell of
            for tell in self._tell:
                tell(session, news)


def _unknown() -> RefusedError:
    return RefusedError("unknown_session", field="session", detail="no such session at this venue")
