"""The machine's questions to the host, one by one.

Decided here: which of the host's methods answers which effect.
Not decided here: when they are asked and what happens when the host fails; see connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.link.host import (
    NewCheckpoint,
    NewFilesMissing,
    NewHead,
    NewLines,
    NewSession,
    NewWord,
    Refused,
    SessionStopped,
)
from bideval.sync import effects as fx
from bideval.sync.trails import Direction

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.link.host import Change, LinkHost
    from bideval.sync.machine import LinkMachine


class Asking:
    """Answers one machine from one host; `now` reads the clock of the link's timers."""

    def __init__(self, machine: LinkMachine, *, host: LinkHost, now: Callable[[], int]) -> None:
        self._machine = machine
        self._host = host
        self._now = now

    @property
    def _peer(self) -> str:
        return self._machine.peer or ""

    async def ask(self, effect: fx.Effect) -> None:
        """Put one question and give the machine the answer."""
        match effect:
            case fx.NeedSessions():
                await self._sessions()
            case fx.SessionOffered():
                await self._offered(effect)
            case fx.ReadMark():
                await self._read_mark(effect)
            case fx.Read():
                await self._read(effect)
            case fx.Commit():
                await self._commit(effect)
            case _:
                await self._ask_more(effect)

    async def tell(self, effect: fx.Effect) -> None:
        """Tell the host what needs no answer."""
        match effect:
            case fx.PeerHas(session, direction, upto, promised):
                await self._host.peer_has(self._peer, session, direction, upto, promised)
            case fx.SessionRefused(session, code):
                await self._host.session_refused(self._peer, session, code)
            case fx.CosignatureArrived(session, size, line):
                await self._host.cosignature_arrived(self._peer, session, size, line)
            case fx.WordHeard(word):
                await self._host.word_heard(self._peer, word)
            case fx.WordOffered(word):
                await self._host.word_offered(self._peer, word)
            case fx.FaultFound():
                await self._host.fault_found(self._machine.peer, effect)
            case _:
                raise TypeError(type(effect).__name__)

    async def changed(self, change: Change) -> None:
        """Give the machine the host's news."""
        match change:
            case NewLines(session):
                self._machine.new_lines(session, self._now())
            case SessionStopped(session):
                self._machine.stopped(session, self._now())
            case NewSession(shared):
                self._machine.shared(shared, self._now())
            case NewCheckpoint(session, checkpoint):
                self._machine.new_checkpoint(session, checkpoint, self._now())
            case NewHead(session, head):
                self._machine.new_head(session, head, self._now())
            case NewWord(word):
                self._machine.word_read(word, self._now())
            case NewFilesMissing():
                missing = await self._host.missing_files(self._peer)
                self._machine.missing_files(missing, self._now())

    async def _ask_more(self, effect: fx.Effect) -> None:
        match effect:
            case fx.CheckpointArrived(session, size, note):
                line = await self._host.checkpoint_arrived(self._peer, session, size, note)
                self._machine.cosigned(session, size, line, self._now())
            case fx.ReadFile():
                await self._read_file(effect)
            case fx.WriteChunk():
                await self._write_chunk(effect)
            case _:
                await self._ask_of_shown(effect)

    async def _ask_of_shown(self, effect: fx.Effect) -> None:
        match effect:
            case fx.HeadArrived(session, size, note):
                signed = await self._host.head_arrived(self._peer, session, size, note)
                self._machine.head_checked(session, size, self._now(), signed=signed)
            case fx.ReadWord(session):
                word = await self._host.word_for(self._peer, session)
                self._machine.word_read(word, self._now())
            case fx.ToldArrived(word):
                signed = await self._host.told_arrived(self._peer, word)
                self._machine.told_checked(word.session, word.n, self._now(), signed=signed)
            case fx.ReadProof(session):
                file = await self._host.proof_for(self._peer, session)
                self._machine.proof_read(session, file, self._now())
            case fx.ProofArrived(session, file):
                proves = await self._host.proof_arrived(self._peer, session, file)
                self._machine.proof_checked(session, self._now(), proves=proves)
            case _:
                raise TypeError(type(effect).__name__)

    async def _sessions(self) -> None:
        shared = await self._host.sessions(self._peer)
        self._machine.sessions(shared, self._now())
        missing = await self._host.missing_files(self._peer)
        self._machine.missing_files(missing, self._now())
        for session, head in await self._host.heads(self._peer):
            self._machine.new_head(session, head, self._now())
        for word in await self._host.words(self._peer):
            self._machine.word_read(word, self._now())
        for session in await self._host.stopped():
            self._machine.stopped(session, self._now())

    async def _offered(self, offer: fx.SessionOffered) -> None:
        answer = await self._host.offered(self._peer, offer.session, peer_main=offer.peer_main)
        if isinstance(answer, Refused):
            self._machine.declined(offer.session, answer.code, self._now())
        else:
            self._machine.shared(answer, self._now())

    async def _read_mark(self, read: fx.ReadMark) -> None:
        up = read.direction is Direction.UP
        find = self._host.mark_up if up else self._host.mark_down
        state = await find(self._peer, read.session, read.n)
        self._machine.mark_held(read.session, read.n, state, self._now())

    async def _read(self, read: fx.Read) -> None:
        up = read.direction is Direction.UP
        find = self._host.read_up if up else self._host.read_down
        lines = await find(
            self._peer, read.session, read.first, limit=read.limit, max_bytes=read.max_bytes
        )
        self._machine.lines_read(read.session, read.first, lines, self._now())

    async def _commit(self, commit: fx.Commit) -> None:
        up = commit.direction is Direction.UP
        keep = self._host.commit_up if up else self._host.commit_down
        answer = await keep(
            self._peer, commit.session, commit.first, commit.lines, word=commit.word
        )
        now = self._now()
        if isinstance(answer, Refused):
            self._machine.commit_failed(commit.session, answer.code, now, retry=answer.retry)
        else:
            self._machine.committed(commit.session, answer.n, answer.digest, now, size=answer.size)

    async def _read_file(self, read: fx.ReadFile) -> None:
        data = await self._host.read_chunk(
            self._peer, read.session, read.sha256, offset=read.offset, length=read.length
        )
        self._machine.file_read(read.sha256, read.offset, data, self._now())

    async def _write_chunk(self, write: fx.WriteChunk) -> None:
        upto = await self._host.write_chunk(
            self._peer,
            write.session,
            write.sha256,
            offset=write.offset,
            data=write.data,
            last=write.last,
        )
        self._machine.chunk_written(write.sha256, upto, self._now())
