"""Bytes and sequences against the machine of the link, as many as you like, from a seed.

    python -m tests.simulation.fuzz --seed 1 --count 20000

Each case is one connection to a peer that may say anything: it shakes hands properly or not, says
what makes sense at the moment, twists it, repeats itself, or sends noise; the host behind the
machine answers rightly, wrongly, twice, or not at all. After every step it must hold that nothing
was raised, that no step has asked for more than a few effects, and that the machine holds no more
than the limits of the protocol allow. The largest that was seen is told at the end.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass, field

from bideval.simulation.ideal import ideal_cryptography
from bideval.simulation.twisting import twisted
from bideval.sync import effects as fx
from bideval.sync import limits, messages
from bideval.sync.fetching import MissingFile
from bideval.sync.machine import LinkMachine
from bideval.sync.notes import CheckpointNote
from bideval.sync.proving import Side, make_hello, make_prove
from bideval.sync.serving import SERVED_WANTS
from bideval.sync.shared import SharedSession
from bideval.sync.states import State
from bideval.sync.words import RECORD, Placed, Vouch
from tests.unit.sync.playbook import FENGHUA, SESSION, WENCHENG, chain, frontier, lines

OTHER = "wc-2026-0042"
STEPS = 40
FLOODS = 0.02
FLOOD = 400
"""Messages of one kind; what is kept of each of them would be more than the protocol allows."""
EFFECTS_OF_A_STEP = 40
"""A step may start a commit, a read and some words; it may not start a thousand."""
SECONDS_OF_A_STEP = 2.0
GONE = State.CLOSING, State.CLOSED


@dataclass
class Held:
    """The most that one machine has held."""

    outbox: int = 0
    line_bytes: int = 0
    pending_bytes: int = 0
    names: int = 0
    served: int = 0
    fetched: int = 0

    def more(self, other: Held) -> Held:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Held(*(max(pair) for pair in pairs))

    def check(self) -> None:
        """Raise AssertionError beyond what the protocol's limits allow together."""
        assert self.outbox <= 60 + 6 * self.names + self.served, self
        assert self.line_bytes <= limits.OUTBOX_BYTES + 2 * limits.BATCH_BYTES, self
        assert self.pending_bytes <= limits.LINK_WINDOW_BYTES, self
        assert self.names <= 4 * limits.SESSIONS, self
        assert self.served <= 2 * SERVED_WANTS, self
        assert self.fetched <= limits.FILES_WANTED + limits.OUTSTANDING_WANTS, self


@dataclass
class Case:
    """One connection."""

    seed: int
    chances: random.Random = field(init=False)
    now: int = 0
    most: Held = field(default_factory=Held)
    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chances = random.Random(self.seed)
        self.record, self.theirs = lines("fenghua", 6), lines("wencheng", 60, text="e" * 900)
        self.machine = LinkMachine(
            FENGHUA,
            peers={"wencheng": WENCHENG.key.public},
            side=Side.DIALLER,
            nonce=b"f" * 32,
            now=0,
        )

    def run(self) -> Held:
        """Talk until the machine has closed, or for a while."""
        if self.chances.random() < 0.9:
            self._shake_hands()
        if self.chances.random() < FLOODS:
            self._flood()
        for _ in range(self.chances.randrange(1, STEPS)):
            self._step()
            if self.machine.state in GONE:
                break
        return self.most

    def _shake_hands(self) -> None:
        ours = make_hello(FENGHUA, Side.DIALLER, b"f" * 32)
        theirs = make_hello(WENCHENG, Side.LISTENER, b"w" * 32)
        for message in (theirs, make_prove(WENCHENG, theirs, ours)):
            self.machine.receive(messages.encode(message), self.now)
        self._answer_all()

    def _flood(self) -> None:
        """Say one kind of thing over and over to a machine whose socket takes nothing."""
        kind = type(self._message())
        for _ in range(FLOOD):
            message = self._message()
            while type(message) is not kind:
                message = self._message()
            self.machine.receive(messages.encode(message), self.now)
            self._answer_all()
            if self.machine.state in GONE:
                return
        self._measure()

    def _step(self) -> None:
        began = time.perf_counter()
        turn = self.chances.random()
        if turn < 0.08:
            self.now += self.chances.randrange(40_000)
            self.machine.tick(self.now)
        elif turn < 0.14:
            self._news()
        else:
            self.machine.receive(self._frame(), self.now)
        self._answer_all()
        for _ in range(self.chances.randrange(4)):
            self.machine.next_frame(self.now)
        spent = time.perf_counter() - began
        assert spent < SECONDS_OF_A_STEP, f"a step took {spent:.1f} s"
        self._measure()

    def _measure(self) -> None:
        held = held_by(self.machine)
        held.check()
        self.most = self.most.more(held)

    # What the peer says.

    def _frame(self) -> bytes:
        turn = self.chances.random()
        if turn < 0.05:
            return self.chances.randbytes(self.chances.randrange(300))
        right = self.chances.random() < 0.5
        frame = messages.encode(self._right() if right else self._message())
        if turn < 0.2:
            frame = twisted(frame, self.chances, tuple(self.heard[-20:]))
        elif turn < 0.24:
            cut = self.chances.randrange(len(frame))
            frame = frame[:cut] + bytes([self.chances.randrange(256)]) + frame[cut + 1 :]
        self.heard.append(frame)
        return frame

    def _right(self) -> messages.Message:
        """Return what an honest peer would say next: its mark, its word, its lines."""
        found = self.machine._table._sessions.get(SESSION)
        if found is None or found.stated is None:
            n = self.chances.randrange(7)
            return messages.Marks(
                [messages.StatedMark(SESSION, main=False, n=n, digest=self._root(n), epoch=1)]
            )
        n = found.receiving.durable.n
        if not found.vouched:
            word = Vouch(SESSION, "wencheng", n, self._chain(SESSION, n))
            signature = WENCHENG.key.sign(word.signed_bytes())
            return messages.Vouched(SESSION, n, word.digest, signature)
        n = found.receiving._trail.n
        batch = self.theirs[n : n + self.chances.randrange(1, 4)]
        if batch:
            return self._batch(SESSION, n + 1, batch, self._chain(SESSION, n + len(batch)))
        sent = found.sending.sent if found.sending else 0
        return messages.Ack(SESSION, sent, self._root(min(sent, 6)))

    def _message(self) -> messages.Message:
        chances = self.chances
        session = chances.choice((SESSION, SESSION, OTHER, f"fh-2026-{chances.randrange(3000)}"))
        n = chances.randrange(7)
        up = session == SESSION
        digest = chain("wencheng", self.theirs[:n], session) if up else self._root(n)
        far = chances.choice((n, n, 2**40))
        sha256 = bytes([chances.randrange(3)]) * 32
        word = Vouch(session, "wencheng" if up else RECORD, n, digest)
        placed = Placed(session, "fenghua", n, chain("fenghua", self.record[:n], session), n + 3)
        turns = (
            lambda: messages.Marks([self._mark(session) for _ in range(chances.randrange(4))]),
            lambda: messages.Refuse(session, chances.choice(("busy", "session_stopped"))),
            lambda: self._batch(session, n + 1, self.theirs[n:] or self.theirs, digest),
            lambda: self._batch(session, 1, self.theirs[: n + 1], self._chain(session, n + 1)),
            lambda: self._batch(session, far + 1, [b"x" * 60_000] * 4, digest),
            lambda: messages.Ack(session, far, self._root(n) if up else digest),
            lambda: messages.Vouched(session, n, digest, WENCHENG.key.sign(word.signed_bytes())),
            lambda: messages.PlacedWord(
                session, n, placed.digest, n + 3, WENCHENG.key.sign(placed.signed_bytes())
            ),
            lambda: messages.Checkpoint(session, far + 1, "note" * chances.randrange(1, 4_000)),
            lambda: messages.Cosign(session, far + 1, "line"),
            lambda: messages.Head(session, far + 1, "note" * chances.randrange(1, 4_000)),
            lambda: messages.Told(session, far + 1, digest, bytes(64)),
            lambda: messages.Proof(session, b"p" * chances.randrange(1, 40_000)),
            lambda: messages.Want(session, sha256, n * 7, chances.randrange(1, 65_536)),
            lambda: messages.Chunk(sha256, n * 65_536, b"d" * chances.randrange(1, 65_536)),
            lambda: messages.Absent(sha256, n * 65_536),
            lambda: messages.Ping(n),
            lambda: messages.Pong(n),
        )
        return chances.choice(turns)()

    def _batch(self, session: str, first: int, batch: list[bytes], digest: bytes) -> messages.Lines:
        """Return lines that the peer has signed, nearly always."""
        stream = "wencheng" if session == SESSION else RECORD
        word = Vouch(session, stream, first + len(batch) - 1, digest)
        signed = self.chances.random() < 0.95
        signature = WENCHENG.key.sign(word.signed_bytes()) if signed else bytes(64)
        return messages.Lines(session, first, batch, digest, signature)

    def _mark(self, session: str) -> messages.StatedMark:
        n = self.chances.randrange(7)
        digest = self._root(n) if session == SESSION else chain("fenghua", self.record[:n], session)
        name = self.chances.choice((session, f"many-{self.chances.randrange(5_000)}"))
        main = self.chances.random() < 0.5
        return messages.StatedMark(name, main, n, digest, self.chances.randrange(3))

    def _chain(self, session: str, n: int) -> bytes:
        return chain("wencheng", self.theirs[:n], session)

    def _root(self, n: int) -> bytes:
        return frontier(self.record[:n]).root()

    # What the host says.

    def _news(self) -> None:
        machine, now = self.machine, self.now
        turns = (
            lambda: machine.new_lines(SESSION, now),
            lambda: machine.new_checkpoint(SESSION, CheckpointNote(3, "three"), now),
            lambda: machine.new_head(OTHER, CheckpointNote(3, "three"), now),
            lambda: machine.word_read(Vouch(OTHER, RECORD, 3, bytes(32), bytes(64)), now),
            lambda: machine.missing_files(
                [MissingFile(SESSION, bytes([n]) * 32, 200_000) for n in range(3)], now
            ),
            lambda: machine.stopped(OTHER, now),
            lambda: machine.broken("tired") if self.chances.random() < 0.1 else None,
        )
        self.chances.choice(turns)()

    def _answer_all(self) -> None:
        effects = self.machine.effects()
        assert len(effects) <= EFFECTS_OF_A_STEP, f"{len(effects)} effects of one step"
        for effect in effects:
            for _ in range(self.chances.choice((0, 1, 1, 1, 1, 2))):
                self._answer(effect)

    def _answer(self, effect: fx.Effect) -> None:
        machine, now, wrong = self.machine, self.now, self.chances.random() < 0.15
        match effect:
            case fx.NeedSessions():
                shared = [SharedSession(SESSION, main=True), SharedSession(OTHER, main=False)]
                machine.sessions(shared, now)
            case fx.SessionOffered(session):
                if self.chances.random() < 0.5:
                    machine.declined(session, "unknown_session", now)
                else:
                    machine.shared(SharedSession(session, main=False), now)
            case fx.ReadMark(session, _, n):
                found = frontier(self.record[:n]).to_bytes() if n <= len(self.record) else None
                machine.mark_held(session, n, b"broken" if wrong else found, now)
            case fx.Read(session, _, first):
                machine.lines_read(session, first, self.record[first - 1 :], now)
            case fx.Commit(session, _, _, _, _, mark):
                if wrong:
                    retry = self.chances.random() < 0.5
                    machine.commit_failed(session, "fork", now, retry=retry)
                else:
                    machine.committed(session, mark.n, mark.digest, now, size=mark.n + 2)
            case _:
                self._answer_more(effect, wrong=wrong)

    def _answer_more(self, effect: fx.Effect, *, wrong: bool) -> None:
        machine, now = self.machine, self.now
        match effect:
            case fx.CheckpointArrived(session, size):
                machine.cosigned(session, size, None if wrong else "line", now)
            case fx.ReadFile(_, sha256, offset, length):
                machine.file_read(sha256, offset, None if wrong else b"x" * length, now)
            case fx.WriteChunk(_, sha256, offset, data):
                machine.chunk_written(sha256, None if wrong else offset + len(data), now)
            case _:
                self._answer_shown(effect, wrong=wrong)

    def _answer_shown(self, effect: fx.Effect, *, wrong: bool) -> None:
        machine, now = self.machine, self.now
        match effect:
            case fx.HeadArrived(session, size):
                machine.head_checked(session, size, now, signed=not wrong)
            case fx.ReadWord(session):
                word = Vouch(session, RECORD, 3, bytes(32), bytes(64))
                machine.word_read(None if wrong else word, now)
            case fx.ToldArrived(word):
                machine.told_checked(word.session, word.n, now, signed=not wrong)
            case fx.ReadProof(session):
                machine.proof_read(session, None if wrong else b"proof", now)
            case fx.ProofArrived(session):
                machine.proof_checked(session, now, proves=not wrong)


def held_by(machine: LinkMachine) -> Held:
    """Return what a machine holds because of its peer."""
    table, serving, fetching = machine._table, machine._serving, machine._fetching
    return Held(
        outbox=len(machine._outbox),
        line_bytes=machine._outbox.line_bytes,
        pending_bytes=table._held_bytes(),
        names=len(table._sessions)
        + len(table._offers)
        + len(table._stopped)
        + len(table._early or ())
        + len(machine._heads)
        + len(machine._proofs),
        served=len(serving._unsent) + len(serving._queue),
        fetched=len(fetching._wants) + len(fetching._files),
    )


def fuzz(seed: int, count: int) -> Held:
    """Run so many cases; raises what a case raised, after telling its number."""
    most = Held()
    for number in range(seed, seed + count):
        try:
            with ideal_cryptography(number):
                most = most.more(Case(number).run())
        except Exception:
            sys.stderr.write(f"case {number}: python -m tests.simulation.fuzz --seed {number}\n")
            raise
    return most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    args = parser.parse_args()
    began = time.perf_counter()
    most = fuzz(args.seed, args.count)
    spent = time.perf_counter() - began
    sys.stdout.write(f"{args.count} cases, {args.count / spent:.0f}/s, nothing raised; {most}\n")


if __name__ == "__main__":
    main()
