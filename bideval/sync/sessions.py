"""All sessions of one link: who is main, whose mark is known, what is quarantined.

Decided here: a session flows when both sides have stated their durable marks and the mark agrees
with what the sender holds there; a session that is wrong stops alone.
Not decided here: authentication, heartbeats and files; see the machine and its other parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.sync import limits, messages
from bideval.sync.credit import Credit
from bideval.sync.effects import (
    CheckpointArrived,
    CosignatureArrived,
    Effect,
    FaultFound,
    FaultKind,
    PeerHas,
    ReadMark,
    SessionOffered,
    SessionRefused,
    WordOffered,
)
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.notes import CheckpointNote
from bideval.sync.outbox import Outbox, Priority
from bideval.sync.sending import SendingStream
from bideval.sync.shared import LinkedSession, SharedSession
from bideval.sync.trails import Mark, trail_at
from bideval.sync.vouching import Vouching
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bideval.sync.words import Voice


STOPPED = "session_stopped"
"""Code of a session that takes nothing more, because misbehaviour was proven."""


class SessionTable:
    """The sessions of an established link."""

    def __init__(self, me: str, *, outbox: Outbox, emit: Callable[[Effect], None]) -> None:
        self.peer = ""
        self._me = me
        self._vouching = Vouching(me, outbox=outbox, emit=emit)
        self._outbox = outbox
        self._emit = emit
        self._credit = Credit()
        self._sessions: dict[str, LinkedSession] = {}
        self._stopped: dict[str, str] = {}
        self._offers: dict[str, messages.StatedMark] = {}
        self._early: list[messages.StatedMark] | None = []
        self._heard_marks = False
        self._hungry: dict[str, None] = {}
        self._serial = 0

    # What our host says.

    def listed(self, shared: Sequence[SharedSession], now: int) -> None:
        """Take all sessions that we share, once; then look at the marks that came before."""
        if self._early is None:
            return
        early, self._early = self._early, None
        if len(shared) > limits.SESSIONS:
            detail = f"{len(shared)} sessions on one link"
            self._emit(FaultFound(FaultKind.LIMIT, None, detail))
        added = [self._add(item, now) for item in shared[: limits.SESSIONS]]
        self._state([found for found in added if found is not None])
        for mark in early:
            self._take_mark(mark, now)

    def shared(self, item: SharedSession, now: int) -> None:
        """Take one more session: newly founded, or the answer to an offer."""
        if self._early is not None or item.session in self._sessions:
            return
        if len(self._sessions) >= limits.SESSIONS:
            self._emit(FaultFound(FaultKind.LIMIT, item.session, "too many sessions"))
            return
        added = self._add(item, now)
        if added is None:
            return
        self._stopped.pop(item.session, None)
        self._state([added])
        offer = self._offers.pop(item.session, None)
        if offer is not None:
            self._take_mark(offer, now)

    def stopped(self, session: str) -> None:
        """End a session here and say so: misbehaviour was proven."""
        if session in self._sessions or session in self._stopped:
            self._stop(session, STOPPED)

    def declined(self, session: str, code: str) -> None:
        """Refuse what the peer offered."""
        offer = self._offers.pop(session, None)
        if offer is None:
            return
        if not offer.main and code != STOPPED:
            mark = Mark(offer.n, offer.digest)
            detail = "the peer is a branch of a session that we do not know"
            self._emit(FaultFound(FaultKind.STALE_BACKUP, session, detail, stated=mark))
        self._stop(session, code)

    def mark_held(self, session: str, n: int, state: bytes | None, now: int) -> None:
        """Compare the peer's mark with what we hold there; begin to send if they agree."""
        found = self._sessions.get(session)
        if found is None or found.stated is None or found.sending or found.stated.n != n:
            return
        if state is None:
            stated = Mark(n, found.stated.digest)
            detail = f"the peer holds {n} lines, more than we do"
            raise SessionFault(FaultKind.STALE_BACKUP, session, detail, stated=stated)
        self._begin(found, found.stated, state, now)

    def lines_read(self, session: str, first: int, lines: Sequence[bytes], now: int) -> None:
        """Send what storage gave."""
        found = self._sessions.get(session)
        if found is None or found.sending is None:
            return
        answer = found.sending.lines_read(first, lines, now)
        if answer is not None:
            batch, size = answer
            self._outbox.append(session, self._vouching.sign_lines(found, batch), size)
        self._hungry[session] = None

    def committed(self, session: str, n: int, digest: bytes, *, size: int = 0) -> None:
        """Acknowledge what is durable now; commit what came meanwhile."""
        found = self._sessions.get(session)
        if found is not None and found.receiving.committed(n, digest):
            found.size = size
            self._acknowledge(found)
            self._vouching.place(found)
            self._commit(found)
            self._judge(found)

    def commit_failed(self, session: str, code: str, *, retry: bool) -> None:
        """Quarantine a session whose lines our storage refuses; close when storage is at fault."""
        if retry:
            raise LinkFault(FaultKind.STORAGE, f"{session}: {code}")
        if session in self._sessions:
            kind = FaultKind.FORK if code == "fork" else FaultKind.LINES
            raise SessionFault(kind, session, f"commit refused: {code}")

    def new_lines(self, session: str) -> None:
        """Remember that storage holds more lines to send."""
        found = self._sessions.get(session)
        if found is not None and found.sending is not None:
            found.sending.hint()
            self._hungry[session] = None

    def new_checkpoint(self, session: str, note: CheckpointNote, now: int) -> None:
        """Send a newer checkpoint."""
        found = self._sessions.get(session)
        if found is not None and found.main:
            found.down.offer(note)
            self._send_note(found, now)

    def cosigned(self, session: str, size: int, line: str | None) -> None:
        """Send our cosignature, or report that our host has refused the checkpoint."""
        found = self._sessions.get(session)
        if found is None or not found.up.answered(size):
            return
        if line is None:
            detail = f"checkpoint of size {size} not cosigned"
            if found.up.refused():
                raise SessionFault(FaultKind.CHECKPOINT, session, f"{detail}, nor those before")
            self._emit(FaultFound(FaultKind.CHECKPOINT, session, detail))
        else:
            cosign = messages.Cosign(session, size, line)
            self._outbox.put(Priority.NOTES, ("cosign", session), cosign)
        self._judge(found)

    # What the peer says.

    def take(self, message: messages.OfSessions, now: int) -> None:
        """Take one message about sessions."""
        match message:
            case messages.Marks():
                self._on_marks(message, now)
            case messages.Refuse():
                self._on_refuse(message)
            case messages.Lines():
                self._on_lines(message)
            case messages.Ack():
                self._on_ack(message, now)
            case messages.Vouched() | messages.PlacedWord():
                self._on_word(message)
            case messages.Checkpoint():
                self._on_checkpoint(message)
            case _:
                self._on_cosign(message)

    def _on_marks(self, message: messages.Marks, now: int) -> None:
        """Take the peer's durable marks."""
        self._heard_marks = True
        for mark in message.marks:
            if self._early is None:
                self._take_mark(mark, now)
            elif len(self._early) < limits.EARLY_MARKS:
                self._early.append(mark)
            else:
                raise LinkFault(FaultKind.LIMIT, "too many marks")

    def _on_refuse(self, message: messages.Refuse) -> None:
        """Stop a session that the peer does not want; a stop for good is told anyway."""
        found = self._find(message.session)
        news = message.code == STOPPED != self._stopped.get(message.session)
        if found is not None or news:
            self._forget(message.session, message.code)
            self._emit(SessionRefused(message.session, message.code))

    def _on_lines(self, message: messages.Lines) -> None:
        """Take a batch; acknowledge at once only what was durable before."""
        found = self._find(message.session)
        if found is None:
            return
        if self._vouching.is_due(found):
            raise LinkFault(FaultKind.ORDER, f"{found.id}: lines before the sender's word")
        self._vouching.check_lines(found, message)
        if not found.receiving.received(message):
            self._known_already(found, message)
        elif self._held_bytes() > limits.LINK_WINDOW_BYTES:
            raise LinkFault(FaultKind.LIMIT, "link window exceeded")
        self._commit(found)

    def _known_already(self, found: LinkedSession, message: messages.Lines) -> None:
        """Say what is durable; what was signed about lines long past is for our host to compare."""
        self._acknowledge(found)
        word = found.receiving.word(message)
        if word.n < found.receiving.durable.n and not found.receiving.remembers(word.n):
            self._emit(WordOffered(word))

    def _on_ack(self, message: messages.Ack, now: int) -> None:
        """Move the mark up to which the peer has our lines."""
        found = self._find(message.session)
        if found is None:
            return
        if found.sending is None:
            raise LinkFault(FaultKind.ORDER, f"{message.session}: acknowledged before its mark")
        if found.sending.acknowledged(message.n, message.digest, now):
            if found.main:  # what main has of a branch's lines, it signs (placed)
                self._emit(PeerHas(found.id, found.sends, message.n))
            self._hungry[found.id] = None

    def _on_word(self, message: messages.Vouched | messages.PlacedWord) -> None:
        """Hold the peer to what it has signed about lines."""
        found = self._find(message.session)
        if found is None:
            return
        if isinstance(message, messages.Vouched):
            self._vouching.vouched(found, message)
        else:
            self._vouching.placed(found, message)

    def _on_checkpoint(self, message: messages.Checkpoint) -> None:
        """Keep main's checkpoint until we hold as much."""
        found = self._find(message.session)
        if found is None:
            return
        if found.main:
            raise LinkFault(FaultKind.ROLE, f"{found.id}: checkpoint from a branch")
        found.up.arrived(CheckpointNote(message.size, message.note))
        self._judge(found)

    def _on_cosign(self, message: messages.Cosign) -> None:
        """Pass a cosignature on to our host."""
        found = self._find(message.session)
        if found is None:
            return
        if not found.main or message.size > found.down.newest:
            raise LinkFault(FaultKind.ROLE, f"{found.id}: cosigned what was not sent")
        if not found.down.expected():
            return
        found.down.answered(message.size)
        self._emit(CosignatureArrived(found.id, message.size, message.line))

    # What time and the socket say.

    def pump(self, now: int) -> None:
        """Read for hungry sessions, one after the other, while there is credit and room."""
        for session in list(self._hungry):
            if self._outbox.line_bytes >= limits.OUTBOX_BYTES:
                return
            found = self._sessions.get(session)
            read = found.sending.next_read(now) if found and found.sending else None
            if read is not None:
                self._emit(read)
                del self._hungry[session]
            elif self._credit.available >= limits.BATCH_BYTES:
                del self._hungry[session]

    def left(self, message: messages.Lines, now: int) -> None:
        """Note that a batch went to the socket."""
        found = self._sessions.get(message.session)
        if found is not None and found.sending is not None:
            found.sending.left(now)

    def tick(self, now: int) -> None:
        """Look at every session's timers.

        Raises LinkFault when marks are overdue or a stream does not move.
        """
        for found in list(self._sessions.values()):
            if found.stated is None and now - found.asked_at >= limits.MARKS_MS:
                raise LinkFault(FaultKind.DEADLINE, f"{found.id}: no mark from the peer")
            if found.sending is not None:
                self._watch(found, found.sending, now)
            self._send_note(found, now)

    def speak(self, peer: str, voice: Voice) -> None:
        """Learn who the peer is; words are signed and demanded from now on."""
        self.peer = peer
        self._vouching.speak(peer, voice)

    def has(self, session: str) -> bool:
        """Tell whether the session flows on this link."""
        return session in self._sessions

    @property
    def heard_marks(self) -> bool:
        """Whether the peer has stated its marks."""
        return self._heard_marks

    def quarantine(self, fault: SessionFault) -> None:
        """Stop one session on this link and tell both sides."""
        found = FaultFound(
            fault.kind,
            fault.session,
            fault.detail,
            stated=fault.stated,
            held=fault.held,
            said=fault.said,
        )
        self._emit(found)
        self._stop(fault.session, "quarantined")

    # Inside.

    def _add(self, shared: SharedSession, now: int) -> LinkedSession | None:
        try:
            found = LinkedSession(shared, peer=self.peer, now=now)
        except EvidenceError as error:
            self._emit(FaultFound(FaultKind.STORAGE, shared.session, str(error)))
            return None
        self._sessions[found.id] = found
        return found

    def _state(self, added: Iterable[LinkedSession]) -> None:
        self._serial += 1
        marks = messages.Marks([found.mark() for found in added])
        self._outbox.put(Priority.ACKNOWLEDGE, ("marks", str(self._serial)), marks)

    def _find(self, session: str) -> LinkedSession | None:
        """Return the session, None when it is stopped here.

        Raises LinkFault for a session that was never stated.
        """
        found = self._sessions.get(session)
        if found is None and session not in self._stopped:
            raise LinkFault(FaultKind.ORDER, f"{session} is not shared")
        return found

    def _take_mark(self, mark: messages.StatedMark, now: int) -> None:
        found = self._sessions.get(mark.session)
        if found is None:
            self._offer(mark)
        elif found.stated is None:
            try:
                self._agree(found, mark, now)
            except SessionFault as fault:
                self.quarantine(fault)

    def _offer(self, mark: messages.StatedMark) -> None:
        if mark.session in self._stopped or mark.session in self._offers:
            return
        if len(self._offers) + len(self._stopped) >= limits.SESSIONS:
            raise LinkFault(FaultKind.LIMIT, "too many sessions offered")
        self._offers[mark.session] = mark
        self._emit(SessionOffered(mark.session, mark.main))

    def _agree(self, found: LinkedSession, mark: messages.StatedMark, now: int) -> None:
        if mark.main == found.main:
            raise SessionFault(FaultKind.ROLE, found.id, "both or none claim to be main")
        found.stated = mark
        found.promised = self._vouching.promised(found, mark)
        if mark.n == 0:
            self._begin(found, mark, b"", now)
        else:
            self._emit(ReadMark(found.id, found.sends, mark.n))

    def _begin(
        self, found: LinkedSession, mark: messages.StatedMark, state: bytes, now: int
    ) -> None:
        try:
            trail = trail_at(found.sends, session=found.id, origin=self._me, n=mark.n, state=state)
        except EvidenceError as error:
            raise SessionFault(FaultKind.STORAGE, found.id, str(error)) from None
        held, stated = trail.mark(), Mark(mark.n, mark.digest)
        if held != stated:
            restored = max(found.epoch, mark.epoch) > 1
            kind = FaultKind.STALE_BACKUP if restored else FaultKind.FORK
            detail = f"other lines up to {mark.n}; epochs {found.epoch} and {mark.epoch}"
            self._vouching.contest(found, held)
            raise SessionFault(kind, found.id, detail, stated=stated, held=held)
        found.sending = SendingStream(
            found.id, direction=found.sends, trail=trail, credit=self._credit, now=now
        )
        self._vouching.vouch(found, found.sending)
        self._vouching.place(found)
        upto = mark.n if found.main else 0
        self._emit(PeerHas(found.id, found.sends, upto, found.promised))
        self._vouching.hear_early(found)
        self._hungry[found.id] = None
        self._send_note(found, now)

    def _commit(self, found: LinkedSession) -> None:
        commit = found.receiving.next_commit()
        if commit is not None:
            self._emit(commit)

    def _acknowledge(self, found: LinkedSession) -> None:
        mark = found.receiving.durable
        ack = messages.Ack(found.id, mark.n, mark.digest)
        self._outbox.put(Priority.ACKNOWLEDGE, ("ack", found.id), ack)

    def _judge(self, found: LinkedSession) -> None:
        note = found.up.ready(found.receiving.durable.n)
        if note is not None:
            self._emit(CheckpointArrived(found.id, note.size, note.note))

    def _send_note(self, found: LinkedSession, now: int) -> None:
        note = found.down.due(now) if found.sending is not None else None
        if note is not None:
            message = messages.Checkpoint(found.id, note.size, note.note)
            self._outbox.put(Priority.NOTES, ("checkpoint", found.id), message)

    def _watch(self, found: LinkedSession, sending: SendingStream, now: int) -> None:
        sending.poll(now)
        self._hungry[found.id] = None
        self._vouching.ask_place(found, sending, now)
        if not sending.stalled(now):
            return
        detail = f"{sending.sent - sending.acked} lines on their way, none acknowledged"
        self._emit(FaultFound(FaultKind.NO_PROGRESS, found.id, detail))
        if not sending.rewind(now):
            raise LinkFault(FaultKind.NO_PROGRESS, f"{found.id}: {detail}")
        self._outbox.drop_lines(found.id)

    def _stop(self, session: str, code: str) -> None:
        self._forget(session, code)
        self._outbox.put(Priority.CONTROL, ("refuse", session), messages.Refuse(session, code))

    def _forget(self, session: str, code: str) -> None:
        found = self._sessions.pop(session, None)
        if found is not None and found.sending is not None:
            found.sending.end()
        self._outbox.drop_lines(session)
        self._hungry.pop(session, None)
        self._stopped[session] = code

    def _held_bytes(self) -> int:
        return sum(found.receiving.held_bytes for found in self._sessions.values())
