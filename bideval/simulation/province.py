"""Simulated venues and the world that they share.

Decided here: a venue is built from the house's own parts (record book, spread, steward, caretaker,
link host) over a disk that survives crashes; the world has one clock, one source of chances, and
tells everything as a conversation.
Not decided here: what happens when (course), what must hold (oracle).
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter, deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from bideval.actions.backup_file import read_backup
from bideval.actions.caretaker import Caretaker
from bideval.actions.record_book import RecordBook
from bideval.actions.restoring import restore
from bideval.actions.spread import Spread
from bideval.actions.starting import start_venue
from bideval.actions.steward import Steward
from bideval.actions.telling import link_topic
from bideval.actions.venue import Devices, Venue
from bideval.gateways.limits import TokenBuckets
from bideval.link.venue_host import VenueHost
from bideval.ports import Event, Peer
from bideval.simulation.devices import (
    FixedKeys,
    Hints,
    OneThread,
    PlainPress,
    SeededEntropy,
    VenueClock,
    WorldTime,
    at_once,
    scratch_folder,
)
from bideval.simulation.memory_files import MemoryFiles, tear_parts
from bideval.simulation.memory_store import CrashedError, Disk, MemoryStore
from bideval.simulation.oracle import Oracle
from bideval.simulation.wires import End
from bideval.store.steady_store import CLOCK_LIMIT_MS, SteadyStore
from bideval.sync.messages import decode
from bideval.sync.proving import Side
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.sync import effects as fx

FOLLOW_MS = 50
REPAIR_MS = 1_000
TICK_MS = 2_000
FIRST_DELAY_MS = 200
LONGEST_DELAY_MS = 15_000
GRACE_MS = 5_000
SETTLED_MS = 5_000
"""As the hub does it: full jitter, and the venue with the larger id lets the other dial first."""
TOLD = 2_000
"""Words of the conversation that are kept."""


@dataclass
class Faults:
    """How often things go wrong while faults last; all probabilities."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    lost_hint: float = 0.0
    lost_answer: float = 0.0
    slow_host: float = 0.02
    mute: float = 0.0
    garble: float = 0.0


class QuietSteward(Steward):
    """The steward, whose looks at sessions are the world's events."""

    place: Place

    @override
    def wake(self, session: str) -> None:
        self.place.soon(("attend", session), 5, lambda: self.attend(session))


class QuietCaretaker(Caretaker):
    """The caretaker, whose follow-ups are the world's events."""

    place: Place

    @override
    def touch(self, session: str, *, tell: bool, soon: bool = True) -> None:
        follow = partial(self._follow_one, session, tell=tell)
        self.place.soon(("follow", session, tell), FOLLOW_MS, follow)

    def _follow_one(self, session: str, *, tell: bool) -> None:
        try:
            self.follow_up(session, tell=tell)
        except BidevalError:  # as in the real one: once more, in a while
            self.place.soon(("again", session), TICK_MS, lambda: self.touch(session, tell=False))


class Place:
    """One venue server: its disk survives, all else is made anew at each start."""

    def __init__(self, world: World, venue: str) -> None:
        self.world = world
        self.id = venue
        self.disk = Disk()
        self.clock = VenueClock(world.time)
        self.up = False
        self.life = 0
        self.live: dict[str, End] = {}
        self.ends: list[End] = []
        self.faults: list[fx.FaultFound] = []
        self.finding_lost = False
        """Whether it crashed before what it had found was on the disk."""
        self.refused: list[str] = []
        """Codes with which peers have stopped a session."""
        self.store: SteadyStore
        self.trusted_skew_ms = 0
        """How wrong its clock was when it was started: it cannot know better."""
        self.venue: Venue
        self.host: VenueHost
        self.steward: QuietSteward
        self.caretaker: QuietCaretaker
        self._soon: set[object] = set()

    def start(self) -> None:
        """Open the venue as a server does; a disk that is broken is tried again."""
        self.life += 1
        store = MemoryStore(self.disk)
        store.on_commit(lambda sessions: self.world.oracle.committed(self, sessions))
        self._open(store)
        self.disk.doubtful = False  # a start verifies everything before it writes
        self.venue = self._venue()
        self.steward = QuietSteward(self.venue, on_failure=self._duty_failed)
        self.steward.place = self
        self.caretaker = QuietCaretaker(self.venue, self.steward)
        self.caretaker.place = self
        self.host = VenueHost(self.venue, self.steward)
        try:
            start_venue(self.venue)
        except BidevalError as fault:
            self.world.say(f"{self.id} does not start: {fault.code}")
            self.world.later(REPAIR_MS, self._start_again)
            return
        except CrashedError:
            self.world.later(REPAIR_MS, self._start_again)
            return
        self.up = True
        self.world.say(f"{self.id} is up")
        self.soon("tick", TICK_MS, self._tick)
        self.guarded(self.caretaker.begin)

    def put_back(self, backup: bytes) -> None:
        """`bideval restore`: the disk is gone, and a backup goes onto a new one."""
        self.disk.replace()
        self._open(MemoryStore(self.disk))
        restore(self._venue(), read_backup(backup))

    def _open(self, store: MemoryStore) -> None:
        self.store = SteadyStore(cast("Any", store), self.clock)
        self.trusted_skew_ms = self.clock.skew_ms

    @property
    def clock_jumped(self) -> bool:
        """Whether its clock is now another one than that which it was started with."""
        return abs(self.clock.skew_ms - self.trusted_skew_ms) > CLOCK_LIMIT_MS

    def size_of(self, session: str) -> tuple[int, int]:
        """Return how many lines of a session are on the disk: placed ones, and the venue's own."""
        record = self.disk.image.records.get(session)
        return (0, 0) if record is None else (len(record.order), len(record.lines.get(self.id, [])))

    def soon(self, name: object, delay: int, work: Callable[[], object]) -> None:
        """Do something once in a moment, unless the venue has died by then."""
        if name in self._soon:
            return
        self._soon.add(name)
        life = self.life

        def run() -> None:
            self._soon.discard(name)
            if self.up and self.life == life:
                self.guarded(work)

        self.world.later(delay, run)

    def guarded(self, work: Callable[[], object]) -> None:
        """Do something that may die of a crash, or be refused."""
        try:
            work()
        except CrashedError as crash:
            self.crash_now(str(crash))
        except BidevalError as fault:
            self.world.say(f"{self.id}: {fault.code}")

    def crash_now(self, why: str, *, quietly: bool = True, downtime: int = 800) -> None:
        """Lose all that is not on disk; `quietly`: the peers are not told."""
        if not self.up:
            return
        self.world.seen[f"crash {why}"] += 1
        self.world.say(f"{self.id} CRASHES ({why})")
        self.finding_lost |= len(self.venue.unkept) > 0
        self.up = False
        self.life += 1
        self._soon.clear()
        self.disk.fail = None
        tear_parts(self.disk, self.world.chances)
        for end in list(self.ends):
            other = end.other
            end.gone()
            if not quietly:
                other.gone()
        self.world.later(downtime, self._start_again)

    def came_up(self, end: End) -> None:
        """Let the newest connection of a peer stay."""
        before = self.live.get(end.peer.id)
        self.live[end.peer.id] = end
        if before is not None:
            self.world.seen["connection replaced"] += 1
            before.machine.leave()
            before.after()
        else:
            self._line(end.peer.id, up=True)

    def went_down(self, end: End) -> None:
        """Forget a connection."""
        self.ends.remove(end)
        self.world.held(end)
        if self.live.get(end.peer.id) is end:
            del self.live[end.peer.id]
            if self.up:
                self._line(end.peer.id, up=False)

    def hint(self, event: Event) -> None:
        """Hand a wake-up to the links and to the people; it may be lost."""
        self.world.oracle.hinted(event)
        if event.topic != link_topic():
            return
        if event.data.get("type") == "head":
            for end in list(self.live.values()):
                if end.listed and self.world.asides.random() >= self.world.faults.lost_hint:
                    self._hint(end, event, 1)
            return
        for end in list(self.live.values()):
            if end.listed and self.world.happens("hint lost", self.world.faults.lost_hint):
                # The fan-out drops what a slow subscriber does not take, and says so later.
                lagging = Event(event.topic, lagging=True)
                self._hint(end, lagging, self.world.chances.randrange(100, 3_000))
            elif end.listed:
                self._hint(end, event, 1)

    def _hint(self, end: End, event: Event, delay: int) -> None:
        self.world.later(delay, lambda: self._changed(end, event))

    def _changed(self, end: End, event: Event) -> None:
        if not (end.open and self.up):
            return
        for change in self.host.changes_by(end.peer.id, event):
            at_once(end.asking.changed(change))
        end.after()

    def _duty_failed(self, _session: str, duty: object, fault: Exception) -> None:
        """Tell it; a duty that fails is tried again."""
        if not isinstance(fault, BidevalError):
            raise fault
        self.world.say(f"{self.id}: {type(duty).__name__} fails: {fault}")

    def _start_again(self) -> None:
        if not self.up:
            self.start()

    def _tick(self) -> None:
        self.soon("tick", TICK_MS, self._tick)
        if self.store.state == "faulted":
            self.caretaker.reopen()
            state: str = self.store.state
            self.world.seen["storage came back"] += state == "running"
        else:
            self.venue.unkept.again()
            self.steward.tick()

    def _line(self, peer: str, *, up: bool) -> None:
        since = self.clock.now_ms()
        work = self.host.line_state(peer, up=up, since_ms=since)
        self.guarded(lambda: at_once(work))

    def _venue(self) -> Venue:
        store = cast("Any", self.store)
        devices = Devices(
            clock=self.clock,
            entropy=SeededEntropy(self.world.chances),
            store=store,
            files=cast("Any", MemoryFiles(self.disk)),
            keys=FixedKeys(self.id),
            fanout=cast("Any", Hints(self.hint)),
            limiter=TokenBuckets(self.clock),
            viewing=cast("Any", None),
            press=PlainPress(),
        )
        return Venue(
            id=self.id,
            name=self.id,
            url=f"ws://{self.id}/link",
            devices=devices,
            book=RecordBook(venue=self.id, store=store),
            spread=Spread(self.id),
            bridge=cast("Any", OneThread()),
            scratch=scratch_folder(),
            peers={name: _card(name) for name in self.world.names if name != self.id},
        )


class World:
    """Several venues, the network between them, and the clock."""

    def __init__(self, seed: int, names: tuple[str, ...], *, tell: bool = False) -> None:
        self.seed = seed
        self.names = names
        self.chances = random.Random(seed)  # noqa: S311  # a simulation repeats its chances
        self.asides = random.Random(f"asides of {seed}")  # noqa: S311  # as above
        """Chances of what branches show one another, which changes no seed's course."""
        self.time = WorldTime()
        self.faults = Faults()
        self.seen: Counter[str] = Counter()
        self.steps = 0
        self.told: deque[str] | None = deque(maxlen=TOLD) if tell else None
        self.oracle = Oracle(self)
        self.hostile: set[str] = set()
        """Venues that have the right key and say whatever comes to their mind."""
        self.cut_until: dict[frozenset[str], int] = {}
        self.stalled_until: dict[frozenset[str], int] = {}
        self._tries: dict[tuple[str, str], int] = {}
        self._heap: list[tuple[int, int, Callable[[], object]]] = []
        self._serial = itertools.count()
        self.places = {name: Place(self, name) for name in names}
        for place in self.places.values():
            place.start()
        for a, b in itertools.permutations(names, 2):
            self.later(self.chances.randrange(300), lambda a=a, b=b: self._dial(a, b))  # type: ignore[misc]  # one pair each

    @property
    def now(self) -> int:
        """Milliseconds since the world began."""
        return self.time.now

    def at(self, when: int, work: Callable[[], object]) -> None:
        """Do something then."""
        heapq.heappush(self._heap, (when, next(self._serial), work))

    def later(self, delay: int, work: Callable[[], object]) -> None:
        """Do something after so many milliseconds."""
        self.at(self.time.now + delay, work)

    def run_until(self, when: int) -> None:
        """Let time pass."""
        while self._heap and self._heap[0][0] <= when:
            self.time.now, _, work = heapq.heappop(self._heap)
            self.steps += 1
            work()
        self.time.now = when

    def happens(self, name: str, probability: float) -> bool:
        """Decide whether something rare happens, and count it."""
        if self.chances.random() >= probability:
            return False
        self.seen[name] += 1
        return True

    def host_delay(self) -> int:
        """Return how long a venue takes for an answer."""
        if self.happens("slow host", self.faults.slow_host):
            return self.chances.randrange(100, 4_000)
        return self.chances.randrange(1, 20)

    def say(self, words: str) -> None:
        """Add to the conversation, if anybody listens."""
        if self.told is not None:
            self.told.append(f"{self.time.now:>7} ms  {words}")

    def say_frame(self, end: End, frame: bytes) -> None:
        """Add a frame to the conversation."""
        if self.told is not None:
            try:
                message: object = decode(frame)
            except BidevalError:
                message = f"{len(frame)} bytes of noise"
            self.say(f"{end.place.id} -> {end.peer.id}: {_words(message)}")

    def fault(self, place: Place, fault: fx.FaultFound) -> None:
        """Count a fault that a venue has found."""
        self.seen[f"fault {fault.kind.value}"] += 1
        self.oracle.blamed(place, fault)
        self.say(f"{place.id} finds {fault.kind.value}: {fault.session or 'link'}: {fault.detail}")
        place.faults.append(fault)

    def check_told(self, end: End, effect: fx.Effect) -> None:
        """Let the oracle see what a venue is told."""
        self.oracle.told(end, effect)

    def stalled(self, a: Place, b: Place) -> int:
        """Return until when everything between two venues is held back."""
        return self.stalled_until.get(frozenset((a.id, b.id)), 0)

    def cut(self, a: str, b: str, duration: int) -> None:
        """Reset all connections of a pair and refuse new ones."""
        self.say(f"the line {a} - {b} is cut for {duration} ms")
        self.seen["partition"] += 1
        self.cut_until[frozenset((a, b))] = self.now + duration
        for end in [*self.places[a].ends, *self.places[b].ends]:
            if {end.place.id, end.peer.id} == {a, b}:
                end.gone()

    def half_open(self, a: str, b: str) -> None:
        """Lose the connections of a pair at `a` only; `b` hears nothing of it."""
        for end in list(self.places[a].ends):
            if end.peer.id == b:
                self.seen["half-open"] += 1
                end.gone()

    def stall(self, a: str, b: str, duration: int) -> None:
        """Hold back everything between a pair; it arrives late and in order."""
        self.seen["slow reader"] += 1
        self.stalled_until[frozenset((a, b))] = self.now + duration

    def _dial(self, a: str, b: str) -> None:
        self.later(self._delay(a, b), lambda: self._dial(a, b))
        here, there = self.places[a], self.places[b]
        pair = frozenset((a, b))
        reachable = self.now >= max(self.cut_until.get(pair, 0), self.stalled_until.get(pair, 0))
        if not (here.up and there.up and reachable) or b in here.live:
            return
        if any(end.peer is there for end in here.ends):
            return
        self._tries[a, b] = self._tries.get((a, b), 0) + 1
        near = End(self, at=here, peer=there, side=Side.DIALLER)
        far = End(self, at=there, peer=here, side=Side.LISTENER)
        near.other, far.other = far, near
        near.mute = far.mute = self.happens("mute line", self.faults.mute)
        here.ends.append(near)
        there.ends.append(far)
        near.after()
        far.after()

    def _delay(self, a: str, b: str) -> int:
        """Return when to look again: soon after a line that held, later and later otherwise."""
        tries = min(self._tries.get((a, b), 0), 7)
        longest = min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2**tries)
        waits = self.chances.randrange(50, longest + 50)
        return waits if a < b else GRACE_MS + waits

    def held(self, end: End) -> None:
        """Forget the failures before a line that has held for a while."""
        if self.now - end.began >= SETTLED_MS:
            self._tries.pop((end.place.id, end.peer.id), None)


def _card(name: str) -> Peer:
    keys = FixedKeys(name)
    public = keys.public
    return Peer(name, name, f"ws://{name}/link", public.suite, public.raw, keys.recipient)


def _words(message: object) -> str:
    text = repr(message)
    return text if len(text) <= 160 else f"{text[:157]}..."
