"""Words about lines on one link: ours are signed, the peer's are checked against what we hold.

Decided here: when a venue signs (every batch of lines, the mark from which it goes on, what main
has placed), and that no line is taken without its sender's word for it and for what we hold
already: a venue whose storage tells another story has to sign that story. Not decided here: what is
done with two words that contradict each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bideval.sync import limits, messages
from bideval.sync.effects import Effect, FaultKind, PeerHas, WordHeard, WordOffered
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.outbox import Outbox, Priority
from bideval.sync.trails import Direction, Mark
from bideval.sync.words import RECORD, Placed, Said, Voice, Vouch, Word
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.sync.sending import SendingStream
    from bideval.sync.shared import LinkedSession


class Vouching:
    """What both sides of a link have signed; silent until `speak` has been told."""

    def __init__(self, me: str, *, outbox: Outbox, emit: Callable[[Effect], None]) -> None:
        self._me = me
        self._peer = ""
        self._voice: Voice | None = None
        self._outbox = outbox
        self._emit = emit

    def speak(self, peer: str, voice: Voice) -> None:
        """Learn who the peer is; words are signed and demanded from now on."""
        self._peer, self._voice = peer, voice

    def is_due(self, found: LinkedSession) -> bool:
        """Tell whether the sender has yet to vouch for what we hold of its lines."""
        return self._voice is not None and not found.vouched

    def vouch(self, found: LinkedSession, sending: SendingStream) -> None:
        """Sign what the peer has of our lines; it leaves before any more of them."""
        self._say(found, sending.acked_mark, Priority.ACKNOWLEDGE)

    def ask_place(self, found: LinkedSession, sending: SendingStream, now: int) -> None:
        """At a branch: vouch again where main has lines and has not signed their place for long.

        Main answers with its word; the first one was lost on the way.
        """
        waited = now - found.vouched_at >= limits.NO_PROGRESS_MS and sending.rests(now)
        if not found.main and found.placed < sending.acked and waited:
            found.vouched_at = now
            self.vouch(found, sending)

    def contest(self, found: LinkedSession, held: Mark) -> None:
        """Sign what we hold where the peer states something else; it leaves before the refusal.

        A copy that was once put back from a backup signs nothing here: it may be the one that errs.
        """
        if found.epoch == 1:
            self._say(found, held, Priority.CONTROL)

    def sign_lines(self, found: LinkedSession, batch: messages.Lines) -> messages.Lines:
        """Return the batch with our word for our stream up to its end."""
        if self._voice is None:
            return batch
        n = batch.first + len(batch.lines) - 1
        word = Vouch(found.id, self._own_stream(found), n, batch.digest)
        return replace(batch, signature=self._voice.sign(word))

    def check_lines(self, found: LinkedSession, batch: messages.Lines) -> None:
        """Raise LinkFault unless the peer has signed its stream up to the end of the batch."""
        self._check(found.receiving.word(batch))

    def place(self, found: LinkedSession) -> None:
        """At main: sign where the branch's lines stand, where that is known."""
        if self._voice is None or not found.main or not found.size:
            return
        mark = found.receiving.durable
        word = Placed(found.id, self._peer, mark.n, mark.digest, found.size)
        signature = self._voice.sign(word)
        message = messages.PlacedWord(found.id, mark.n, mark.digest, found.size, signature)
        self._outbox.put(Priority.ACKNOWLEDGE, ("placed", found.id), message)

    def vouched(self, found: LinkedSession, message: messages.Vouched) -> None:
        """Hold the sender to its word about what we have of its lines."""
        stream = self._peer if found.main else RECORD
        word = Vouch(found.id, stream, message.n, message.digest, message.signature)
        self._check(word)
        held = found.receiving.digest_at(message.n)
        if held is None:
            self._emit(WordOffered(word))
            return
        if held != message.digest:
            raise SessionFault(
                FaultKind.FORK,
                found.id,
                f"the peer vouches for other lines up to {message.n}",
                stated=Mark(message.n, message.digest),
                held=Mark(message.n, held),
                said=Said(word),
            )
        found.vouched = True
        self._emit(WordHeard(word))
        if message.n == found.receiving.durable.n:
            self.place(found)

    def placed(self, found: LinkedSession, message: messages.PlacedWord) -> None:
        """Keep main's word for where our lines stand: only by it we believe that main has them.

        It may come while main's mark is still compared with our disk; then it waits for that.
        """
        if found.main:
            raise LinkFault(FaultKind.ROLE, f"{found.id}: a branch has placed")
        if found.sending is None:
            found.early_word = message
            return
        if message.n > found.sending.ever_sent:
            raise LinkFault(FaultKind.ROLE, f"{found.id}: placed what was not sent")
        word = Placed(
            found.id, self._me, message.n, message.digest, message.size, message.signature
        )
        self._check(word)
        held = found.sending.digest_at(message.n)
        if held is None:
            return
        if held != message.digest:
            raise LinkFault(FaultKind.ROLE, f"{found.id}: placed other lines than were sent")
        self._emit(WordHeard(word))
        found.placed = max(found.placed, message.n)
        self._emit(PeerHas(found.id, Direction.UP, message.n))

    def promised(self, found: LinkedSession, mark: messages.StatedMark) -> Placed | None:
        """At main: return our own word about more of the branch's lines than we hold, if any.

        Raises LinkFault for a word that we have not signed, and for one that main states.
        """
        if mark.placed is None:
            return None
        if not found.main:
            raise LinkFault(FaultKind.ROLE, f"{found.id}: main states a place for its own lines")
        stated = mark.placed
        if stated.n <= found.receiving.durable.n or self._voice is None:
            return None
        word = Placed(found.id, self._peer, stated.n, stated.digest, stated.size, stated.signature)
        try:
            self._voice.check_own(word)
        except EvidenceError as error:
            raise LinkFault(FaultKind.AUTHENTICATION, f"{found.id}: {error.code}") from None
        return word

    def hear_early(self, found: LinkedSession) -> None:
        """Hear the word that came before main's mark was compared."""
        word, found.early_word = found.early_word, None
        if word is not None:
            self.placed(found, word)

    def _own_stream(self, found: LinkedSession) -> str:
        return RECORD if found.sends is Direction.DOWN else self._me

    def _say(self, found: LinkedSession, mark: Mark, priority: Priority) -> None:
        if self._voice is None:
            return
        word = Vouch(found.id, self._own_stream(found), mark.n, mark.digest)
        message = messages.Vouched(found.id, mark.n, mark.digest, self._voice.sign(word))
        self._outbox.put(priority, ("vouch", found.id), message)

    def _check(self, word: Word) -> None:
        if self._voice is None:
            return
        try:
            self._voice.check(word)
        except EvidenceError as error:
            raise LinkFault(FaultKind.AUTHENTICATION, f"{word.session}: {error.code}") from None
