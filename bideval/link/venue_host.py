"""The house as its links see it: the `LinkHost` that stands on the actions.

Decided here: which error of the house means what to a peer, and that everything that touches the
disk runs in a thread. Not decided here: anything about records (actions) or frames (sync).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bideval.actions import (
    accusing,
    arrivals,
    checkpoints,
    confirming,
    hearing,
    peering,
    showing,
    shown_proofs,
)
from bideval.actions.peer_lines import note_line
from bideval.actions.stopping import STOPPED
from bideval.actions.telling import link_topic, tell_of_head
from bideval.link.host import (
    Change,
    Held,
    NewCheckpoint,
    NewFilesMissing,
    NewHead,
    NewLines,
    NewSession,
    NewWord,
    Refused,
    SessionStopped,
)
from bideval.ports import PeerLine, StoreError
from bideval.sync.fetching import MissingFile
from bideval.sync.notes import CheckpointNote
from bideval.sync.shared import SharedSession
from bideval.sync.trails import Direction
from bideval.sync.words import Said, Vouch
from bideval.terms.errors import BidevalError, EvidenceError, FaultError, RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from bideval.actions.steward import Steward
    from bideval.actions.venue import Venue
    from bideval.ports import Event
    from bideval.sync.effects import FaultFound
    from bideval.sync.words import Placed, Word

_LOG = logging.getLogger("bideval.link")

FILE_PRIORITY = {"document": 0, "pool": 1, "bid": 2, "report": 3}
CODE_CHARACTERS = 40


class VenueHost:
    """One venue's storage and rules for all its links."""

    def __init__(self, venue: Venue, steward: Steward) -> None:
        self._venue = venue
        self._steward = steward

    async def sessions(self, peer: str) -> Sequence[SharedSession]:
        common = await asyncio.to_thread(peering.common_sessions, self._venue, peer)
        return [_shared(one) for one in common]

    async def offered(self, peer: str, session: str, *, peer_main: bool) -> SharedSession | Refused:
        if self._venue.findings.stopped(session):
            return Refused(STOPPED)
        common = await asyncio.to_thread(peering.common_session, self._venue, peer, session)
        if common is not None and common.main is not peer_main:
            return _shared(common)
        if common is None and peer_main and await asyncio.to_thread(self._is_new, session):
            return SharedSession(session, main=False)
        return Refused("unknown_session")

    async def mark_up(self, peer: str, session: str, n: int) -> bytes | None:
        return await asyncio.to_thread(peering.mark_up, self._venue, peer, session, n)

    async def mark_down(self, peer: str, session: str, size: int) -> bytes | None:
        return await asyncio.to_thread(peering.mark_down, self._venue, peer, session, size)

    async def read_up(
        self,
        peer: str,
        session: str,
        first: int,
        *,
        limit: int,
        max_bytes: int,
    ) -> Sequence[bytes]:
        if not self._venue.book.has_own(session, first):
            return ()  # as after every batch: saves a change of threads
        return await asyncio.to_thread(
            peering.read_up, self._venue, peer, session, first, size=(limit, max_bytes)
        )

    async def read_down(
        self,
        peer: str,
        session: str,
        first: int,
        *,
        limit: int,
        max_bytes: int,
    ) -> Sequence[bytes]:
        if not self._venue.book.has_placed(session, first - 1):
            return ()
        return await asyncio.to_thread(
            peering.read_down, self._venue, peer, session, first, size=(limit, max_bytes)
        )

    async def commit_up(
        self, peer: str, session: str, first: int, lines: Sequence[bytes], *, word: Vouch
    ) -> Held | Refused:
        def commit() -> Held:
            head, size = arrivals.commit_up(self._venue, session, lines, word=word)
            return Held(head.n, head.chain, size)

        sent = Said(word, first, tuple(lines))
        return await asyncio.to_thread(self._held, peer, sent, commit)

    async def commit_down(
        self, peer: str, session: str, first: int, lines: Sequence[bytes], *, word: Vouch
    ) -> Held | Refused:
        def commit() -> Held:
            head = arrivals.commit_down(self._venue, session, peer, lines, word=word)
            accusing.accuse_omission(self._venue, session)
            showing.compare_heads(self._venue, session)
            return Held(head.size, head.root)

        sent = Said(word, first, tuple(lines))
        return await asyncio.to_thread(self._held, peer, sent, commit)

    async def checkpoint_arrived(self, peer: str, session: str, size: int, note: str) -> str | None:
        def answer() -> str | None:
            return accusing.attempt(self._venue, ("answer", session, note), cosign)

        def cosign() -> str | None:
            try:
                line = checkpoints.answer_checkpoint(self._venue, session, note)[1]
            except (EvidenceError, RefusedError, StoreError) as wrong:
                if wrong.code == STOPPED:
                    return None
                accusing.refuse_checkpoint(self._venue, peer, session, (size, note), wrong.code)
                return None
            if accusing.accuse_doubted(self._venue, session):
                return None
            tell_of_head(self._venue, session)
            return line

        return await asyncio.to_thread(answer)

    async def heads(self, peer: str) -> Sequence[tuple[str, CheckpointNote]]:
        held = await asyncio.to_thread(showing.heads_for, self._venue, peer)
        return [(one.session, CheckpointNote(one.size, one.note)) for one in held]

    async def head_arrived(self, peer: str, session: str, size: int, note: str) -> bool:
        shown = showing.Head(session, size, note)
        return await asyncio.to_thread(showing.hear_head, self._venue, peer, shown)

    async def words(self, peer: str) -> Sequence[Vouch]:
        return await asyncio.to_thread(showing.words_for, self._venue, peer)

    async def word_for(self, peer: str, session: str) -> Vouch | None:
        return await asyncio.to_thread(showing.word_for, self._venue, peer, session)

    async def told_arrived(self, peer: str, word: Vouch) -> bool:
        return await asyncio.to_thread(showing.hear_word, self._venue, peer, word)

    async def stopped(self) -> Sequence[str]:
        return self._venue.findings.sessions()

    async def proof_for(self, peer: str, session: str) -> bytes | None:
        return await asyncio.to_thread(shown_proofs.proof_for, self._venue, peer, session)

    async def proof_arrived(self, peer: str, session: str, file: bytes) -> bool:
        return await asyncio.to_thread(shown_proofs.hear_proof, self._venue, peer, session, file)

    async def cosignature_arrived(self, peer: str, session: str, size: int, line: str) -> None:
        def take() -> None:
            try:
                checkpoints.take_cosignature(self._venue, session, peer, size, line)
            except (EvidenceError, RefusedError, StoreError) as wrong:
                proof = line.encode()
                peering.quarantine(self._venue, session, peer, size, code=wrong.code, proof=proof)

        await asyncio.to_thread(take)

    async def missing_files(self, peer: str) -> Sequence[MissingFile]:
        lacking = await asyncio.to_thread(peering.lacking_files, self._venue, peer)
        return [
            MissingFile(
                one.session,
                bytes.fromhex(one.sha256),
                one.size,
                one.have,
                FILE_PRIORITY.get(one.purpose, len(FILE_PRIORITY)),
            )
            for one in lacking
        ]

    async def read_chunk(
        self, peer: str, session: str, sha256: bytes, *, offset: int, length: int
    ) -> bytes | None:
        return await asyncio.to_thread(
            peering.read_chunk,
            self._venue,
            peer,
            session,
            sha256.hex(),
            offset=offset,
            length=length,
        )

    async def write_chunk(
        self,
        peer: str,  # noqa: ARG002  # the digest says whether it is right, whoever sent it
        session: str,
        sha256: bytes,
        *,
        offset: int,
        data: bytes,
        last: bool,
    ) -> int | None:
        upto = await asyncio.to_thread(
            peering.write_chunk,
            self._venue,
            session,
            sha256.hex(),
            offset=offset,
            data=data,
            last=last,
        )
        if last and upto is not None:
            self._steward.wake(session)
        return upto

    async def peer_has(
        self,
        peer: str,
        session: str,
        direction: Direction,
        upto: int,
        promised: Placed | None = None,
    ) -> None:
        def note() -> None:
            confirming.hear(self._venue, session, peer, promised)
            if direction is Direction.DOWN:
                self._venue.spread.elsewhere(session, upto)
            else:
                self._venue.spread.at_main(session, upto)

        await asyncio.to_thread(note)

    async def word_heard(
        self,
        peer: str,  # noqa: ARG002  # the word names its stream, and its signature was checked
        word: Word,
    ) -> None:
        hearing.hear(self._venue, word)

    async def word_offered(self, peer: str, word: Vouch) -> None:
        await asyncio.to_thread(accusing.compare_word, self._venue, peer, word)

    async def session_refused(self, peer: str, session: str, code: str) -> None:
        if code == STOPPED:
            self._venue.findings.stopped_by(session, peer)
        _LOG.warning(
            "session refused by peer", extra={"peer": peer, "session": session, "code": code}
        )

    async def fault_found(self, peer: str | None, fault: FaultFound) -> None:
        def note() -> None:
            if fault.said is not None and peer is not None:
                accusing.accuse_speaker(self._venue, peer, fault.said)
            peering.note_fault(self._venue, peer, fault.session, fault.kind.value)

        await asyncio.to_thread(note)

    async def line_state(self, peer: str, *, up: bool, since_ms: int) -> None:
        line = PeerLine(peer, up=up, since_ms=since_ms)
        try:
            await asyncio.to_thread(note_line, self._venue, line)
        finally:  # or a fault of the storage would make an absent venue of one that is here
            await asyncio.to_thread(self._steward.line, peer, up=up, since_ms=since_ms)

    async def changes(self, peer: str) -> AsyncIterator[Change]:
        async with self._venue.devices.fanout.subscribe(link_topic()) as news:
            async for event in news:
                if _tells_of_lines(event):  # with every commit; nothing has to be read for it
                    yield NewLines(str(event.data["session"]))
                    continue
                for change in await asyncio.to_thread(self.changes_by, peer, event):
                    yield change

    def changes_by(self, peer: str, event: Event) -> list[Change]:
        """Return what an event of this venue means to the link with a peer."""
        session = event.data.get("session")
        if _tells_of_lines(event):
            return [NewLines(str(session))]  # a machine knows which sessions it shares
        if event.lagging or not isinstance(session, str):
            common_now = peering.common_sessions(self._venue, peer)
            notes = [(one.session, one.checkpoint) for one in common_now if one.checkpoint]
            return [
                *(NewSession(_shared(one)) for one in common_now),  # a known one is no news
                *(NewLines(one.session) for one in common_now),
                *(NewCheckpoint(session, CheckpointNote(*note)) for session, note in notes),
                *(_new_head(one) for one in showing.heads_for(self._venue, peer)),
                *(NewWord(word) for word in showing.words_for(self._venue, peer)),
                *(SessionStopped(name) for name in self._venue.findings.sessions()),
                NewFilesMissing(),
            ]
        kind = event.data.get("type")
        if kind == "stopped":
            return [SessionStopped(session)]
        if kind == "files":
            return [NewFilesMissing()] if peering.is_shared(self._venue, peer, session) else []
        if kind == "checkpoint":
            newest = peering.newest_uncosigned(self._venue, peer, session)
            return [NewCheckpoint(session, CheckpointNote(*newest))] if newest else []
        if kind == "head":
            head = showing.head_for(self._venue, peer, session)
            return [_new_head(head)] if head else []
        common = peering.common_session(self._venue, peer, session)
        if common is None:
            return []
        return [NewSession(_shared(common)), NewLines(session)] if kind == "founded" else []

    def _is_new(self, session: str) -> bool:
        return session not in self._venue.book.sessions()

    def _held(self, peer: str, sent: Said, commit: Callable[[], Held]) -> Held | Refused:
        session = sent.word.session
        try:
            held = commit()
        except FaultError as fault:
            return Refused(fault.code[:CODE_CHARACTERS], retry=True)
        except BidevalError as wrong:
            if wrong.code == STOPPED:
                return Refused(STOPPED)
            accusing.accuse_lines(self._venue, peer, sent, wrong.code)
            return Refused(wrong.code[:CODE_CHARACTERS])
        accusing.accuse_doubted(self._venue, session)
        accusing.accuse_key(self._venue, session, sent.lines)
        return held


def _tells_of_lines(event: Event) -> bool:
    return event.data.get("type") == "lines" and not event.lagging


def _new_head(head: showing.Head) -> NewHead:
    return NewHead(head.session, CheckpointNote(head.size, head.note))


def _shared(common: peering.Common) -> SharedSession:
    note = CheckpointNote(*common.checkpoint) if common.checkpoint else None
    return SharedSession(
        common.session,
        main=common.main,
        n=common.n,
        state=common.state,
        epoch=common.epoch,
        checkpoint=note,
        size=common.size,
        placed=common.placed,
    )
