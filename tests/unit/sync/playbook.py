"""A conversation with one machine, written down as it is held.

`hears` is what the peer says, `says` is exactly what the machine sends then, `does` is exactly what
it asks of its shell. Nothing may be left over.
"""

from __future__ import annotations

from bideval.evidence.signing import new_signing_key
from bideval.ledger.line import Line, chain_next, chain_start, encode_line
from bideval.ledger.tree import EMPTY_ROOT, Frontier, leaf_hash
from bideval.sync import effects as fx
from bideval.sync import messages
from bideval.sync.machine import LinkMachine
from bideval.sync.proving import LocalVenue, Side, make_hello, make_prove
from bideval.sync.words import RECORD, Placed, Vouch

SESSION = "fh-2026-0117"
KEYS = {
    venue: new_signing_key("Ed25519", venue.encode().ljust(32, b"."))
    for venue in ("fenghua", "wencheng", "changshan")
}
FENGHUA = LocalVenue("fenghua", KEYS["fenghua"])
WENCHENG = LocalVenue("wencheng", KEYS["wencheng"], epoch=4)
EMPTY = EMPTY_ROOT


def line(origin: str, n: int, text: str = "entry") -> bytes:
    """Return a well-formed line."""
    return encode_line(Line(origin, n, f"e.{text}.s"))


def lines(origin: str, count: int, *, first: int = 1, text: str = "entry") -> list[bytes]:
    """Return lines `first`, ... of an origin."""
    return [line(origin, n, text) for n in range(first, first + count)]


def chain(origin: str, written: list[bytes], session: str = SESSION) -> bytes:
    """Return the chain after these lines."""
    digest = chain_start(session, origin)
    for item in written:
        digest = chain_next(digest, item)
    return digest


def root(record: list[bytes]) -> bytes:
    """Return the root of a record."""
    return frontier(record).root()


def frontier(record: list[bytes]) -> Frontier:
    """Return the frontier of a record."""
    return Frontier(leaf_hash(item) for item in record)


def vouched(who: LocalVenue, n: int, digest: bytes, *, stream: str = RECORD) -> messages.Vouched:
    """Return a sender's word about its lines."""
    word = Vouch(SESSION, stream, n, digest)
    return messages.Vouched(SESSION, n, digest, who.key.sign(word.signed_bytes()))


def placed(
    who: LocalVenue, n: int, digest: bytes, size: int, *, stream: str = "wencheng"
) -> messages.PlacedWord:
    """Return main's word about where a branch's lines stand."""
    word = Placed(SESSION, stream, n, digest, size)
    return messages.PlacedWord(SESSION, n, digest, size, who.key.sign(word.signed_bytes()))


def sent(
    who: LocalVenue, first: int, batch: list[bytes], digest: bytes, *, stream: str = RECORD
) -> messages.Lines:
    """Return lines with their sender's word for them."""
    word = vouched(who, first + len(batch) - 1, digest, stream=stream)
    return messages.Lines(SESSION, first, batch, digest, word.signature)


def unsigned(first: int, batch: list[bytes], digest: bytes) -> messages.Lines:
    """Return lines as a part sends them that was told no keys."""
    return messages.Lines(SESSION, first, batch, digest, bytes(64))


class Playbook:
    """Fenghua's machine, in talk with Wencheng."""

    def __init__(self, *, now: int = 0, away: tuple[str, ...] = ()) -> None:
        self.now = now
        self.machine = LinkMachine(
            FENGHUA,
            peers={"wencheng": WENCHENG.key.public},
            side=Side.DIALLER,
            nonce=b"f" * 32,
            now=now,
            away=away,
        )
        self.ours = make_hello(FENGHUA, Side.DIALLER, b"f" * 32)
        self.theirs = make_hello(WENCHENG, Side.LISTENER, b"w" * 32)

    def at(self, now: int) -> Playbook:
        """Let time pass."""
        self.now = now
        self.machine.tick(now)
        return self

    def hears(self, *spoken: messages.Message) -> Playbook:
        """Let the peer speak."""
        for message in spoken:
            self.machine.receive(messages.encode(message), self.now)
        return self

    def says(self, *expected: messages.Message) -> Playbook:
        """Check exactly what the machine sends."""
        said = []
        while (frame := self.machine.next_frame(self.now)) is not None:
            said.append(messages.decode(frame))
        assert said == list(expected)
        return self

    def does(self, *expected: fx.Effect) -> Playbook:
        """Check exactly what the machine asks of its shell."""
        assert self.machine.effects() == list(expected)
        return self

    def shakes_hands(self) -> Playbook:
        """Go through the handshake."""
        self.says(self.ours)
        self.hears(self.theirs)
        self.says(make_prove(FENGHUA, self.ours, self.theirs))
        self.hears(make_prove(WENCHENG, self.theirs, self.ours))
        return self.does(fx.Established("wencheng", 4), fx.NeedSessions("wencheng")).says()

    def fails(self, kind: fx.FaultKind, detail: str, status: int) -> Playbook:
        """Check that the link closes, with its reason for us only."""
        return self.does(fx.FaultFound(kind, None, detail), fx.Close(status)).says()
