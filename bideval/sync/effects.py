"""What the machine asks its shell to do, and what it tells it.

Decided here: the shapes. Every effect is answered by the machine's method that its text names, or
by nothing. Not decided here: in what time; a lost answer heals when the link comes up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bideval.sync.trails import Direction
from bideval.sync.words import RECORD, Vouch

if TYPE_CHECKING:
    from bideval.sync.trails import Mark
    from bideval.sync.words import Placed, Said, Word


class FaultKind(StrEnum):
    """What can be wrong with a link or a session on it."""

    AUTHENTICATION = "authentication"
    MALFORMED = "malformed"
    LIMIT = "limit"
    ORDER = "order"
    SILENCE = "silence"
    DEADLINE = "deadline"
    NO_PROGRESS = "no_progress"
    STORAGE = "storage"
    GAP = "gap"
    FORK = "fork"
    STALE_BACKUP = "stale_backup"
    ROLE = "role"
    LINES = "lines"
    CHECKPOINT = "checkpoint"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Established:
    """The peer has proved who it is."""

    peer: str
    epoch: int


@dataclass(frozen=True, slots=True)
class NeedSessions:
    """Say which live sessions are shared with the peer. Answer: `sessions`."""

    peer: str


@dataclass(frozen=True, slots=True)
class SessionOffered:
    """The peer states a session that we have not listed. Answer: `shared` or `declined`.

    `peer_main`: it says that it is the main venue; otherwise that we are.
    """

    session: str
    peer_main: bool


@dataclass(frozen=True, slots=True)
class SessionRefused:
    """The peer does not synchronise this session on this link."""

    session: str
    code: str


@dataclass(frozen=True, slots=True)
class ReadMark:
    """What do we hold after our first `n` lines of that stream? Answer: `mark_held`."""

    session: str
    direction: Direction
    n: int


@dataclass(frozen=True, slots=True)
class Read:
    """Read at most `limit` lines of at most `max_bytes` from number `first`. Answer: `lines_read`.

    At least one line if there is one: `max_bytes` is never below the size of a line.
    """

    session: str
    direction: Direction
    first: int
    limit: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Make these lines durable, all or none; line `first` is their first.

    `mark` is what the whole prefix must come to afterwards, and what the sender has signed.
    Answer: `committed` or `commit_failed`. One at a time per session and direction.
    """

    session: str
    direction: Direction
    origin: str
    first: int
    lines: tuple[bytes, ...]
    mark: Mark
    signature: bytes

    @property
    def word(self) -> Vouch:
        """The sender's word for these lines, to be kept with them."""
        stream = RECORD if self.direction is Direction.DOWN else self.origin
        return Vouch(self.session, stream, self.mark.n, self.mark.digest, self.signature)


@dataclass(frozen=True, slots=True)
class PeerHas:
    """The peer holds the first `upto` lines of that stream on its disk.

    UP: main has signed it; 0 says no more than that our marks agree. `promised`: at main, its own
    word about more lines of the branch than it holds: it has lost them, and owes them these places.
    """

    session: str
    direction: Direction
    upto: int
    promised: Placed | None = None


@dataclass(frozen=True, slots=True)
class CheckpointArrived:
    """Main's checkpoint of a size that we hold. Answer: `cosigned`."""

    session: str
    size: int
    note: str


@dataclass(frozen=True, slots=True)
class HeadArrived:
    """Another branch shows a head that main has signed. Answer: `head_checked`; one at a time."""

    session: str
    size: int
    note: str


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A session has grown: is there a word of main's for it to be shown? Answer: `word_read`."""

    session: str


@dataclass(frozen=True, slots=True)
class ToldArrived:
    """Another branch shows main's word for its copy; not verified. Answer: `told_checked`."""

    word: Vouch


@dataclass(frozen=True, slots=True)
class ReadProof:
    """Is there a proof for the peer, by which this session is stopped? Answer: `proof_read`."""

    session: str


@dataclass(frozen=True, slots=True)
class ProofArrived:
    """The peer shows by which proof it has stopped. Answer: `proof_checked`; one at a time."""

    session: str
    file: bytes


@dataclass(frozen=True, slots=True)
class CosignatureArrived:
    """The peer's cosignature line; not verified here."""

    session: str
    size: int
    line: str


@dataclass(frozen=True, slots=True)
class WordHeard:
    """The peer's signed word about lines, verified; it agrees with what we hold."""

    word: Word


@dataclass(frozen=True, slots=True)
class WordOffered:
    """The peer's signed word about lines long past: whether it agrees is for the host to say."""

    word: Vouch


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Read `length` bytes of a file for the peer. Answer: `file_read`."""

    session: str
    sha256: bytes
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class WriteChunk:
    """Keep these bytes of a missing file; check its digest after the `last`.

    Answer: `chunk_written`. One at a time per file, in order.
    """

    session: str
    sha256: bytes
    offset: int
    data: bytes
    last: bool


@dataclass(frozen=True, slots=True)
class FaultFound:
    """Something is wrong: for our own log and screens, never for the peer.

    With `session`: it is quarantined on this link (except NO_PROGRESS, CHECKPOINT and FILE, which
    are alarms); without: the link is closing.
    `stated` and `held` are both sides' marks where they differ; `said` is what the peer has signed
    that differs from ours, or cannot be, with the lines that it has sent with it.
    """

    kind: FaultKind
    session: str | None
    detail: str
    stated: Mark | None = None
    held: Mark | None = None
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection with this WebSocket status, without a reason text."""

    status: int


Effect = (
    Established
    | NeedSessions
    | SessionOffered
    | SessionRefused
    | ReadMark
    | Read
    | Commit
    | PeerHas
    | CheckpointArrived
    | HeadArrived
    | ReadWord
    | ToldArrived
    | ReadProof
    | ProofArrived
    | CosignatureArrived
    | WordHeard
    | WordOffered
    | ReadFile
    | WriteChunk
    | FaultFound
    | Close
)
