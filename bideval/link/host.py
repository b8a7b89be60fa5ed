"""What the link needs from the house, as one protocol; the composition root wires an adapter.

Decided here: the questions, who may be trusted to be who (the peer is authenticated before any
call), and what each answer promises. Lines are numbered from 1 in both directions: line `n` of the
record stands at position `n`-1.
Not decided here: any of the answers.

All methods may be called at once for several sessions, for one session and direction one commit at
a time per connection; for a short while two connections of one peer may overlap, so every method is
idempotent. An exception from a method closes the connection, which then comes up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bideval.sync.effects import FaultFound
    from bideval.sync.fetching import MissingFile
    from bideval.sync.notes import CheckpointNote
    from bideval.sync.shared import SharedSession
    from bideval.sync.trails import Direction
    from bideval.sync.words import Placed, Vouch, Word


@dataclass(frozen=True, slots=True)
class Held:
    """What is durable after a commit: the count of lines, and the chain (up) or root (down).

    `size`: going up, the record's size by which those lines are in their places.
    """

    n: int
    digest: bytes
    size: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was kept.

    `code` (lower_snake_case, at most 40 characters) may go to the peer: no secrets, no detail.
    The code `fork` says that other bytes are kept under the same number. `retry`: the lines may be
    good but storage is not (full, faulted); the connection closes and tries again later.
    """

    code: str
    retry: bool = False


@dataclass(frozen=True, slots=True)
class NewLines:
    """The session holds lines that the peer may not have (own lines, or newly placed ones)."""

    session: str


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session was founded here (or joined) that is shared with the peer."""

    shared: SharedSession


@dataclass(frozen=True, slots=True)
class NewCheckpoint:
    """A checkpoint was made here, by us as main."""

    session: str
    checkpoint: CheckpointNote


@dataclass(frozen=True, slots=True)
class NewHead:
    """A checkpoint by the main venue was kept here, of a session in which the peer is a branch."""

    session: str
    head: CheckpointNote


@dataclass(frozen=True, slots=True)
class NewWord:
    """Main's word for our copy, of a session in which the peer is a branch too."""

    word: Vouch


@dataclass(frozen=True, slots=True)
class NewFilesMissing:
    """Entries name files that are not here; the link asks `missing_files` again."""


@dataclass(frozen=True, slots=True)
class SessionStopped:
    """This venue takes nothing more of a session, because misbehaviour was proven."""

    session: str


Shown = NewCheckpoint | NewHead | NewWord
Change = SessionStopped | NewLines | NewSession | Shown | NewFilesMissing


class LinkHost(Protocol):
    """A venue's storage and rules, as its links see them. `peer` is the other venue's id."""

    async def sessions(self, peer: str) -> Sequence[SharedSession]:
        """Return the live sessions shared with the peer, most urgent first, at most 1,024.

        A session is live until both hold all of it (or this venue has quarantined it).
        """
        ...

    async def offered(self, peer: str, session: str, *, peer_main: bool) -> SharedSession | Refused:
        """Answer a session that `sessions` did not name.

        `peer_main`: the peer says that it is main and we are to join; return an empty
        SharedSession (n 0) to receive it: whether its first line founds it, names us and is signed
        by the peer is for `commit_down` to judge. Otherwise the peer says that we are its main.
        """
        ...

    async def mark_up(self, peer: str, session: str, n: int) -> bytes | None:
        """Return the chain after our own first `n` lines; None if we have fewer."""
        ...

    async def mark_down(self, peer: str, session: str, size: int) -> bytes | None:
        """Return the serialised frontier of our record's first `size` lines; None if shorter."""
        ...

    async def read_up(
        self, peer: str, session: str, first: int, *, limit: int, max_bytes: int
    ) -> Sequence[bytes]:
        """Return our own lines from number `first`: as many as fit, none if there are none."""
        ...

    async def read_down(
        self, peer: str, session: str, first: int, *, limit: int, max_bytes: int
    ) -> Sequence[bytes]:
        """Return the record's lines from number `first`, likewise."""
        ...

    async def commit_up(
        self, peer: str, session: str, first: int, lines: Sequence[bytes], *, word: Vouch
    ) -> Held | Refused:
        """Keep the peer's own lines `first`, … and give them their places, in one transaction.

        All or none, with `word`, by which the peer has signed them. Lines that are kept already
        with the same bytes are skipped. Returns only when they are on disk; the answer's `n` is
        never below the last of these lines.
        """
        ...

    async def commit_down(
        self, peer: str, session: str, first: int, lines: Sequence[bytes], *, word: Vouch
    ) -> Held | Refused:
        """Keep the record's lines `first`, … in this order, likewise; the answer is size and root.

        Our own lines among them are here already and get their place; one that differs from ours
        is `fork`.
        """
        ...

    async def checkpoint_arrived(self, peer: str, session: str, size: int, note: str) -> str | None:
        """Check main's checkpoint against our copy, persist it and our cosignature, return it.

        Our copy holds at least `size` lines. None: refused (recorded by the host).
        """
        ...

    async def heads(self, peer: str) -> Sequence[tuple[str, CheckpointNote]]:
        """Return main's newest checkpoint of each session in which we and the peer are branches."""
        ...

    async def head_arrived(self, peer: str, session: str, size: int, note: str) -> bool:
        """Compare a checkpoint that the peer, a branch as we are, has from main with our copy.

        Now, or when the copy is long enough. False: main has not signed it. True for a session that
        is not known here, or not shared in this way, without another look.
        """
        ...

    async def word_for(self, peer: str, session: str) -> Vouch | None:
        """Return main's word for our copy; None unless we and the peer are branches of it."""
        ...

    async def words(self, peer: str) -> Sequence[Vouch]:
        """Return main's words for our copies of all sessions in which the peer is a branch too."""
        ...

    async def told_arrived(self, peer: str, word: Vouch) -> bool:
        """Compare main's word for the peer's copy with ours, likewise; False likewise."""
        ...

    async def stopped(self) -> Sequence[str]:
        """Return the sessions that take nothing more here, because misbehaviour was proven."""
        ...

    async def proof_for(self, peer: str, session: str) -> bytes | None:
        """Return the proof by which a session is stopped; None if there is none for the peer."""
        ...

    async def proof_arrived(self, peer: str, session: str, file: bytes) -> bool:
        """Judge a proof that the peer shows, and stop the session by it.

        False: it proves nothing. True for a session that is not known here, stopped already, or
        none of the peer's, without another look.
        """
        ...

    async def cosignature_arrived(self, peer: str, session: str, size: int, line: str) -> None:
        """Verify and keep the peer's cosignature of our checkpoint of that size."""
        ...

    async def missing_files(self, peer: str) -> Sequence[MissingFile]:
        """Return files that sessions shared with the peer name and that are not here."""
        ...

    async def read_chunk(
        self, peer: str, session: str, sha256: bytes, *, offset: int, length: int
    ) -> bytes | None:
        """Return exactly these bytes; None if the file is not here or not for this peer."""
        ...

    async def write_chunk(
        self, peer: str, session: str, sha256: bytes, *, offset: int, data: bytes, last: bool
    ) -> int | None:
        """Keep bytes of a missing file; return up to where it is durable now.

        With the `last` chunk the digest is checked and the file becomes available. None: the
        digest is wrong (or the offset does not follow); what was kept of it is thrown away.
        """
        ...

    async def peer_has(  # who, and the effect's parts
        self,
        peer: str,
        session: str,
        direction: Direction,
        upto: int,
        promised: Placed | None = None,
    ) -> None:
        """Learn that the peer's disk holds the first `upto` lines of that stream.

        UP (we are branch): main has signed that it has our own lines up to `upto`: they are *saved
        by the session*.
        DOWN (we are main): the branch holds the record's first `upto` lines. Never goes back
        within a connection. `promised`: our own word about lines of the branch that we lack.
        """
        ...

    async def word_heard(self, peer: str, word: Word) -> None:
        """Keep the peer's newest signed word about lines; it agrees with what is held here."""
        ...

    async def word_offered(self, peer: str, word: Vouch) -> None:
        """Compare the peer's signed word with what is held here, and keep it where it differs."""
        ...

    async def session_refused(self, peer: str, session: str, code: str) -> None:
        """Learn that the peer does not synchronise this session (until the next connection)."""
        ...

    async def fault_found(self, peer: str | None, fault: FaultFound) -> None:
        """Learn what is wrong; `peer` is None before somebody has proved who they are."""
        ...

    async def line_state(self, peer: str, *, up: bool, since_ms: int) -> None:
        """Learn that the line to the peer is up or down since that instant."""
        ...

    def changes(self, peer: str) -> AsyncIterator[Change]:
        """Return an iterator of news for the peer, from now on, that never ends by itself.

        Closed by the link. Too many are harmless; a lost NewLines costs 15 s, any other until the
        next connection.
        """
        ...
