"""A province in one thread: venues, wires and a clock that jumps; one seed replays exactly.

The machines are the real ones. Wires keep the order within a connection, as TCP does, and break in
all the ways in which lines break; the shell's one decision (the newest established connection of a
peer stays) is repeated here.
"""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.evidence.signing import SigningKey, new_signing_key
from bideval.sync import effects as fx
from bideval.sync import limits
from bideval.sync.machine import LinkMachine
from bideval.sync.proving import LocalVenue, Side
from bideval.sync.shared import SharedSession
from bideval.sync.trails import Direction
from tests.simulation.disk import Disk, DiskRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.sync.notes import CheckpointNote

SOCKET_BYTES = 131_072
HARMLESS = frozenset(
    (
        fx.FaultKind.SILENCE,
        fx.FaultKind.DEADLINE,
        fx.FaultKind.NO_PROGRESS,
        fx.FaultKind.GAP,
        fx.FaultKind.ORDER,
        fx.FaultKind.STORAGE,
    )
)
_KEYS: dict[str, SigningKey] = {}


def key_of(venue: str) -> SigningKey:
    """Return the venue's key; the same in all worlds."""
    if venue not in _KEYS:
        _KEYS[venue] = new_signing_key("Ed25519", venue.encode().ljust(32, b"."))
    return _KEYS[venue]


@dataclass
class Faults:
    """How often things go wrong while faults last; all probabilities."""

    drop: float = 0.0
    duplicate: float = 0.0
    storage: float = 0.0
    lost_hint: float = 0.0
    slow_host: float = 0.02
    mute: float = 0.0


@dataclass
class Venue:
    """One venue server: its disk survives, its connections do not."""

    id: str
    disk: Disk
    up: bool = True
    life: int = 0
    live: dict[str, End] = field(default_factory=dict)
    ends: list[End] = field(default_factory=list)
    told: dict[tuple[str, str, Direction], int] = field(default_factory=dict)
    faults: list[fx.FaultFound] = field(default_factory=list)
    connections: int = 0


class End:
    """One end of a connection."""

    def __init__(self, world: World, *, venue: Venue, peer: Venue, side: Side) -> None:
        self.world = world
        self.venue = venue
        self.peer = peer
        self.other: End
        self.open = True
        self.mute = False
        self.in_flight = 0
        self.last_arrival = 0
        self.next_tick = -1
        self.machine = LinkMachine(
            LocalVenue(venue.id, key_of(venue.id)),
            peers={peer.id: key_of(peer.id).public},
            side=side,
            nonce=world.random.randbytes(32),
            now=world.now,
        )

    def after(self) -> None:
        """Do what the machine wants, send what the socket takes, set the timer."""
        for effect in self.machine.effects():
            self.world.perform(self, effect)
        while self.open and self.in_flight < SOCKET_BYTES:
            frame = self.machine.next_frame(self.world.now)
            for effect in self.machine.effects():
                self.world.perform(self, effect)
            if frame is None:
                break
            self.world.transmit(self, frame)
        timer = self.machine.next_timer()
        if self.open and timer is not None and timer != self.next_tick:
            self.next_tick = timer
            self.world.at(max(timer, self.world.now), lambda: self._tick(timer))

    def gone(self) -> None:
        """The connection is gone at this end."""
        if self.open:
            self.open = False
            self.machine.lost()
            self.venue.ends.remove(self)
            if self.venue.live.get(self.peer.id) is self:
                del self.venue.live[self.peer.id]

    def _tick(self, timer: int) -> None:
        if self.open and self.next_tick == timer:
            self.next_tick = -1
            self.machine.tick(self.world.now)
            self.after()


class World:
    """Several venues and the network between them."""

    def __init__(
        self,
        seed: int,
        venues: tuple[str, ...],
        faults: Faults | None = None,
        *,
        one_way: bool = False,
    ) -> None:
        self.random = random.Random(seed)
        self.now = 0
        self.faults = faults or Faults()
        self.steps = 0
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        self.venues = {venue: Venue(venue, Disk(venue)) for venue in venues}
        self.cut_until: dict[frozenset[str], int] = {}
        self.stalled_until: dict[frozenset[str], int] = {}
        diallers = itertools.combinations if one_way else itertools.permutations
        for a, b in diallers(venues, 2):
            self.at(self.random.randrange(300), lambda a=a, b=b: self._dial(a, b))

    # Time.

    def at(self, when: int, work: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (when, next(self._serial), work))

    def later(self, delay: int, work: Callable[[], None]) -> None:
        self.at(self.now + delay, work)

    def run_until(self, when: int) -> None:
        while self._heap and self._heap[0][0] <= when:
            self.now, _, work = heapq.heappop(self._heap)
            self.steps += 1
            work()
        self.now = when

    # What people do.

    def write(self, venue: str, session: str, text: str) -> None:
        here = self.venues[venue]
        if not here.up or session not in here.disk.records:
            return
        here.disk.write(session, text)
        self._placed(here, session)

    def found(self, main: str, session: str, branches: tuple[str, ...]) -> None:
        here = self.venues[main]
        here.disk.found(session, branches)
        for end in list(here.live.values()):
            if end.peer.id in branches:
                end.machine.shared(here.disk.shared_session(session, end.peer.id), self.now)
                end.after()

    def checkpoint(self, main: str, session: str) -> None:
        here = self.venues[main]
        if not here.up or session not in here.disk.records:
            return
        note: CheckpointNote = here.disk.make_checkpoint(session)
        for end in list(here.live.values()):
            end.machine.new_checkpoint(session, note, self.now)
            end.after()

    def hint_files(self, venue: str) -> None:
        for end in list(self.venues[venue].live.values()):
            end.machine.missing_files(self.venues[venue].disk.missing_files(end.peer.id), self.now)
            end.after()

    # What goes wrong.

    def cut(self, a: str, b: str, duration: int) -> None:
        """Reset all connections of a pair and refuse new ones."""
        pair = frozenset((a, b))
        self.cut_until[pair] = self.now + duration
        for end in [*self.venues[a].ends, *self.venues[b].ends]:
            if {end.venue.id, end.peer.id} == pair:
                end.gone()

    def half_open(self, a: str, b: str) -> None:
        """Lose the connections of a pair at `a` only; `b` hears nothing of it."""
        for end in list(self.venues[a].ends):
            if end.peer.id == b:
                end.gone()

    def stall(self, a: str, b: str, duration: int) -> None:
        """Hold back everything between a pair; it arrives late and in order."""
        self.stalled_until[frozenset((a, b))] = self.now + duration

    def crash(self, venue: str, downtime: int, *, quietly: bool) -> None:
        """Lose all that is not on disk; `quietly`: the peers are not told."""
        here = self.venues[venue]
        here.up = False
        here.life += 1
        here.told.clear()
        for end in list(here.ends):
            other = end.other
            end.gone()
            if not quietly:
                other.gone()
        self.later(downtime, lambda: self._restart(here))

    # What the machines want.

    def perform(self, end: End, effect: fx.Effect) -> None:
        venue = end.venue
        match effect:
            case fx.Close():
                self._close(end)
            case fx.Established():
                before = venue.live.get(end.peer.id)
                venue.live[end.peer.id] = end
                venue.connections += 1
                if before is not None:
                    before.machine.leave()
                    before.after()
            case fx.FaultFound():
                venue.faults.append(effect)
            case fx.PeerHas(session, direction, upto):
                self._check_peer_has(end, effect)
                venue.told[end.peer.id, session, direction] = upto
            case fx.CosignatureArrived(session, size, line):
                venue.disk.keep_cosignature(end.peer.id, session, size, line)
            case fx.SessionRefused():
                venue.faults.append(
                    fx.FaultFound(fx.FaultKind.ROLE, effect.session, f"refused: {effect.code}")
                )
            case _:
                life = venue.life
                self.later(self._host_ms(), lambda: self._answer(end, effect, life))

    def transmit(self, end: End, frame: bytes) -> None:
        end.in_flight += len(frame)
        arrival = max(end.last_arrival, self.now + self.random.randrange(1, 60))
        arrival = max(arrival, self.stalled_until.get(self._pair(end), 0))
        end.last_arrival = arrival
        copies = 1
        if end.mute or self.random.random() < self.faults.drop:
            copies = 0
        elif self.random.random() < self.faults.duplicate:
            copies = 2
        self.at(arrival, lambda: self._arrive(end, frame, copies))

    # Inside.

    def _pair(self, end: End) -> frozenset[str]:
        return frozenset((end.venue.id, end.peer.id))

    def _host_ms(self) -> int:
        if self.random.random() < self.faults.slow_host:
            return self.random.randrange(100, 4_000)
        return self.random.randrange(1, 20)

    def _arrive(self, end: End, frame: bytes, copies: int) -> None:
        end.in_flight -= len(frame)
        other = end.other
        for _ in range(copies):
            if other.open:
                other.machine.receive(frame, self.now)
                other.after()
        if end.open:
            end.after()

    def _close(self, end: End) -> None:
        other = end.other
        end.gone()
        if self.now >= self.stalled_until.get(self._pair(end), 0):
            self.at(max(end.last_arrival, self.now + 1), other.gone)

    def _answer(self, end: End, effect: fx.Effect, life: int) -> None:
        if end.venue.life != life or not end.venue.up:
            return
        machine, disk, now = end.machine, end.venue.disk, self.now
        match effect:
            case fx.NeedSessions(peer):
                machine.sessions(disk.shared(peer), now)
                machine.missing_files(disk.missing_files(peer), now)
            case fx.SessionOffered(session):
                machine.shared(SharedSession(session, main=False), now)
            case fx.ReadMark(session, direction, n):
                find = disk.mark_up if direction is Direction.UP else disk.mark_down
                machine.mark_held(session, n, find(session, n), now)
            case fx.Read(session, direction, first, limit, max_bytes):
                read = disk.read_up if direction is Direction.UP else disk.read_down
                lines = read(session, first, limit=limit, max_bytes=max_bytes)
                machine.lines_read(session, first, lines, now)
            case fx.Commit():
                self._commit(end, effect)
            case _:
                self._answer_more(end, effect)
        if end.open:
            end.after()

    def _answer_more(self, end: End, effect: fx.Effect) -> None:
        machine, disk, now = end.machine, end.venue.disk, self.now
        match effect:
            case fx.CheckpointArrived(session, size, note):
                machine.cosigned(session, size, disk.cosign(session, size, note), now)
            case fx.ReadFile(_, sha256, offset, length):
                data = disk.read_chunk(sha256, offset=offset, length=length)
                machine.file_read(sha256, offset, data, now)
            case fx.WriteChunk(_, sha256, offset, data, last):
                upto = disk.write_chunk(sha256, offset=offset, data=data, last=last)
                machine.chunk_written(sha256, upto, now)

    def _commit(self, end: End, commit: fx.Commit) -> None:
        venue, disk, now = end.venue, end.venue.disk, self.now
        if self.random.random() < self.faults.storage:
            end.machine.commit_failed(commit.session, "storage", now, retry=True)
            return
        keep = disk.commit_up if commit.direction is Direction.UP else disk.commit_down
        try:
            n, digest, *size = keep(end.peer.id, commit.session, commit.first, commit.lines)
        except DiskRefusedError as error:
            end.machine.commit_failed(commit.session, error.code, now)
            return
        self._check_prefixes(commit.session)
        end.machine.committed(commit.session, n, digest, now, size=sum(size))
        if commit.direction is Direction.UP:
            self._placed(venue, commit.session)

    def _placed(self, venue: Venue, session: str) -> None:
        """Tell the links that a session has more lines; the telling may be lost."""
        for end in list(venue.live.values()):
            if self.random.random() >= self.faults.lost_hint:
                end.machine.new_lines(session, self.now)
                end.after()

    def _dial(self, a: str, b: str) -> None:
        here, there = self.venues[a], self.venues[b]
        delay = self.random.randrange(50, 1_000) if a < b else self.random.randrange(5_000, 6_000)
        self.later(delay, lambda: self._dial(a, b))
        pair = frozenset((a, b))
        reachable = self.now >= max(self.cut_until.get(pair, 0), self.stalled_until.get(pair, 0))
        if not (here.up and there.up and reachable) or b in here.live:
            return
        if any(end.peer is there for end in here.ends):
            return
        near = End(self, venue=here, peer=there, side=Side.DIALLER)
        far = End(self, venue=there, peer=here, side=Side.LISTENER)
        near.other, far.other = far, near
        near.mute = far.mute = self.random.random() < self.faults.mute
        here.ends.append(near)
        there.ends.append(far)
        near.after()
        far.after()

    def _restart(self, venue: Venue) -> None:
        venue.up = True

    # What must hold at any time.

    def _check_prefixes(self, session: str) -> None:
        holders = {
            venue.id: venue.disk.records[session]
            for venue in self.venues.values()
            if session in venue.disk.records
        }
        main = next(record.main for record in holders.values())
        order = holders[main].order
        for venue, record in holders.items():
            assert record.order == order[: len(record.order)], f"{venue} is no prefix of main"
            own = record.lines.get(venue, [])
            kept = holders[main].lines.get(venue, [])
            assert kept == own[: len(kept)], f"main's copy of {venue} is no prefix"

    def _check_peer_has(self, end: End, has: fx.PeerHas) -> None:
        record = end.peer.disk.records.get(has.session)
        up = has.direction is Direction.UP
        if record is None:
            durable = 0
        else:
            durable = len(record.lines.get(end.venue.id, [])) if up else len(record.order)
        assert has.upto <= durable, f"{end.peer.id} has {durable}, {end.venue.id} heard {has.upto}"

    def check_settled(self) -> None:
        """Everything is everywhere, saved, cosigned, and nobody saw more than bad lines."""
        for venue in self.venues.values():
            wrong = [fault for fault in venue.faults if fault.kind not in HARMLESS]
            assert not wrong, wrong
            assert len(venue.ends) == len(venue.live) == len(self.venues) - 1, "a dead connection"
            for session, record in venue.disk.records.items():
                self._check_session(venue, session)
                missing = [name.hex()[:8] for name in record.files if name not in venue.disk.files]
                assert not missing, f"{venue.id} lacks files {missing}"

    def _check_session(self, venue: Venue, session: str) -> None:
        record = venue.disk.records[session]
        main = self.venues[record.main]
        if venue is not main:
            assert record.order == main.disk.records[session].order, f"{venue.id}/{session}"
            own = len(record.lines.get(venue.id, []))
            assert venue.told.get((main.id, session, Direction.UP), 0) == own
            return
        assert sum(map(len, record.lines.values())) == len(record.order)
        for branch in record.branches:
            theirs = self.venues[branch].disk.records[session].lines.get(branch, [])
            assert record.lines.get(branch, []) == theirs, f"{branch}'s own lines in {session}"
            told = venue.told.get((branch, session, Direction.DOWN), 0)
            assert told == len(record.order), f"{branch} holds {told}"
            newest = max(record.checkpoints, default=0)
            if newest:
                assert branch in record.cosignatures.get(newest, {}), f"{branch} has not cosigned"

    def check_bounds(self) -> None:
        """Nobody holds more than the limits allow."""
        for venue in self.venues.values():
            for end in venue.ends:
                table, outbox = end.machine._table, end.machine._outbox
                assert table._held_bytes() <= limits.LINK_WINDOW_BYTES
                assert outbox.line_bytes <= limits.OUTBOX_BYTES + 2 * limits.BATCH_BYTES
                assert table._credit.available >= 0
