"""A store behind a clock that may jump."""

from __future__ import annotations

import pytest

from bideval.ports import FaultNotice
from bideval.simulation.devices import START_MS, VenueClock, WorldTime
from bideval.simulation.memory_store import Disk, MemoryStore
from bideval.store.steady_store import CLOCK_LIMIT_MS, SteadyStore, clock_step
from bideval.terms.errors import FaultError

HOUR_MS = 3_600_000
SESSION = "fh-2026-0001"


class Venue:
    """A store over a disk and a clock."""

    def __init__(self):
        self.time, self.disk = WorldTime(), Disk()
        self.clock = VenueClock(self.time)
        self.told = []
        self.start()

    def start(self):
        self.store = SteadyStore(MemoryStore(self.disk), self.clock)
        self.store.on_fault(self.told.append)

    def found(self, session=SESSION):
        self.store.write(lambda tx: tx.found(session, "fenghua")).result()

    def sessions(self):
        with self.store.read() as reader:
            return reader.sessions()

    def refused(self):
        with pytest.raises(FaultError) as caught:
            self.found("another")
        return caught.value.code, caught.value.detail


@pytest.mark.parametrize(
    ("civil_ms", "steady_ms", "step"),
    [
        (START_MS + HOUR_MS, HOUR_MS, 0),
        (START_MS + HOUR_MS + CLOCK_LIMIT_MS, HOUR_MS, 0),
        (START_MS + HOUR_MS - CLOCK_LIMIT_MS, HOUR_MS, 0),
        (START_MS + HOUR_MS + CLOCK_LIMIT_MS + 1, HOUR_MS, CLOCK_LIMIT_MS + 1),
        (START_MS + HOUR_MS - CLOCK_LIMIT_MS - 1, HOUR_MS, -CLOCK_LIMIT_MS - 1),
        (START_MS, HOUR_MS, -HOUR_MS),
    ],
)
def test_step_is_what_civil_time_has_moved_beyond_steady_time(civil_ms, steady_ms, step):
    assert clock_step(START_MS, civil_ms, steady_ms) == step


def test_time_that_passes_is_no_step():
    venue = Venue()
    venue.time.now += 30 * 24 * HOUR_MS
    venue.clock.skew_ms = 900
    venue.found()
    assert (venue.store.state, venue.sessions(), venue.told) == ("running", [SESSION], [])


@pytest.mark.parametrize("step", [HOUR_MS, -HOUR_MS])
def test_nothing_is_written_once_the_clock_has_jumped(step):
    venue = Venue()
    venue.found()
    venue.clock.skew_ms = step
    assert venue.refused() == ("clock_breach", f"the clock is off by {step} ms")
    assert (venue.store.state, venue.sessions()) == ("faulted", [SESSION])
    assert venue.told == [FaultNotice(f"clock_breach: {step} ms", 0)]


def test_clock_that_is_back_is_trusted_only_after_records_were_verified():
    venue = Venue()
    venue.clock.skew_ms = HOUR_MS
    assert venue.store.state == "faulted"
    with pytest.raises(FaultError, match="off by"):
        venue.store.reopen_and_verify(lambda _reader: None)
    venue.clock.skew_ms = 0
    assert venue.store.state == "faulted"
    assert venue.refused()[0] == "clock_breach"

    def damaged(_reader):
        raise FaultError("record_differs")

    with pytest.raises(FaultError, match="record_differs"):
        venue.store.reopen_and_verify(damaged)
    assert venue.refused()[0] == "clock_breach"
    looked = []
    venue.store.reopen_and_verify(lambda reader: looked.append(reader.sessions()))
    venue.found()
    assert (venue.store.state, looked, len(venue.told)) == ("running", [[]], 1)


def test_second_jump_is_told_again():
    venue = Venue()
    for _ in range(2):
        venue.clock.skew_ms = HOUR_MS
        assert venue.store.state == "faulted"
        venue.clock.skew_ms = 0
        venue.store.reopen_and_verify(lambda _reader: None)
    assert len(venue.told) == 2


def test_start_trusts_the_clock_as_it_is():
    venue = Venue()
    venue.clock.skew_ms = HOUR_MS
    assert venue.store.state == "faulted"
    venue.start()
    venue.found()
    venue.clock.skew_ms = 0
    assert venue.refused()[0] == "clock_breach"


def test_storage_fault_is_reopened_as_before():
    venue = Venue()
    venue.disk.fail = "eio"
    with pytest.raises(FaultError, match="storage_fault"):
        venue.found()
    assert (venue.store.state, len(venue.told)) == ("faulted", 1)
    venue.disk.broken = False
    venue.store.reopen_and_verify(lambda _reader: None)
    venue.found()
    assert (venue.store.state, venue.disk.doubtful) == ("running", False)


def test_storage_fault_and_jump_need_both_to_be_over():
    venue = Venue()
    venue.disk.fail = "eio"
    with pytest.raises(FaultError, match="storage_fault"):
        venue.found()
    venue.clock.skew_ms = HOUR_MS
    assert venue.store.state == "faulted"
    venue.clock.skew_ms = 0
    with pytest.raises(FaultError, match="does not open"):
        venue.store.reopen_and_verify(lambda _reader: None)
    venue.disk.broken = False
    venue.store.reopen_and_verify(lambda _reader: None)
    venue.found()
    assert venue.store.state == "running"
    venue.store.close()
