"""One random course of a simulated province: work, faults, calm, and the final check.

Decided here: which faults a seed plans; after the faults everything must settle within `CALM_MS`.
Not decided here: what must hold (oracle).
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.backing_up import back_up
from bideval.actions.backup_file import read_backup
from bideval.actions.findings import read_finding
from bideval.actions.founding import NewSession, found_session
from bideval.actions.hearing import OTHER_WORD
from bideval.actions.recovering import recover
from bideval.ledger.line import Line, chain_next, chain_start, encode_line, parse_line
from bideval.simulation.devices import (
    START_MS,
    collected_between_worlds,
    quiet_logs,
    signing_key,
    threads_at_once,
)
from bideval.simulation.ideal import ideal_cryptography
from bideval.simulation.meeting import Meeting
from bideval.simulation.memory_files import MemoryFiles
from bideval.simulation.memory_store import CrashedError, Reading
from bideval.simulation.oracle import ViolationError
from bideval.simulation.people import Client
from bideval.simulation.province import Faults, World
from bideval.simulation.quiet_fork import QuietFork
from bideval.sync.words import Placed
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from bideval.simulation.memory_store import Image
    from bideval.simulation.province import Place

VENUES = ("changshan", "fenghua", "wencheng")
SESSION = "fh-2026-0001"
BUSY_MS = 20_000
CALM_MS = 200_000
FORK_MS = 60_000
LATEST_MS = 18_000
LOOK_MS = 2_500
QUIET_SEEDS = 28
"""Of 40 seeds, in which main tells one of its two branches another story, and then nothing."""

RARE = (
    "partition",
    "half-open",
    "slow reader",
    "crash before",
    "crash torn",
    "crash after",
    "crash power",
    "frame lost",
    "frame doubled",
    "frame reordered",
    "hint lost",
    "answer lost",
    "slow host",
    "mute line",
    "entry sent twice",
    "connection replaced",
    "disk full",
    "disk error",
    "storage came back",
    "clock step",
    "clock skew",
    "clock breach",
    "old backup at main",
    "old backup at a branch",
    "stale backup found",
    "recovered from a peer",
    "confirmed without loss",
    "promised lines come first",
    "forged line sent",
    "forged line refused",
    "hostile venue",
    "frame twisted",
    "main forks",
    "fork found",
    "main forks and goes quiet",
    "fork found by a word alone",
    "proof of another venue",
    "proof of two_heads",
    "proof of two_chains",
    "proof of false_line",
    "fault gap",
    "fault silence",
    "fault no_progress",
    "fault deadline",
    "fault order",
    "fault storage",
    "session archived",
    "session failed",
    "session paused",
    "early share tried",
    "expert declined",
    "member replaced",
    "replaced member insists",
    "mark misread",
    "mark corrected",
    "refusal noted",
    "act said again",
    "key of a void enrolment",
)
"""What a long enough campaign must have reached, all of it; else it tested less than it says."""


@dataclass(frozen=True, slots=True)
class Played:
    """How a seed ended."""

    seed: int
    steps: int
    simulated_ms: int
    seen: Counter[str]
    violation: str | None
    told: tuple[str, ...] = ()


def play(seed: int, *, steps: int = 400_000, tell: bool = False, garble: float = 0.0) -> Played:
    """Run one seed to the end; the violation is named, never raised.

    `garble` is the probability that a frame arrives as other bytes, as from a hostile peer.
    """
    world: World | None = None
    with threads_at_once(), ideal_cryptography(seed), quiet_logs(), collected_between_worlds():
        try:
            names = VENUES[: 3 - seed // (20 if holds_a_meeting(seed) else 10) % 2]
            world = World(seed, names, tell=tell)
            _Course(world, garble).run(steps)
            violation = None
        except ViolationError as broken:
            violation = str(broken)
        except BidevalError as broken:
            violation = f"unexpected {broken.code}: {broken}"
    if world is None:
        return Played(seed, 0, 0, Counter(), violation)
    told = tuple(world.told or ())
    return Played(seed, world.steps, world.now, world.seen, violation, told)


def holds_a_meeting(seed: int) -> bool:
    """Whether a seed holds a whole evaluation; in the others people only warn."""
    return seed % 20 == 1


class _Course:
    """Plans and runs one world."""

    def __init__(self, world: World, garble: float = 0.0) -> None:
        self.world = world
        self.garble = garble
        self.chance = world.chances
        self.main = world.places[self.chance.choice(world.names)]
        self.branches = [one for one in world.places.values() if one is not self.main]
        self.clients: list[Client] = []
        self.meeting: Meeting | None = None
        self.proven: set[str] = set()
        """Rules by which honest venues have proven that somebody lies."""

    def run(self, steps: int) -> None:
        world = self.world
        world.faults = Faults(
            drop=0.006,
            duplicate=0.006,
            reorder=0.006,
            lost_hint=0.3,
            lost_answer=0.1,
            mute=0.03,
            garble=self.garble,
        )
        meeting = Meeting(world, self.main, SESSION) if holds_a_meeting(world.seed) else None
        world.oracle.expect(SESSION, meeting)
        self._found()
        world.later(200, self._people)
        if meeting is not None:
            world.later(200, meeting.begin)
        self.meeting = meeting
        self._plan_faults()
        special = world.seed % 10
        plans: dict[int, Callable[[], None]] = {
            3: self._restore_main,
            5: self._restore_branch,
            7: self._forge,
            8: self._fork if world.seed % 40 != QUIET_SEEDS else self._fork_quietly,
            9: self._turn_hostile,
        }
        if special in plans:
            world.later(self.chance.randrange(6_000, BUSY_MS - 3_000), plans[special])
        world.run_until(BUSY_MS)
        self._calm()
        while world.now < BUSY_MS + CALM_MS and not self._done():
            if world.steps > steps:
                raise ViolationError(f"I13: not settled after {steps} steps")
            world.run_until(world.now + LOOK_MS)
        self._judge_liars()
        if any(client.waiting for client in self.clients if self._must_finish(client)):
            raise ViolationError("I13: a client is still not told that its entry is saved")
        if self.meeting is not None:
            self._judge_meeting(self.meeting)
        world.oracle.check_settled()
        self._check_said_once()

    def _judge_meeting(self, meeting: Meeting) -> None:
        """It has ended, and well, unless too few bids came."""
        if not meeting.over:
            waits = [one.name for one in meeting.attendees if one.waiting]
            raise ViolationError(f"I13: the session is still {meeting.phase}, {waits} wait")
        self.world.seen[f"session {meeting.phase}"] += 1

    def _check_said_once(self) -> None:
        """Everybody's words are in the record as often as they were said."""
        if self.world.oracle.lost_disks or self.world.oracle.liars:
            return
        record = self.main.disk.image.records[SESSION]
        said = Counter(line.author for lines in record.lines.values() for line in lines)
        for client in self.clients:
            if said[client.name] != client.said:
                detail = f"{client.name} said {client.said}, kept are {said[client.name]}"
                raise ViolationError(f"I2: {detail}")

    # What people do.

    def _found(self) -> None:
        """Found the session; a main that dies over it comes again."""
        place = self.main
        asked = NewSession(
            id=SESSION,
            title="Beds",
            rulebook="rehearsal/1",
            branches=[one.id for one in self.branches],
        )
        if not place.up or SESSION in place.disk.image.records:
            return
        place.guarded(lambda: found_session(place.venue, asked))

    def _people(self) -> None:
        self.clients = [Client(self.world, place, SESSION) for place in self.world.places.values()]
        for client in self.clients:
            for _ in range(self.chance.randrange(1, 6)):
                self.world.later(self.chance.randrange(BUSY_MS - 500), client.warn)

    def _must_finish(self, client: Client) -> bool:
        oracle = self.world.oracle
        return client.place.id not in oracle.liars and SESSION not in oracle.forked

    def _done(self) -> bool:
        self._note_proofs()
        if self.world.oracle.forked and self.world.now < BUSY_MS + FORK_MS:
            return False  # a fork is found at the next connection, or the next checkpoint
        if any(not place.up or len(place.venue.unkept) for place in self.world.places.values()):
            return False  # what was found is kept when the disk is whole again
        waiting = any(one.waiting for one in self.clients if self._must_finish(one))
        if self.meeting is not None and not self.meeting.over:
            return False
        return not waiting and self.world.oracle.settled()

    # What goes wrong.

    def _plan_faults(self) -> None:
        for _ in range(self.chance.randrange(1, 7)):
            self.world.later(self.chance.randrange(500, BUSY_MS), self._one_fault)

    def _one_fault(self) -> None:
        world, chance = self.world, self.chance
        a, b = chance.sample(world.names, 2)
        place, lasts = world.places[a], chance.randrange(100, 12_000)
        faults: tuple[Callable[[], None], ...] = (
            lambda: world.cut(a, b, lasts),
            lambda: world.half_open(a, b),
            lambda: world.stall(a, b, lasts),
            lambda: place.crash_now("power", quietly=True, downtime=lasts),
            lambda: place.crash_now("power", quietly=False, downtime=lasts),
            lambda: self._arm(place, "before"),
            lambda: self._arm(place, "torn"),
            lambda: self._arm(place, "after"),
            lambda: self._break_disk(place, "eio", lasts),
            lambda: self._break_disk(place, "full", lasts),
            lambda: self._clock(place),
        )
        chance.choice(faults)()

    def _arm(self, place: Place, fault: str) -> None:
        place.disk.fail = fault

    def _break_disk(self, place: Place, fault: str, lasts: int) -> None:
        self.world.seen["disk full" if fault == "full" else "disk error"] += 1
        self.world.say(f"{place.id}: the disk fails ({fault}) for {lasts} ms")
        place.disk.fail = fault
        self.world.later(lasts, lambda: self._repair(place))

    def _repair(self, place: Place) -> None:
        place.disk.broken = False
        if place.disk.fail in {"eio", "full"}:
            place.disk.fail = None

    def _clock(self, place: Place) -> None:
        step = self.chance.choice((-3_600_000, 3_600_000, -40, 40, 86_400_000, -86_400_000))
        self.world.seen["clock step" if abs(step) > 1_000 else "clock skew"] += 1
        place.clock.skew_ms += step
        self.world.say(f"{place.id}: the clock steps by {step} ms")
        if self.chance.random() < 0.5:  # every other time somebody confirms it
            self.world.later(self.chance.randrange(500, 6_000), lambda: self._confirm_clock(place))

    def _confirm_clock(self, place: Place) -> None:
        """Do what an administrator does who finds the clock right: start the server again."""
        if place.clock_jumped and place.up:
            self.world.seen["clock breach"] += 1
            place.crash_now("restart", downtime=300)

    def _calm(self) -> None:
        """Let nothing break any more."""
        world = self.world
        world.say("--- from here on nothing breaks ---")
        world.faults = Faults()
        for place in world.places.values():
            self._repair(place)
            place.disk.fail = None
            place.clock.skew_ms = 0
            world.later(2_000, lambda place=place: self._confirm_clock(place))  # type: ignore[misc]  # one place each
        if self.garble:
            for a, b in itertools.combinations(world.names, 2):
                world.cut(a, b, 1)  # what was quarantined on a connection begins afresh
        if world.seen["main forks and goes quiet"]:
            one, other = self.branches
            world.cut(one.id, other.id, 1)  # what was lost on a line that loses frames comes again

    # Disks that are put back.

    def _restore_main(self) -> None:
        self._put_back(self.main, "old backup at main")

    def _restore_branch(self) -> None:
        self._put_back(self.chance.choice(self.branches), "old backup at a branch")

    def _put_back(self, place: Place, name: str) -> None:
        """Take a backup now; some time later the disk is lost, and the backup takes its place."""
        if SESSION not in place.disk.image.records:
            self.world.later(500, lambda: self._put_back(place, name))
            return
        backup, held = b"".join(_backup(place)), place.disk.image.copy()
        beyond = self.world.seed % 20 < 10  # every other time something is lost
        owing = place is self.main and not beyond
        for client in self.clients if beyond or owing else ():
            self.world.later(self.chance.randrange(300), client.warn)

        def lose() -> None:
            more = beyond and not self._others_hold_more(place, held)
            if (more or (owing and not self._promised_more())) and self.world.now < LATEST_MS:
                self.world.later(200 if beyond else 5, lose)
                return
            self.world.seen[name] += 1
            place.crash_now("disk lost", downtime=1_500)
            place.put_back(backup)
            self.world.say(f"{place.id}: a backup is put back")
            self.world.oracle.restored(place, held.words)
            self.world.later(6_000, lambda: self._look_after(place))

        self.world.later(self.chance.randrange(200, 2_500), lose)

    def _others_hold_more(self, place: Place, backup: Image) -> bool:
        """Whether a venue holds lines of the record that a backup of another one lacks."""
        before = backup.records[SESSION]
        others = [one for one in self.world.places.values() if one is not place]
        kept = [
            one.disk.image.records[SESSION] for one in others if SESSION in one.disk.image.records
        ]
        if place is self.main:
            return any(len(one.order) > len(before.order) for one in kept)
        own = len(before.lines.get(place.id, []))
        return any(len(one.lines.get(place.id, [])) > own for one in kept)

    def _promised_more(self) -> bool:
        """Whether main has signed a place to a branch that no other venue's copy reaches."""
        branches = [one for one in self.branches if SESSION in one.disk.image.records]
        longest = max((len(one.disk.image.records[SESSION].order) for one in branches), default=0)
        words = [word for one in branches for word in one.disk.image.words.values()]
        return any(isinstance(word, Placed) and word.size > longest for word in words)

    def _look_after(self, place: Place) -> None:
        """Do what an administrator does: take the rest from a venue that has more."""
        record = place.disk.image.records.get(SESSION)
        if record is None:
            return
        if not record.awaiting:
            self.world.seen["confirmed without loss"] += 1
            return
        stale = any(fault.kind.value == "stale_backup" for fault in place.faults)
        if not stale or not place.up or place.store.state != "running":
            self.world.later(3_000, lambda: self._look_after(place))
            return
        self.world.seen["stale backup found"] += 1
        self._recover(place)

    def _recover(self, place: Place) -> None:
        """`bideval recover` with the backups of all others, while the server stands still."""
        sources = [one for one in self.world.places.values() if one is not place]
        holding = [one for one in sources if SESSION in one.disk.image.records]
        backups = [read_backup(b"".join(_backup(one))) for one in holding]
        try:
            recover(place.venue, backups, session=SESSION)
        except CrashedError as crash:
            place.crash_now(str(crash))
            self.world.later(3_000, lambda: self._look_after(place))
            return
        except BidevalError as refused:
            self.world.say(f"{place.id}: recover: {refused.code}")
            self.world.later(3_000, lambda: self._look_after(place))
            return
        self.world.seen["recovered from a peer"] += 1
        self.world.say(f"{place.id}: recovered")
        place.crash_now("restart", downtime=300)
        place.faults.clear()
        self.world.later(6_000, lambda: self._look_after(place))

    # Venues that lie.

    def _forge(self) -> None:
        """A branch sends a line whose signature is not its author's."""
        liar = self.chance.choice(self.branches)
        record = liar.disk.image.records.get(SESSION)
        own = [] if record is None else record.lines.get(liar.id, [])
        if not own or own[-1].position is not None or not liar.up:
            if self.world.now < BUSY_MS:
                self.world.later(100, self._forge)
            return
        self.world.seen["forged line sent"] += 1
        self.world.oracle.liars.add(liar.id)
        self.world.say(f"{liar.id} LIES: it forges its line {own[-1].n}")
        _forge_last(liar)
        liar.crash_now("restart", downtime=300)

    def _fork(self) -> None:
        """Main goes back and tells another story, without a word about a backup."""
        place = self.main
        record = place.disk.image.records.get(SESSION)
        if record is None or len(record.order) < 4 or not place.up:
            if self.world.now < BUSY_MS:
                self.world.later(500, self._fork)
            return
        backup = place.disk.image.copy()

        def lie() -> None:
            grown = place.disk.image.records[SESSION].leaves
            if not self._others_hold_more(place, backup):
                if self.world.now < LATEST_MS:
                    self.world.later(200, lie)
                return
            self.world.seen["main forks"] += 1
            self.world.oracle.liars.add(place.id)
            self.world.oracle.forked.add(SESSION)
            place.crash_now("restart", downtime=300)
            place.disk.image = backup
            self.world.say(f"{place.id} LIES: it forgets {len(grown)} lines and goes on")

        self.world.later(self.chance.randrange(1_000, 4_000), lie)

    def _fork_quietly(self) -> None:
        """Main tells one branch another story than the other, and then nothing more."""
        branches = [self.branches[0], self.branches[1]]
        lie = QuietFork(self.world, SESSION, main=self.main, branches=branches, latest_ms=LATEST_MS)
        lie.begin(self._warn_at_main)

    def _warn_at_main(self) -> None:
        for client in self.clients:
            if client.place is self.main:
                client.warn()

    def _turn_hostile(self) -> None:
        """A branch with the right key sends whatever comes to its mind, from now on."""
        branch = self.chance.choice(self.branches)
        self.world.oracle.liars.add(branch.id)
        self.world.hostile.add(branch.id)
        self.world.seen["hostile venue"] += 1
        self.world.say(f"{branch.id} LIES: it twists its own words")

    def _note_proofs(self) -> None:
        """A session that a proof has stopped need not settle; only liars are proven to be ones."""
        oracle = self.world.oracle
        for place in self.world.places.values():
            record = place.disk.image.records.get(SESSION)
            if place.id in oracle.liars or record is None:
                continue
            for conflict in record.conflicts:
                finding = read_finding(conflict)
                if finding is None:
                    continue
                self.proven.add(finding.what)
                self.world.seen["proof of another venue"] |= conflict.origin != place.id
                if finding.accused.removeprefix("venue/") not in oracle.liars:
                    detail = f"{place.id} accuses an honest {finding.accused}: {finding.what}"
                    raise ViolationError(f"I13: {detail}")
                oracle.forked.add(SESSION)

    def _judge_liars(self) -> None:
        """Somebody honest has found out, if there was anything to find, and mostly has a proof."""
        self._note_proofs()
        oracle, seen = self.world.oracle, self.world.seen
        found = {
            fault.kind.value
            for place in self.world.places.values()
            if place.id not in oracle.liars
            for fault in place.faults
        }
        proofs = sum(
            len(record.conflicts)
            for place in self.world.places.values()
            if place.id not in oracle.liars
            for record in place.disk.image.records.values()
        )
        for what in self.proven:
            seen[f"proof of {what}"] += 1
        if seen["forged line sent"] and (proofs or found & {"lines", "fork"}):
            seen["forged line refused"] += 1
            lost = any(
                place.finding_lost
                for place in self.world.places.values()
                if place.id not in oracle.liars
            )
            if not self.proven and not lost:  # a liar that has gone silent says nothing twice
                raise ViolationError("I3: a forged line was refused, and nobody can prove it")
        if seen["main forks and goes quiet"]:
            if "two_heads" not in self.proven:
                raise ViolationError("I3: main has told two records, and nobody proves it")
            seen["fork found by a word alone"] += self._shown_another_word()
            if not all(_stopped_by_proof(place) for place in self.branches):
                raise ViolationError("I3: a branch is not shown the proof that the other one has")
        if seen["main forks"]:
            self._judge_fork(found, proofs)

    def _judge_fork(self, found: set[str], proofs: int) -> None:
        """A line that main denies is seen by who has it."""
        if not self._visible_fork():
            return
        refused = any(place.refused for place in self.branches)
        if not found & {"fork", "stale_backup", "checkpoint", "lines"} and not (proofs or refused):
            raise ViolationError("I3: main has forked, and nobody has noticed")
        self.world.seen["fork found"] += 1

    def _shown_another_word(self) -> bool:
        """Whether a branch was shown, by a branch, another word of main's than it has."""
        branches = {one.id for one in self.branches}
        return any(
            conflict.code == OTHER_WORD and conflict.origin in branches - {place.id}
            for place in self.branches
            for conflict in place.disk.image.records[SESSION].conflicts
        )

    def _visible_fork(self) -> bool:
        """Whether an honest branch holds a line that main now denies."""
        theirs = self.main.disk.image.records[SESSION].leaves
        return any(
            record.leaves != theirs[: len(record.leaves)]
            for place in self.branches
            for record in (place.disk.image.records.get(SESSION),)
            if record is not None
        )


def _stopped_by_proof(place: Place) -> bool:
    return any(map(read_finding, place.disk.image.records[SESSION].conflicts))


def _backup(place: Place) -> Iterator[bytes]:
    """Return what `bideval backup` would write at a venue."""
    reader: Any = Reading(place.disk.image)
    files: Any = MemoryFiles(place.disk)
    key = signing_key(place.id)
    return back_up(reader, files, venue=place.id, public=key.public, now_ms=START_MS)


def _forge_last(liar: Place) -> None:
    """Break the signature of a venue's last own line and chain it correctly again."""
    record = liar.disk.image.records[SESSION].copy()
    own = record.lines[liar.id]
    last = own[-1]
    head, _, signature = parse_line(last.line).jws.rpartition(".")
    broken = ("A" if signature[0] != "A" else "B") + signature[1:]
    raw = encode_line(Line(liar.id, last.n, f"{head}.{broken}"))
    before = own[-2].chain if len(own) > 1 else chain_start(SESSION, liar.id)
    values = {name: getattr(last, name) for name in last.__slots__}
    own[-1] = type(last)(**(values | {"line": raw, "chain": chain_next(before, raw)}))
    liar.disk.image.records[SESSION] = record
