"""One random course of a simulated province: work, faults, calm, and the final check."""

from __future__ import annotations

from tests.simulation.world import Faults, World

VENUES = ("changshan", "fenghua", "wencheng")
BUSY_MS = 60_000
CALM_MS = 100_000


def play(seed: int, *, drop: float = 0.004) -> World:
    """Run one seed to the end and check it; AssertionError when an invariant breaks.

    Odd seeds have two venues, even ones three; in every third only one venue of a pair can dial.
    `drop` is the probability that a frame vanishes although the connection lives.
    """
    venues = VENUES[: 3 - seed % 2]
    faults = Faults(drop=drop, duplicate=0.004, storage=0.01, lost_hint=0.4, mute=0.02)
    world = World(seed, venues, faults, one_way=seed % 3 == 0)
    chance = world.random
    sessions = []
    for number in range(chance.randrange(1, 4)):
        session = f"session-{number}"
        main = chance.choice(venues)
        branches = tuple(venue for venue in venues if venue != main)
        sessions.append((session, main, branches))
        world.at(chance.randrange(BUSY_MS // 3), _founding(world, session, main, branches))
    for _ in range(chance.randrange(20, 160)):
        session, _, _ = chance.choice(sessions)
        venue = chance.choice(venues)
        world.at(chance.randrange(BUSY_MS), _writing(world, venue, session))
    _plan_faults(world, venues)
    if seed % 5 == 0:
        session, main, _ = sessions[0]
        world.at(chance.randrange(BUSY_MS), _flood(world, main, session))
        faults.slow_host = 0.2
    for size in (10_000, 30_000, 50_000, 150_000):
        _plan_file(world, sessions[0], size, chance.randrange(BUSY_MS))
    _plan_file(world, sessions[-1], 1_000, BUSY_MS - 1_500)
    for when in range(1_000, BUSY_MS, 1_000):
        world.run_until(when)
        world.check_bounds()
    faults.drop *= 10  # the last words are the ones that nothing later repairs
    for session, main, _ in sessions:
        world.checkpoint(main, session)
    world.run_until(BUSY_MS)
    world.faults = Faults()
    world.run_until(BUSY_MS + CALM_MS)
    world.check_settled()
    return world


def _founding(world, session, main, branches):
    def found():
        if world.venues[main].up:
            world.found(main, session, branches)
            world.write(main, session, "first")
        else:
            world.later(1_000, found)

    return found


def _writing(world, venue, session):
    def write():
        burst = world.random.choice((1, 1, 1, 2, 5, 30))
        for _ in range(burst):
            size = world.random.choice((10, 10, 100, 1_000)) if burst > 2 else 20_000
            world.write(venue, session, f"{world.random.getrandbits(40):x}" + "x" * size)
        record = world.venues[venue].disk.records.get(session)
        if record is not None and record.main == venue and world.random.random() < 0.5:
            world.checkpoint(venue, session)

    return write


def _flood(world, venue, session):
    """More than a window of lines and bytes at once."""

    def write():
        here = world.venues[venue]
        if here.up and session in here.disk.records:
            for number in range(1_299):
                here.disk.write(session, f"{number}" + "x" * 1_000)
            world.write(venue, session, "last")

    return write


def _plan_faults(world, venues):
    chance = world.random
    for _ in range(chance.randrange(0, 9)):
        a, b = chance.sample(venues, 2)
        when, lasts = chance.randrange(BUSY_MS), chance.randrange(100, 25_000)
        fault = chance.choice(
            (
                lambda a=a, b=b, t=lasts: world.cut(a, b, t),
                lambda a=a, b=b: world.half_open(a, b),
                lambda a=a, b=b, t=lasts: world.stall(a, b, t),
                lambda a=a, t=lasts: world.crash(a, t, quietly=True),
                lambda a=a, t=lasts: world.crash(a, t, quietly=False),
            )
        )
        world.at(when, fault)


def _plan_file(world, first, size, when):
    """Main has a file from the start; branches learn of it from the record, in their time."""
    session, main, branches = first

    def add():
        here = world.venues[main].disk
        if session not in here.records:
            world.later(500, add)
            return
        here.add_file(session, world.random.randbytes(size))
        for branch in branches:
            world.later(100, lambda branch=branch: learn(branch))

    def learn(branch):
        disk = world.venues[branch].disk
        if session not in disk.records:
            world.later(500, lambda: learn(branch))
            return
        for sha256, length in world.venues[main].disk.records[session].files.items():
            disk.name_file(session, sha256, length)
        world.hint_files(branch)

    world.at(when, add)
