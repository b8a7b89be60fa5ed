"""What actions need from outside, as protocols.

Decided here: the questions the house asks of its stores and devices, and the frozen values that
cross that border. Every instant is whole milliseconds since the epoch (`_ms`), every digest named
`sha256`, `entry_hash` or `*_hash` is lower-case hex, every `chain`, `root` and `leaf` is 32 raw
bytes. Not decided here: how the questions are answered; see the store and the gateways.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterable,
        AsyncIterator,
        Callable,
        Collection,
        Iterable,
        Mapping,
        Sequence,
    )
    from concurrent.futures import Future
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO, Literal

    from bideval.evidence.signing import PublicKey, SigningKey
    from bideval.ledger.entry import Entry
    from bideval.ledger.line import Line
    from bideval.sync.words import Word

T = TypeVar("T")

Json = dict[str, object]


class StoreError(BidevalError):
    """The record refuses what it was asked to keep.

    Codes: `unknown_session`, `already_founded`, `gap` (n is not the next one), `fork` (the same
    n with other bytes), `bad_chain`, `reused_id` (the author's id with other bytes),
    `unknown_line`, `bad_leaf`, `already_placed`, `other_checkpoint`, `unknown_checkpoint`,
    `other_word` (as many lines of a stream with another digest),
    `session_stopped` (the record takes nothing more), `exists` (an administration row is there
    already), `unknown` (it is not).
    """


# ---------------------------------------------------------------------------------------------
# The record
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owed:
    """What main owes a branch after a loss: its first `n` lines, within the first `size` places."""

    venue: str
    n: int
    size: int


@dataclass(frozen=True, slots=True)
class RecordHead:
    """The record of one session as this venue has it: so many placed lines, with this root."""

    session: str
    main: str
    size: int
    root: bytes
    frontier: bytes
    epoch: int
    awaiting: tuple[str, ...] = ()
    """Venues whose word or owed lines are awaited before anything else is written: this copy was
    put back."""
    stopped: str | None = None
    """SHA-256 of the proof of misbehaviour since which the session takes nothing more here."""
    owed: tuple[Owed, ...] = ()
    """Lines of venues that were heard, in the order in which they are to be placed."""


@dataclass(frozen=True, slots=True)
class OriginHead:
    """The last number of one origin and the chain there; `n` 0 with the chain's start if none."""

    n: int
    chain: bytes


@dataclass(frozen=True, slots=True)
class StoredLine:
    """One line as it was kept; `position` is None until the main venue has placed it."""

    session: str
    origin: str
    n: int
    position: int | None
    author: str
    entry_id: str
    entry_hash: str
    kind: str
    line: bytes
    chain: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint's note without cosignatures, with the cosignature lines kept beside it."""

    session: str
    size: int
    note: str
    cosignatures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Bytes that contradict what we hold, kept as proof: a fork, a reused id, a stale head."""

    session: str
    origin: str
    n: int
    code: str
    proof: bytes
    found_ms: int


@dataclass(frozen=True, slots=True)
class Edge:
    """How far a session goes: placed lines, and the last number of one origin (0: none)."""

    session: str
    size: int
    n: int
    awaiting: tuple[str, ...] = ()


class RecordReader(Protocol):
    """Questions about records. Inside a transaction, heads are locked when they are read."""

    def sessions(self) -> list[str]:
        """Return all session ids, venue logs among them, sorted."""
        ...

    def head(self, session: str) -> RecordHead | None:
        """Return the record's head, None for a session this venue has not founded or joined."""
        ...

    def origin_head(self, session: str, origin: str) -> OriginHead:
        """Return the origin's last number and chain."""
        ...

    def origin_heads(self, session: str) -> dict[str, OriginHead]:
        """Return the heads of all origins that have lines, by origin."""
        ...

    def known(self, session: str, author: str, entry_id: str) -> StoredLine | None:
        """Return the line that carries this author's entry id."""
        ...

    def by_hash(self, session: str, entry_hash: str) -> StoredLine | None:
        """Return the line that carries this entry."""
        ...

    def lines(self, session: str, start: int, limit: int) -> list[StoredLine]:
        """Return placed lines from position `start` (0-based), in record order."""
        ...

    def origin_lines(self, session: str, origin: str, first_n: int, limit: int) -> list[StoredLine]:
        """Return the origin's lines from number `first_n`, placed or not."""
        ...

    def unplaced(self, session: str, limit: int) -> list[StoredLine]:
        """Return lines that have no position yet, by origin and number."""
        ...

    def leaves(self, session: str, start: int, limit: int) -> list[bytes]:
        """Return leaf hashes from position `start`."""
        ...

    def checkpoint(self, session: str, *, size: int | None = None) -> StoredCheckpoint | None:
        """Return the checkpoint of that size, or the largest one."""
        ...

    def checkpoint_covering(self, session: str, position: int) -> StoredCheckpoint | None:
        """Return the smallest checkpoint whose tree holds that position."""
        ...

    def conflicts(self, session: str, *, at_most: int | None = None) -> list[Conflict]:
        """Return what was quarantined, oldest first; without proofs of more than so many bytes."""
        ...

    def contradicted(self, session: str) -> bool:
        """Return whether anything was quarantined."""
        ...

    def words(self, session: str) -> list[Word]:
        """Return the newest signed word of each kind and stream that agreed with this copy."""
        ...

    def conflict_count(self) -> int:
        """Return how much was quarantined, in all sessions together."""
        ...

    def edges(self, origin: str, *, session: str | None = None) -> list[Edge]:
        """Return how far every session (or one) goes, and its lines of one origin; by session."""
        ...


class RecordWriter(Protocol):
    """What may be added to records. Nothing but words and epochs is ever changed."""

    def found(self, session: str, main: str, *, epoch: int = 1) -> None:
        """Begin the record of a session (or of a venue log) at this venue.

        Raises:
            StoreError: `already_founded`.

        """
        ...

    def raise_epoch(self, session: str) -> int:
        """Begin a new epoch of this venue's copy (after a restored backup); return it."""
        ...

    def await_venues(
        self, session: str, venues: Collection[str], *, owed: Collection[Owed] = ()
    ) -> None:
        """Say whose word, and whose owed lines, are awaited before this venue writes on."""
        ...

    def stop(self, session: str, sha256: str) -> bool:
        """Let the record take no further line or place, for good; `sha256` names the proof.

        Whoever writes there next, through whichever server process, sees it. False when it takes
        nothing already.

        Raises:
            StoreError: `unknown_session`.

        """
        ...

    def add_line(self, session: str, line: Line, *, entry: Entry, chain: bytes) -> bool:
        """Keep the origin's next line; False when exactly this line is kept already.

        Raises:
            StoreError: `unknown_session`, `session_stopped`, `gap`, `fork`, `bad_chain`,
                `reused_id`.

        """
        ...

    def place(self, session: str, origin: str, n: int, leaf: bytes) -> int:
        """Give a kept line the next position of the record and return it.

        Raises:
            StoreError: `unknown_session`, `session_stopped`, `unknown_line`, `bad_leaf`,
                `already_placed`.

        """
        ...

    def add_checkpoint(self, session: str, size: int, note: str) -> bool:
        """Keep a checkpoint; False when it is kept already.

        Raises:
            StoreError: `other_checkpoint` (the same size with another note).

        """
        ...

    def add_cosignature(self, session: str, size: int, venue: str, line: str) -> bool:
        """Keep a venue's cosignature of that size; False when the venue's is kept already.

        Raises:
            StoreError: `unknown_checkpoint`.

        """
        ...

    def add_conflict(self, conflict: Conflict) -> bool:
        """Quarantine contradicting bytes; False when they are kept already."""
        ...

    def put_word(self, word: Word) -> bool:
        """Keep what another venue has signed about lines; False where its word before says more.

        A word is only ever replaced by one that holds its speaker to more (`sync.words`).

        Raises:
            StoreError: `other_word` (about as many lines, but others); nothing is changed.

        """
        ...


# ---------------------------------------------------------------------------------------------
# The administration of a venue (mutable, never evidence)
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What identifies a file's bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file whose bytes lie in the file store."""

    sha256: str
    size: int
    media_type: str
    added_by: str
    added_ms: int


@dataclass(frozen=True, slots=True)
class FileUse:
    """A session's entry names a file: what for, and by which entry. The bytes may be missing."""

    session: str
    sha256: str
    size: int
    purpose: str
    entry_hash: str


@dataclass(frozen=True, slots=True)
class Account:
    """A person's enrolled key at this venue; `session` None holds for the whole venue.

    `label` is an age ciphertext to the venue: names never lie in the database in clear.
    """

    kid: str
    person: str
    role: str
    session: str | None
    suite: str
    public: bytes
    recipient: str | None
    venue: str
    created_ms: int
    label: bytes | None = None
    closed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """A one-time code, known by its SHA-256 only, and what it lets somebody enrol as."""

    code_hash: str
    person: str
    role: str
    expires_ms: int
    session: str | None = None
    seat: str | None = None
    ticket: str | None = None
    replaces: str | None = None
    checked_by: str | None = None
    label: bytes | None = None
    used_ms: int | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Login:
    """A signed-in browser, known by the SHA-256 of its cookie."""

    token_hash: str
    person: str
    kid: str
    created_ms: int
    expires_ms: int
    closed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a key must sign once to sign in."""

    challenge: str
    kid: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Peer:
    """Another venue: its keys and where its link listens."""

    id: str
    name: str
    url: str
    suite: str
    public: bytes
    recipient: str


@dataclass(frozen=True, slots=True)
class PeerLine:
    """The line to another venue as the process that holds it says: up or down, since when."""

    venue: str
    up: bool
    since_ms: int


@dataclass(frozen=True, slots=True)
class PoolExpert:
    """One expert of the pool snapshot; `sealed` is the identity as an age ciphertext.

    `status`: `eligible`, `excluded` (with the reason in `exclusion`), `drawn`, `accepted`,
    `declined`, `no_answer`, `checked_in`, `replaced`.
    """

    session: str
    blinded: str
    salt: bytes
    discipline: str
    venue: str
    status: str
    sealed: bytes
    exclusion: str | None = None
    facts: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeatBooking:
    """A seat of an evaluation room, held for a session. `status`: `booked`, `taken`, `freed`."""

    session: str
    seat: str
    venue: str
    status: str
    updated_ms: int
    blinded: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryNote:
    """An invitation went out: by which channel, when, and what the channel said."""

    session: str
    blinded: str
    channel: str
    outcome: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Projection:
    """What list pages show of a session: a cache of its fold, made again by a rebuild."""

    session: str
    title: str
    phase: str
    size: int
    root: str
    updated_ms: int
    data: Json = field(default_factory=dict)


class AdministrationReader(Protocol):
    """Questions about files, people, pools, seats and caches."""

    def file(self, sha256: str) -> KeptFile | None:
        """Return the file's row, None when the bytes are not here."""
        ...

    def file_uses(self, sha256: str) -> list[FileUse]:
        """Return the sessions and purposes that name the file."""
        ...

    def session_files(self, session: str) -> list[FileUse]:
        """Return every file that the session names."""
        ...

    def spare_files(self, person: str) -> tuple[int, int]:
        """Return number and bytes of the files that a person uploaded and that no entry names."""
        ...

    def missing_files(self, session: str, limit: int) -> list[FileUse]:
        """Return files that the session names and that are not here yet."""
        ...

    def account(self, kid: str) -> Account | None:
        """Return the account of a key, closed or not."""
        ...

    def accounts(
        self, *, person: str | None = None, session: str | None = None, role: str | None = None
    ) -> list[Account]:
        """Return accounts, closed ones too, by time of creation; None filters nothing."""
        ...

    def activation(self, code_hash: str) -> Activation | None:
        """Return the activation with that code."""
        ...

    def activations(self, session: str | None) -> list[Activation]:
        """Return the activations of a session (None: of the venue)."""
        ...

    def login(self, token_hash: str) -> Login | None:
        """Return the login with that token; the caller judges its times."""
        ...

    def peer(self, venue: str) -> Peer | None:
        """Return a peer."""
        ...

    def peers(self) -> list[Peer]:
        """Return all peers by id."""
        ...

    def peer_lines(self) -> list[PeerLine]:
        """Return what was last known of the lines to other venues, by venue."""
        ...

    def pool(self, session: str) -> list[PoolExpert]:
        """Return the session's pool by blinded id."""
        ...

    def pool_expert(self, session: str, blinded: str) -> PoolExpert | None:
        """Return one expert of the pool."""
        ...

    def seats(self, session: str) -> list[SeatBooking]:
        """Return the session's seats by name."""
        ...

    def deliveries(self, session: str) -> list[DeliveryNote]:
        """Return the session's delivery notes, oldest first."""
        ...

    def nonce(self, session: str, holder: str) -> bytes | None:
        """Return a draw nonce that this venue keeps sealed for itself."""
        ...

    def projection(self, session: str) -> Projection | None:
        """Return the cached view of a session."""
        ...

    def projections(self) -> list[Projection]:
        """Return all cached views, the last changed first."""
        ...


class AdministrationWriter(Protocol):
    """Changes of files, people, pools, seats and caches."""

    def add_file(self, kept: KeptFile) -> bool:
        """Note that a file's bytes are here; False when noted already."""
        ...

    def name_file(self, use: FileUse) -> bool:
        """Note that an entry names a file; False when noted already."""
        ...

    def add_account(self, account: Account) -> None:
        """Open an account. Raises StoreError `exists` for a known key."""
        ...

    def close_account(self, kid: str, at_ms: int) -> bool:
        """Close an open account and its logins; False when none was open."""
        ...

    def add_activation(self, activation: Activation) -> None:
        """Keep a one-time code. Raises StoreError `exists`."""
        ...

    def use_activation(self, code_hash: str, at_ms: int) -> bool:
        """Use a code up; False when it is unknown, used, or expired at that instant."""
        ...

    def count_attempt(self, code_hash: str) -> int:
        """Count a failed use of a code; return how many there were (0 for an unknown code)."""
        ...

    def drop_activations(self, *, person: str, session: str | None) -> int:
        """Withdraw a person's unused codes; return how many."""
        ...

    def add_login(self, login: Login) -> None:
        """Keep a login. Raises StoreError `exists`."""
        ...

    def close_login(self, token_hash: str, at_ms: int) -> bool:
        """Close an open login; False when none was open."""
        ...

    def close_logins(self, person: str, at_ms: int) -> int:
        """Close all open logins of a person; return how many."""
        ...

    def add_challenge(self, challenge: Challenge) -> None:
        """Keep a log-in challenge. Raises StoreError `exists`."""
        ...

    def take_challenge(self, challenge: str, kid: str, now_ms: int) -> bool:
        """Use a challenge up; True exactly once, for that key, before it expires."""
        ...

    def drop_expired(self, now_ms: int) -> int:
        """Forget challenges, unused codes and logins that have expired; return how many."""
        ...

    def put_peer(self, peer: Peer) -> None:
        """Keep a peer's card, new or changed."""
        ...

    def put_peer_line(self, line: PeerLine) -> None:
        """Keep the state of the line to a peer."""
        ...

    def add_pool(self, experts: Sequence[PoolExpert]) -> None:
        """Keep experts of a pool. Raises StoreError `exists`."""
        ...

    def set_pool_status(
        self, session: str, blinded: str, status: str, *, exclusion: str | None = None
    ) -> None:
        """Change an expert's status. Raises StoreError `unknown`."""
        ...

    def put_seat(self, booking: SeatBooking) -> None:
        """Keep a seat booking, new or changed."""
        ...

    def add_delivery(self, note: DeliveryNote) -> None:
        """Keep a delivery note."""
        ...

    def put_nonce(self, session: str, holder: str, sealed: bytes) -> None:
        """Keep a draw nonce, sealed to the venue itself. Raises StoreError `exists`."""
        ...

    def put_projection(self, projection: Projection) -> None:
        """Keep the view of a session, unless a view of a larger record is kept already."""
        ...

    def clear_projections(self) -> int:
        """Forget all views; return how many there were."""
        ...


class Reader(RecordReader, AdministrationReader, Protocol):
    """One consistent snapshot of everything the venue has stored."""


class Transaction(Reader, RecordWriter, AdministrationWriter, Protocol):
    """What a work may ask and do; only valid inside `RecordStore.write`."""

    def on_undo(self, forget: Callable[[bool], None]) -> None:
        """Call `forget`, in the writer's thread, unless this run of the work is committed.

        For what a work has noted in memory: another process may write next where it wrote. It is
        told whether the whole transaction came to nothing, also the works before this one.
        """
        ...


if TYPE_CHECKING:
    StoreState = Literal["running", "faulted", "closed"]


class RecordStore(Protocol):
    """The venue's durable store. Thread-safe."""

    def write(self, work: Callable[[Transaction], T], *, weight: int = 0) -> Future[T]:
        """Queue a work; its future resolves only after the fsynced commit.

        One writer runs queued works in order, many in one database transaction, each in its own
        savepoint: a work that raises fails alone. A work must be quick and must not wait for
        anything; `weight` is about how many bytes it adds.

        The future raises what the work raised, or FaultError `storage_fault` (nothing of the
        work is known to be kept; ask again after `reopen_and_verify`), `store_busy` (queue
        full), `store_closed`.
        """
        ...

    def read(self) -> AbstractContextManager[Reader]:
        """Open a snapshot of committed state."""
        ...

    @property
    def state(self) -> StoreState:
        """`faulted` from the first storage fault until `reopen_and_verify` has succeeded."""
        ...

    def on_fault(self, tell: Callable[[FaultNotice], None]) -> None:
        """Be told of a storage fault, from the writer's thread."""
        ...

    def reopen_and_verify(self, verify: Callable[[Reader], None]) -> None:
        """Reopen the database, let `verify` raise what it finds, then take writes again."""
        ...

    def close(self) -> None:
        """Finish queued works and stop."""
        ...


class WatchLock(Protocol):
    """What only one server process of a venue holds at a time. Used by one thread at a time."""

    def take(self) -> bool:
        """Tell whether this process holds it, taking it if nobody does; may wait for seconds.

        False also when the database cannot be asked: then another process may hold it.
        """
        ...

    def leave(self) -> None:
        """Give it up, so that another process can take it at once."""
        ...


@dataclass(frozen=True, slots=True)
class FaultNotice:
    """What a storage fault was: the driver's own words and how many works it took down."""

    detail: str
    lost_works: int


# ---------------------------------------------------------------------------------------------
# Devices
# ---------------------------------------------------------------------------------------------


class Clock(Protocol):
    """The time of the venue server."""

    def now_ms(self) -> int:
        """Return civil time; it may jump."""
        ...

    def monotonic_ms(self) -> int:
        """Return time that never goes back, for timers only."""
        ...


class Entropy(Protocol):
    """Secret randomness."""

    def token(self, size: int) -> bytes:
        """Return `size` bytes that nobody can guess."""
        ...


class KeyRing(Protocol):
    """The venue's own keys."""

    @property
    def signing_key(self) -> SigningKey:
        """The venue's signing key."""
        ...

    @property
    def public(self) -> PublicKey:
        """The public half of the signing key."""
        ...

    @property
    def identity(self) -> str:
        """The venue's age identity (`AGE-SECRET-KEY-1…`)."""
        ...

    @property
    def recipient(self) -> str:
        """The venue's age recipient (`age1…`)."""
        ...


class FileStore(Protocol):
    """Files by the SHA-256 of their bytes. A file is visible whole and durable, or not at all."""

    def has(self, sha256: str) -> bool:
        """Tell whether the file is here."""
        ...

    def path(self, sha256: str) -> Path:
        """Return where the file lies. Raises RefusedError `unknown_file`."""
        ...

    def size(self, sha256: str) -> int:
        """Return the file's size in bytes. Raises RefusedError `unknown_file`."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Open the file for reading. Raises RefusedError `unknown_file`."""
        ...

    def read_range(self, sha256: str, start: int, length: int) -> bytes:
        """Read a part of the file; shorter or empty at its end."""
        ...

    def put(self, chunks: Iterable[bytes], *, limit: int, expected: str | None = None) -> FileFacts:
        """Keep a file. Raises InputError `file_too_large` or `digest_differs`."""
        ...

    async def put_stream(
        self, chunks: AsyncIterable[bytes], *, limit: int, expected: str | None = None
    ) -> FileFacts:
        """Keep a file that arrives piece by piece, without blocking the loop. Raises as `put`."""
        ...

    def part_size(self, sha256: str) -> int:
        """Return how many bytes of an unfinished file are here (0 when none)."""
        ...

    def append_part(self, sha256: str, offset: int, data: bytes, *, size: int) -> int:
        """Add bytes to an unfinished file of that whole size; return how many are here now.

        Raises:
            InputError: `wrong_offset` (not where the part ends), `file_too_large`.

        """
        ...

    def finish_part(self, sha256: str) -> FileFacts:
        """Check an unfinished file and make it visible.

        Raises:
            InputError: `digest_differs`; the part is thrown away and must be fetched again.

        """
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """A hint that something changed. Never the truth itself: whoever needs it reads again.

    `lagging` means that hints were dropped because the subscriber was slow.
    """

    topic: str
    data: Json = field(default_factory=dict)
    lagging: bool = False


class Subscription(Protocol):
    """A subscriber's own bounded queue of events; leave it with `async with` or `close`."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """Iterate until closed."""
        ...

    async def __anext__(self) -> Event:
        """Wait for the next event."""
        ...

    async def __aenter__(self) -> Subscription:
        """Return the subscription itself."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the subscription."""
        ...

    def close(self) -> None:
        """End the subscription; its iteration stops."""
        ...


class Fanout(Protocol):
    """Wake-ups between the parts of a venue server."""

    def publish(self, topic: str, data: Json | None = None) -> None:
        """Tell all subscribers of a topic; never waits. Callable from any thread."""
        ...

    def send_on(self, topic: str, data: Json | None = None) -> None:
        """Tell the venue's other server processes, where it has some; never waits.

        There it is as if it had been published; it may be lost on the way, come late or twice.
        Callable from any thread.
        """
        ...

    def subscribe(self, *topics: str) -> Subscription:
        """Subscribe to topics, from inside an event loop."""
        ...

    def hears(self, beginning: str) -> bool:
        """Tell whether anybody here subscribes to a topic that begins so. From any thread."""
        ...


@dataclass(frozen=True, slots=True)
class Rate:
    """So many acts per window of so many milliseconds, with bursts up to the whole number."""

    acts: int
    window_ms: int


class RateLimiter(Protocol):
    """Brakes on repeated acts."""

    def allow(self, key: str, rate: Rate) -> bool:
        """Count one act of that key; False when it is over the rate."""
        ...

    def wait_ms(self, key: str, rate: Rate) -> int:
        """Return how long until the next act is allowed (0: now)."""
        ...


@dataclass(frozen=True, slots=True)
class ViewingCopy:
    """A copy of a bidder's PDF for the reading screen, without anything that acts by itself."""

    pages: int
    facts: FileFacts


class Viewing(Protocol):
    """Makes viewing copies apart from the server's own process."""

    async def viewing_copy(self, sha256: str) -> ViewingCopy:
        """Return the copy of a stored file, made at first need.

        Raises:
            InputError: `bad_pdf`, `pdf_encrypted`, `pdf_too_costly`; the original stays.

        """
        ...


class Press(Protocol):
    """Prints documents."""

    async def report(self, content: Mapping[str, object]) -> bytes:
        """Return an evaluation report as PDF bytes; raises FaultError `press_failed`.

        `content` is what `bideval.session.report` states; the same content gives the same bytes.
        """
        ...


class Stamper(Protocol):
    """An outside authority of time stamps."""

    def stamp(self, data: bytes) -> bytes:
        """Return the authority's verified answer (RFC 3161, DER); raises FaultError `stamp_failed`.

        May take seconds.
        """
        ...
