"""Connections between simulated venues: the real machine and the real asker at both ends.

Decided here: a wire keeps its order, as TCP does, and breaks in all the ways in which lines break;
within it single frames may vanish, come twice or change places, which TCP would not do, so that
the machine has to notice. The newest established connection of a peer stays, as in the hub.
Not decided here: when a wire breaks (course).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from bideval.link.asking import Asking
from bideval.simulation.devices import at_once, signing_key
from bideval.simulation.memory_store import CrashedError
from bideval.simulation.twisting import twisted
from bideval.sync import effects as fx
from bideval.sync.machine import LinkMachine
from bideval.sync.proving import LocalVenue, Side
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    import random

World: TypeAlias = Any
Place: TypeAlias = Any
"""Of the province, which knows the wires: modules have no cycles."""

SOCKET_BYTES = 131_072
ASIDE = b"\x94\xa4head", b"\x95\xa4told", b"\x93\xa5proof"
"""How frames begin in which venues show one another what was signed, and what that proves."""
ASIDES = fx.HeadArrived | fx.ToldArrived | fx.ReadWord | fx.ReadProof | fx.ProofArrived
"""What a venue is asked because of them."""

TWISTED = 0.3
"""How many of a hostile venue's frames say something else."""


class End:
    """One end of a connection."""

    def __init__(self, world: World, *, at: Place, peer: Place, side: Side) -> None:
        self.world = world
        self.place = at
        self.peer = peer
        self.other: End
        self.open = True
        self.listed = False
        self.mute = False
        self.in_flight = 0
        self.last_arrival = 0
        self.next_tick = -1
        self.began = world.now
        self._earlier: deque[bytes] = deque(maxlen=20)
        self.machine = LinkMachine(
            LocalVenue(at.id, signing_key(at.id)),
            peers={peer.id: signing_key(peer.id).public},
            side=side,
            nonce=world.chances.randbytes(32),
            now=world.now,
        )
        self.asking = Asking(self.machine, host=at.host, now=lambda: world.now)

    def after(self) -> None:
        """Do what the machine wants, send what the socket takes, set the timer."""
        self._effects()
        while self.open and self.in_flight < SOCKET_BYTES:
            frame = self.machine.next_frame(self.world.now)
            self._effects()
            if frame is None:
                break
            self._transmit(frame)
        timer = self.machine.next_timer()
        if self.open and timer is not None and timer != self.next_tick:
            self.next_tick = timer
            self.world.at(max(timer, self.world.now), lambda: self._tick(timer))

    def gone(self) -> None:
        """The connection is gone at this end."""
        if self.open:
            self.open = False
            self.machine.lost()
            self.place.went_down(self)

    def _tick(self, timer: int) -> None:
        if self.open and self.next_tick == timer:
            self.next_tick = -1
            self.machine.tick(self.world.now)
            self.after()

    def _effects(self) -> None:
        for effect in self.machine.effects():
            match effect:
                case fx.Close():
                    self._close()
                case fx.Established():
                    self.world.say(f"{self.place.id} -- {self.peer.id} established")
                    self.place.came_up(self)
                case (
                    fx.PeerHas()
                    | fx.SessionRefused()
                    | fx.CosignatureArrived()
                    | fx.WordHeard()
                    | fx.WordOffered()
                ):
                    self._tell(effect)
                case fx.FaultFound():
                    self.world.fault(self.place, effect)
                    self._tell(effect)
                case _:
                    self._ask(effect)

    def _tell(self, effect: fx.Effect) -> None:
        if isinstance(effect, fx.SessionRefused):
            self.place.refused.append(effect.code)
        self.world.check_told(self, effect)
        life = self.place.life
        try:
            at_once(self.asking.tell(effect))
        except CrashedError as crash:
            self._lose(effect, crash)
        except BidevalError as fault:  # the shell closes the connection when its host fails
            if self.place.life == life and self.place.up:
                self.machine.broken(f"the host failed: {fault.code}")

    def _lose(self, effect: fx.Effect, crash: CrashedError) -> None:
        """Crash over something; what was found in it is lost unless it is on the disk."""
        finds = isinstance(effect, fx.FaultFound | fx.Commit | fx.ProofArrived)
        self.place.finding_lost |= finds and str(crash) != "after"
        self.place.crash_now(str(crash))

    def _ask(self, effect: fx.Effect) -> None:
        life = self.place.life
        if isinstance(effect, ASIDES):
            delay = self.world.asides.randrange(1, 20)
        else:
            delay = self.world.host_delay()
        self.world.later(delay, lambda: self._answer(effect, life))

    def _answer(self, effect: fx.Effect, life: int) -> None:
        if self.place.life != life or not self.place.up or not self.open:
            return
        if isinstance(effect, fx.Commit):
            self.world.say(
                f"{self.place.id} commits {effect.session} {effect.direction.value} "
                f"{effect.first}..{effect.first + len(effect.lines) - 1} from {self.peer.id}"
            )
        try:
            at_once(self.asking.ask(effect))
        except CrashedError as crash:
            self._lose(effect, crash)
            return
        except BidevalError as fault:  # as in the shell
            self.machine.broken(f"the host failed: {fault.code}")
        if isinstance(effect, fx.NeedSessions):
            self.listed = True
        if self.open:
            self.after()

    def _transmit(self, frame: bytes) -> None:
        if frame.startswith(ASIDE):
            self._transmit_aside(frame)
            return
        world, faults = self.world, self.world.faults
        weight = len(frame)
        self.in_flight += weight
        arrival = max(self.last_arrival, world.now + world.chances.randrange(1, 60))
        arrival = max(arrival, world.stalled(self.place, self.peer))
        self.last_arrival = arrival
        copies = 1
        if self.mute or world.happens("frame lost", faults.drop):
            copies = 0
        elif world.happens("frame doubled", faults.duplicate):
            copies = 2
        elif world.happens("frame reordered", faults.reorder):
            arrival += world.chances.randrange(1, 400)
        if self.place.id in world.hostile and world.happens("frame twisted", TWISTED):
            frame = self._twist(frame)
        if faults.garble and world.happens("frame garbled", faults.garble):
            frame = _garbled(frame, world.chances)
        world.at(arrival, lambda: self._arrive(frame, copies, weight=weight))

    def _transmit_aside(self, frame: bytes) -> None:
        """Send a head, with chances of its own: the course of all other frames is the seed's."""
        world = self.world
        arrival = max(self.last_arrival, world.now + world.asides.randrange(1, 60))
        arrival = max(arrival, world.stalled(self.place, self.peer))
        turn = world.asides.random() - world.faults.drop
        copies = 0 if self.mute or turn < 0 else 1 + (turn < world.faults.duplicate)
        world.at(arrival, lambda: self._arrive(frame, copies, weight=0))

    def _twist(self, frame: bytes) -> bytes:
        """Send something else than the protocol wants, once the peer believes who speaks."""
        if not self.listed:
            return frame
        self._earlier.append(frame)
        return twisted(frame, self.world.chances, tuple(self._earlier))

    def _arrive(self, frame: bytes, copies: int, *, weight: int) -> None:
        self.in_flight -= weight
        for _ in range(copies):
            if self.other.open:
                self.world.say_frame(self, frame)
                self.other.machine.receive(frame, self.world.now)
                self.other.after()
        if self.open:
            self.after()

    def _close(self) -> None:
        world, other = self.world, self.other
        self.gone()
        if world.now >= world.stalled(self.place, self.peer):
            world.at(max(self.last_arrival, world.now + 1), other.gone)


def _garbled(frame: bytes, chances: random.Random) -> bytes:
    """Return other bytes than were sent: some changed, the rest cut, or all of them noise."""
    kind = chances.randrange(3)
    if kind == 0:
        changed = bytearray(frame)
        for _ in range(chances.randrange(1, 4)):
            changed[chances.randrange(len(changed))] = chances.randrange(256)
        return bytes(changed)
    if kind == 1:
        return frame[: chances.randrange(len(frame))]
    return chances.randbytes(chances.randrange(300))
