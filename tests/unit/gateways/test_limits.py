"""Brakes: whole numbers, bursts up to the rate, bounded memory."""

from __future__ import annotations

from bideval.gateways.limits import TokenBuckets
from bideval.ports import Rate

THREE = Rate(3, 1000)


class HandClock:
    def __init__(self):
        self.ms = 0

    def now_ms(self):
        return self.ms

    def monotonic_ms(self):
        return self.ms


def test_a_burst_up_to_the_rate_is_allowed():
    buckets = TokenBuckets(HandClock())
    assert [buckets.allow("a", THREE) for _ in range(5)] == [True, True, True, False, False]


def test_time_gives_back_one_act_at_a_time():
    clock = HandClock()
    buckets = TokenBuckets(clock)
    for _ in range(3):
        buckets.allow("a", THREE)
    allowed = []
    for clock.ms in (333, 334, 335, 668):
        allowed.append(buckets.allow("a", THREE))
    assert allowed == [False, True, False, True]


def test_waiting_tells_the_exact_millisecond():
    clock = HandClock()
    buckets = TokenBuckets(clock)
    assert buckets.wait_ms("a", THREE) == 0
    for _ in range(3):
        buckets.allow("a", THREE)
    assert buckets.wait_ms("a", THREE) == 334
    clock.ms = 334
    assert buckets.wait_ms("a", THREE) == 0


def test_keys_do_not_brake_each_other():
    buckets = TokenBuckets(HandClock())
    for _ in range(4):
        buckets.allow("a", THREE)
    assert buckets.allow("b", THREE) is True


def test_a_clock_that_stands_gives_nothing_back():
    clock = HandClock()
    buckets = TokenBuckets(clock)
    clock.ms = 1000
    for _ in range(3):
        buckets.allow("a", THREE)
    clock.ms = 0
    assert buckets.allow("a", THREE) is False


def test_full_buckets_are_forgotten_first():
    clock = HandClock()
    buckets = TokenBuckets(clock, keys=3)
    for key in "abc":
        buckets.allow(key, THREE)
    clock.ms = 334
    for _ in range(3):
        buckets.allow("b", THREE)
    buckets.allow("d", THREE)
    assert {key for key, _ in buckets._buckets} == {"b", "d"}
    assert buckets.allow("b", THREE) is False


def test_memory_stays_bounded_when_no_bucket_is_full():
    buckets = TokenBuckets(HandClock(), keys=3)
    for key in "abcde":
        buckets.allow(key, THREE)
    assert [key for key, _ in buckets._buckets] == ["c", "d", "e"]
