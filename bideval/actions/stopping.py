"""Which sessions take nothing more at this venue, and the words that could show why.

Decided here: which of the words that other venues have signed on links is held against them later,
and the refusal of a stopped session. Not decided here: what stops one (findings), and that words
are on the disk too (hearing).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.sync.words import Placed, Vouch, outweighs
from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from bideval.ports import RecordHead
    from bideval.sync.words import Said, Word

STOPPED = "session_stopped"
"""Code of everything that a stopped session refuses, also towards other venues."""

SHOWN = 2
"""Heads of one session, shown by one venue, that wait for our copy: the first and the newest."""

Shown = tuple[int, str] | Vouch
"""A head of main's, shown by another venue: a checkpoint (size, note), or main's word."""

DOUBTED = 20
"""Words of one session that may yet be proven wrong and are looked at again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A proof that is kept here: what it proves, against whom, and the digest of the file."""

    session: str
    what: str
    accused: str
    kid: str
    words: tuple[str, ...]
    sha256: str
    found_ms: int


class Stops:
    """What is known of misbehaviour while the server runs. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped: dict[str, tuple[Finding, ...]] = {}
        self._vouched: dict[tuple[str, str], Vouch] = {}
        self._placed: dict[str, Placed] = {}
        self._elsewhere: dict[str, set[str]] = {}
        self._doubted: dict[str, tuple[Said, ...]] = {}
        self._shown: dict[str, dict[str, tuple[Shown, ...]]] = {}

    def stopped(self, session: str) -> bool:
        """Whether the session takes nothing more at this venue."""
        return session in self._stopped

    def refuse(self, session: str, head: RecordHead | None) -> None:
        """Raise RefusedError `session_stopped` for a session that takes nothing more.

        `head` is the locked one of the transaction that would write: what another process of the
        venue has found out counts from its commit on, not from when this one hears of it. What this
        process knows counts too: the disk may have failed when it was to be kept.
        """
        if session in self._stopped or (head is not None and head.stopped is not None):
            raise RefusedError(STOPPED, field="session", rule="spec/misbehaviour")

    def stop(self, finding: Finding) -> None:
        """Let the session take nothing more."""
        with self._lock:
            before = self._stopped.get(finding.session, ())
            if finding not in before:
                self._stopped[finding.session] = (*before, finding)

    def sessions(self) -> list[str]:
        """Return the sessions that take nothing more."""
        return sorted(self._stopped)

    def of(self, session: str) -> tuple[Finding, ...]:
        """Return why the session takes nothing more, oldest first."""
        return self._stopped.get(session, ())

    def hear(self, word: Word) -> bool:
        """Keep a word that holds its speaker to more than the one before; tell whether it does."""
        with self._lock:
            before = self.newest(word)
            if before is not None and not outweighs(word, before):
                return False
            if isinstance(word, Placed):
                self._placed[word.session] = word
            else:
                self._vouched[word.session, word.stream] = word
        return True

    def newest(self, word: Word) -> Word | None:
        """Return what is kept of the same kind, about the same lines."""
        if isinstance(word, Placed):
            return self._placed.get(word.session)
        return self._vouched.get((word.session, word.stream))

    def vouched(self, session: str, stream: str) -> Vouch | None:
        """Return the newest word that agreed with what we hold."""
        return self._vouched.get((session, stream))

    def placed(self, session: str) -> Placed | None:
        """Return main's newest word for the place of our lines."""
        return self._placed.get(session)

    def doubt(self, said: Said) -> None:
        """Remember a word that is not what this copy says and that nothing contradicts yet."""
        with self._lock:
            before = self._doubted.get(said.word.session, ())
            if said not in before:
                self._doubted[said.word.session] = (*before, said)[-DOUBTED:]

    def believe(self, said: Said) -> None:
        """Forget a doubt: this copy says the same by now."""
        with self._lock:
            session = said.word.session
            left = tuple(one for one in self._doubted.get(session, ()) if one != said)
            self._doubted[session] = left

    def doubted(self, session: str) -> tuple[Said, ...]:
        """Return the words that may yet be proven wrong."""
        return self._doubted.get(session, ())

    def show(self, session: str, venue: str, head: Shown) -> None:
        """Remember a head of main's that another venue has shown, until it is compared.

        The first one stays: a main that is always ahead could have every newer one replaced.
        """
        with self._lock:
            before = self._shown.setdefault(session, {}).get(venue, ())
            if head not in before:
                self._shown[session][venue] = (*before[: SHOWN - 1], head)

    def shown(self, session: str) -> list[tuple[str, Shown]]:
        """Return the venues and the heads that they have shown, which are not compared yet."""
        with self._lock:
            by_venue = self._shown.get(session, {})
            return [(venue, head) for venue, heads in by_venue.items() for head in heads]

    def compared(self, session: str, venue: str, head: Shown) -> None:
        """Forget a head: it is that of our copy, or is kept elsewhere."""
        with self._lock:
            heads = self._shown.get(session, {}).get(venue, ())
            if head in heads:
                self._shown[session][venue] = tuple(one for one in heads if one != head)

    def stopped_by(self, session: str, venue: str) -> None:
        """Note that another venue has stopped the session there."""
        with self._lock:
            self._elsewhere.setdefault(session, set()).add(venue)

    def elsewhere(self, session: str) -> list[str]:
        """Return the other venues that have stopped the session."""
        return sorted(self._elsewhere.get(session, ()))
