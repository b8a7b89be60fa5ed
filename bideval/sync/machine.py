"""One connection between two venues: bytes and answers in, frames and effects out.

Decided here: the handshake, heartbeats and deadlines, which part gets a message, and what a wrong
peer costs: a session, or at most the connection, never an exception.
Not decided here: sockets, storage and time; `now` is whole milliseconds of any steady clock.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from bideval.sync import limits, messages
from bideval.sync.effects import (
    Close,
    Effect,
    Established,
    FaultFound,
    FaultKind,
    NeedSessions,
    WriteChunk,
)
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.fetching import Fetching, MissingFile
from bideval.sync.heads import ShownHeads
from bideval.sync.messages import decode, encode
from bideval.sync.outbox import Outbox, Priority
from bideval.sync.proofs import ShownProofs
from bideval.sync.proving import (
    LocalVenue,
    Side,
    check_hello,
    check_prove,
    make_hello,
    make_prove,
)
from bideval.sync.serving import Serving
from bideval.sync.sessions import SessionTable
from bideval.sync.states import HEARD, Event, State, moved
from bideval.sync.words import Voice
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from bideval.evidence.signing import PublicKey
    from bideval.sync.notes import CheckpointNote
    from bideval.sync.shared import SharedSession
    from bideval.sync.words import Vouch

GOING: Final = 1001
"""WebSocket status when we close without blame."""

REFUSED: Final = 4403
"""WebSocket status before the peer has proved itself, whatever the reason."""

WRONG: Final = 4400
"""WebSocket status afterwards, whatever the reason."""


class LinkMachine:
    """The venue protocol on one connection.

    `nonce` is 32 fresh random bytes. `peers` are the venues that may answer, with their pinned
    keys: one for a dialler, all for a listener. `away` are those of them that are turned away for
    the moment, without blame.
    """

    def __init__(
        self,
        me: LocalVenue,
        *,
        peers: Mapping[str, PublicKey],
        side: Side,
        nonce: bytes,
        now: int,
        away: Collection[str] = (),
    ) -> None:
        self.state = State.CONNECTING
        self.peer: str | None = None
        self._me = me
        self._peers = peers
        self._away = away
        self._outbox = Outbox()
        self._effects: list[Effect] = []
        self._hello = make_hello(me, side, nonce)
        self._theirs: tuple[messages.Hello, PublicKey] | None = None
        self._table = SessionTable(me.id, outbox=self._outbox, emit=self._effects.append)
        self._heads = ShownHeads(outbox=self._outbox, emit=self._effects.append)
        self._proofs = ShownProofs(outbox=self._outbox, emit=self._effects.append)
        self._fetching = Fetching()
        self._serving = Serving()
        self._started_at = self._heard_at = self._ticked_at = self._established_at = now
        self._next_ping = now + limits.HEARTBEAT_MS
        self._pings = 0
        self.state = moved(self.state, Event.START)
        self._outbox.put(Priority.CONTROL, ("hello",), self._hello)

    # Bytes, time, and what comes out.

    def receive(self, frame: bytes, now: int) -> None:
        """Take one frame from the peer; whatever it is, nothing is raised."""
        if self.state in (State.CLOSING, State.CLOSED):
            return
        with self._guard():
            message = decode(frame)
            if type(message) not in HEARD[self.state]:
                raise LinkFault(FaultKind.ORDER, f"{type(message).__name__} while {self.state}")
            self._heard_at = now
            self._take(message, now)
        self._pump(now)

    def tick(self, now: int) -> None:
        """Let time pass; to be called when `next_timer` is reached."""
        with self._guard():
            if self.state in (State.HELLO_SENT, State.PROVING):
                if now - self._started_at >= limits.HANDSHAKE_MS:
                    raise LinkFault(FaultKind.DEADLINE, f"not established, still {self.state}")
            elif self.state is State.ESTABLISHED:
                self._tick_established(now)
        self._pump(now)

    def next_timer(self) -> int | None:
        """Return when `tick` is due; None once the link is closing."""
        if self.state in (State.HELLO_SENT, State.PROVING):
            return self._started_at + limits.HANDSHAKE_MS
        if self.state is State.ESTABLISHED:
            return min(
                self._next_ping,
                self._heard_at + limits.SILENCE_MS,
                self._ticked_at + limits.TICK_MS,
            )
        return None

    def next_frame(self, now: int) -> bytes | None:
        """Return the next frame to send; ask again only when the socket takes more."""
        message = self._outbox.pop()
        if message is None:
            return None
        if isinstance(message, messages.Lines):
            self._table.left(message, now)
            self._pump(now)
        elif isinstance(message, messages.Chunk | messages.Absent):
            self._serving.left(message)
        elif isinstance(message, messages.Proof):
            self._proofs.left()
        return encode(message)

    def effects(self) -> list[Effect]:
        """Take what is to be done, in order."""
        effects = self._effects.copy()
        self._effects.clear()
        return effects

    def leave(self) -> None:
        """Close without blame: another connection has taken over, or we are going down."""
        if self.state not in (State.CLOSING, State.CLOSED):
            self._shut(GOING)

    def broken(self, detail: str) -> None:
        """Close because our own side has failed: the host could not answer."""
        if self.state not in (State.CLOSING, State.CLOSED):
            self._fail(FaultKind.STORAGE, detail)

    def lost(self) -> None:
        """Note that the connection is gone."""
        if self.state is not State.CLOSED:
            self.state = moved(self.state, Event.LOST)
            self._outbox.clear()

    # The host's answers and news. When the link is not established they are ignored.

    def sessions(self, shared: Sequence[SharedSession], now: int) -> None:
        """Answer NeedSessions."""
        self._answer(lambda: self._table.listed(shared, now), now)

    def shared(self, item: SharedSession, now: int) -> None:
        """Answer SessionOffered with yes, or tell of a new session that we are main of."""
        self._answer(lambda: self._table.shared(item, now), now)

    def declined(self, session: str, code: str, now: int) -> None:
        """Answer SessionOffered with no; `code` goes to the peer."""
        self._answer(lambda: self._table.declined(session, code), now)

    def stopped(self, session: str, now: int) -> None:
        """We take nothing more of this session; the peer is told, and shown the proof."""
        self._answer(lambda: self._stopped(session, now), now)

    def proof_read(self, session: str, file: bytes | None, now: int) -> None:
        """Answer ReadProof; None: there is none for this peer."""
        self._answer(lambda: self._proofs.read(session, file), now)

    def proof_checked(self, session: str, now: int, *, proves: bool) -> None:
        """Answer ProofArrived; one that proves nothing: the link closes."""
        self._answer(lambda: self._proofs.checked(session, proves=proves), now)

    def mark_held(self, session: str, n: int, state: bytes | None, now: int) -> None:
        """Answer ReadMark: chain or serialised frontier after `n` lines, None if we have fewer."""
        self._answer(lambda: self._table.mark_held(session, n, state, now), now)

    def lines_read(self, session: str, first: int, lines: Sequence[bytes], now: int) -> None:
        """Answer Read, repeating its `first`; no lines: there are no more at present."""
        self._answer(lambda: self._table.lines_read(session, first, lines, now), now)

    def committed(self, session: str, n: int, digest: bytes, now: int, *, size: int = 0) -> None:
        """Answer Commit: durable now are `n` lines with that chain or root.

        `size`: at main, the record's size by which those lines were placed; 0: not known.
        """
        self._answer(lambda: self._table.committed(session, n, digest, size=size), now)

    def commit_failed(self, session: str, code: str, now: int, *, retry: bool = False) -> None:
        """Answer Commit: nothing was kept.

        `retry`: the lines may be good but storage is not; the link closes and comes again.
        """
        self._answer(lambda: self._table.commit_failed(session, code, retry=retry), now)

    def new_lines(self, session: str, now: int) -> None:
        """Storage holds more lines to send; may be told too often, or be lost."""
        self._answer(lambda: self._grown(session, now), now)

    def new_checkpoint(self, session: str, note: CheckpointNote, now: int) -> None:
        """We have made a checkpoint of a session that we are main of."""
        self._answer(lambda: self._table.new_checkpoint(session, note, now), now)

    def cosigned(self, session: str, size: int, line: str | None, now: int) -> None:
        """Answer CheckpointArrived: our persisted cosignature line, None if we refuse."""
        self._answer(lambda: self._table.cosigned(session, size, line), now)

    def new_head(self, session: str, note: CheckpointNote, now: int) -> None:
        """We hold a checkpoint by the main venue of a session in which the peer is a branch too."""
        self._answer(lambda: self._heads.show(session, note, now), now)

    def head_checked(self, session: str, size: int, now: int, *, signed: bool) -> None:
        """Answer HeadArrived; not `signed` by main: the link closes."""
        self._answer(lambda: self._heads.checked(session, size, signed=signed), now)

    def word_read(self, word: Vouch | None, now: int) -> None:
        """Answer ReadWord: main's word for our copy, if the peer is a branch too."""
        self._answer(lambda: self._heads.tell(word, now) if word else None, now)

    def told_checked(self, session: str, n: int, now: int, *, signed: bool) -> None:
        """Answer ToldArrived; not `signed` by main: the link closes."""
        self._answer(lambda: self._heads.told_checked(session, n, signed=signed), now)

    def missing_files(self, missing: Iterable[MissingFile], now: int) -> None:
        """Files that we lack and the peer may have."""
        self._answer(lambda: self._fetching.told(missing, now), now)

    def file_read(self, sha256: bytes, offset: int, data: bytes | None, now: int) -> None:
        """Answer ReadFile; None: not here, or not for this peer."""
        self._answer(lambda: self._reply(self._serving.read(sha256, offset, data)), now)

    def chunk_written(self, sha256: bytes, upto: int | None, now: int) -> None:
        """Answer WriteChunk: durable up to `upto`; None: a wrong digest, begin again."""
        self._answer(lambda: self._wrote(self._fetching.written(sha256, upto, now)), now)

    # Inside.

    def _stopped(self, session: str, now: int) -> None:
        self._table.stopped(session)
        self._proofs.show(session, now)

    def _grown(self, session: str, now: int) -> None:
        self._table.new_lines(session)
        self._heads.grown(session, now)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Turn mistakes into effects."""
        try:
            yield
        except SessionFault as fault:
            self._table.quarantine(fault)
        except LinkFault as fault:
            self._fail(fault.kind, fault.detail)
        except InputError as error:
            kind = FaultKind.LIMIT if error.code == "frame_size" else FaultKind.MALFORMED
            self._fail(kind, error.detail)

    def _answer(self, take: Callable[[], None], now: int) -> None:
        if self.state is State.ESTABLISHED:
            with self._guard():
                take()
            self._pump(now)

    def _take(self, message: messages.Message, now: int) -> None:
        match message:
            case messages.Hello():
                self._on_hello(message)
            case messages.Prove():
                self._on_prove(message, now)
            case messages.Ping():
                self._outbox.put(Priority.CONTROL, ("pong",), messages.Pong(message.n))
            case messages.Pong():
                if message.n > self._pings:
                    raise LinkFault(FaultKind.ORDER, "pong to a ping that was not sent")
            case messages.Head() | messages.Told() | messages.Proof():
                self._take_shown(message, now)
            case messages.Want() | messages.Chunk() | messages.Absent():
                self._take_file(message, now)
            case _:
                self._table.take(message, now)

    def _on_hello(self, theirs: messages.Hello) -> None:
        public = check_hello(theirs, self._hello, self._peers)
        if theirs.venue in self._away:
            self.leave()
            return
        self._theirs = (theirs, public)
        self.state = moved(self.state, Event.PEER_HELLO)
        prove = make_prove(self._me, self._hello, theirs)
        self._outbox.put(Priority.CONTROL, ("prove",), prove)

    def _on_prove(self, prove: messages.Prove, now: int) -> None:
        theirs, public = cast("tuple[messages.Hello, PublicKey]", self._theirs)
        check_prove(prove, theirs=theirs, ours=self._hello, public=public)
        self.state = moved(self.state, Event.PEER_PROVED)
        self.peer = theirs.venue
        self._table.speak(theirs.venue, Voice(self._me.key, public))
        self._established_at = self._ticked_at = now
        self._next_ping = now + limits.HEARTBEAT_MS
        self._effects.append(Established(theirs.venue, theirs.epoch))
        self._effects.append(NeedSessions(theirs.venue))

    def _take_shown(self, message: messages.OfBranches | messages.Proof, now: int) -> None:
        if isinstance(message, messages.Proof):
            self._proofs.arrived(message)
        else:
            self._heads.arrived(message, now)

    def _take_file(self, message: messages.OfFiles, now: int) -> None:
        match message:
            case messages.Want():
                if self._table.has(message.session):
                    self._serving.wanted(message)
                else:
                    self._reply(messages.Absent(message.sha256, message.offset))
            case messages.Chunk():
                write = self._fetching.arrived(message, now)
                if write is not None:
                    self._effects.append(write)
            case _:
                self._gave_up(self._fetching.absent(message, now))

    def _reply(self, answer: messages.Chunk | messages.Absent | None) -> None:
        if answer is not None:
            key = (answer.sha256.hex(), str(answer.offset))
            self._outbox.put(Priority.CHUNKS, key, answer)

    def _wrote(self, outcome: WriteChunk | MissingFile | None) -> None:
        if isinstance(outcome, WriteChunk):
            self._effects.append(outcome)
        else:
            self._gave_up(outcome)

    def _gave_up(self, missing: MissingFile | None) -> None:
        if missing is not None:
            detail = f"file {missing.sha256.hex()} did not come"
            self._effects.append(FaultFound(FaultKind.FILE, missing.session, detail))

    def _tick_established(self, now: int) -> None:
        if now - self._heard_at >= limits.SILENCE_MS:
            raise LinkFault(FaultKind.SILENCE, f"nothing heard for {now - self._heard_at} ms")
        if not self._table.heard_marks and now - self._established_at >= limits.MARKS_MS:
            raise LinkFault(FaultKind.DEADLINE, "the peer has not stated its marks")
        if now >= self._next_ping:
            self._pings += 1
            self._next_ping = now + limits.HEARTBEAT_MS
            self._outbox.put(Priority.CONTROL, ("ping",), messages.Ping(self._pings))
        if now - self._ticked_at >= limits.TICK_MS:
            self._ticked_at = now
            for missing in self._fetching.overdue(now):
                self._gave_up(missing)
            self._table.tick(now)
            self._heads.tick(now)
            self._proofs.tick(now)

    def _pump(self, now: int) -> None:
        """Start whatever has become possible."""
        if self.state is not State.ESTABLISHED:
            return
        self._table.pump(now)
        for want in self._fetching.next_wants(now):
            key = (want.sha256.hex(), str(want.offset))
            self._outbox.put(Priority.WANTS, key, want)
        read = self._serving.next_read()
        if read is not None:
            self._effects.append(read)

    def _fail(self, kind: FaultKind, detail: str) -> None:
        """Close, with the reason for our own log only."""
        self._effects.append(FaultFound(kind, None, detail))
        self._shut(REFUSED if self.peer is None else WRONG)

    def _shut(self, status: int) -> None:
        self.state = moved(self.state, Event.SHUT)
        self._outbox.clear()
        self._effects.append(Close(status))
