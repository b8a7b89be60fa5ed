"""Which sessions take nothing more at this venue, and the words that could show why.

Decided here: what is kept in memory of what other venues have signed on links, and the refusal of a
stopped session. Not decided here: what stops one (findings).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from bideval.sync.words import Placed, Vouch

STOPPED = "session_stopped"
"""Code of everything that a stopped session refuses, also towards other venues."""


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

    def stopped(self, session: str) -> bool:
        """Whether the session takes nothing more at this venue."""
        return session in self._stopped

    def refuse(self, session: str) -> None:
        """Raise RefusedError `session_stopped` for a session that takes nothing more."""
        if session in self._stopped:
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

    def hear_vouch(self, word: Vouch) -> None:
        """Keep a sender's newest word."""
        with self._lock:
            self._vouched[word.session, word.stream] = word

    def hear_placed(self, word: Placed) -> None:
        """Keep main's newest word for the place of our lines."""
        with self._lock:
            self._placed[word.session] = word

    def vouched(self, session: str, stream: str) -> Vouch | None:
        """Return the newest word that agreed with what we hold."""
        return self._vouched.get((session, stream))

    def placed(self, session: str) -> Placed | None:
        """Return main's newest word for the place of our lines."""
        return self._placed.get(session)

    def stopped_by(self, session: str, venue: str) -> None:
        """Note that another venue has stopped the session there."""
        with self._lock:
            self._elsewhere.setdefault(session, set()).add(venue)

    def elsewhere(self, session: str) -> list[str]:
        """Return the other venues that have stopped the session."""
        return sorted(self._elsewhere.get(session, ()))
