"""`bideval bench` with tiny numbers: that it measures, never how fast."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bideval.rehearsal import bench_room

LIMIT_S = 150
FIGURES = {
    "echo",
    "echo, a disk force each",
    "echo, grouped forces",
    "saved here",
    "saved here, at branch",
    "saved here, at main",
    "saved by the session",
    "saved by the session, at branch",
    "saved by the session, at main",
}

pytestmark = pytest.mark.timeout(LIMIT_S + 20)


def bench(*options: str, what: str = "score-path") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bideval.cli", "bench", what, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def test_score_path_is_measured_beside_the_echoes(tmp_path):
    options = ("--seats", "2", "--marks", "3", "--spread", "0.1", "--json", "--out", str(tmp_path))

    done = bench(*options)

    assert done.returncode == 0, done.stderr[-2000:]
    document = json.loads(done.stdout)
    assert (document["seats"], document["marks"], document["spread_s"]) == (2, 3, 0.1)
    assert set(document["figures"]) == FIGURES
    assert document["figures"]["saved by the session"]["samples"] == 6
    assert len(document["ratios"]) == 6
    ratios = [one[rank] for one in document["ratios"].values() for rank in ("p50", "p99")]
    assert all(ratio > 0 for ratio in ratios)
    assert document["fdatasync_p50_ms"] > 0


def test_seats_are_spread_over_sessions():
    assert bench_room.room_sizes(25) == [25]
    assert bench_room.room_sizes(26) == [13, 13]
    assert [sum(bench_room.room_sizes(seats)) for seats in (2, 100, 600)] == [2, 100, 600]
    assert all(
        2 <= size <= bench_room.ROOM for n in range(2, 1_001) for size in bench_room.room_sizes(n)
    )


def test_seats_of_two_sessions_are_measured_together():
    done = bench("--seats", "26", "--marks", "1", "--spread", "1", "--json")

    assert done.returncode == 0, done.stderr[-2000:]
    document = json.loads(done.stdout)
    assert (document["seats"], document["sessions"]) == (26, 2)
    assert document["figures"]["saved by the session"]["samples"] == 26
    assert all(spent > 0 for spent in document["processor_ms"].values())


def test_sustained_scores_are_measured_beside_bare_checks():
    done = bench("--seats", "3", "--marks", "3", "--json", what="sustained")

    assert done.returncode == 0, done.stderr[-2000:]
    document = json.loads(done.stdout)
    for venue in ("venue main", "venue branch"):
        one = document[venue]
        assert one["processor_us_per_score"] > document["check_us"] > 0
        expected = document["check_us"] / one["processor_us_per_score"]
        assert one["share_of_checks"] == pytest.approx(expected, rel=0.1, abs=0.001)


def test_sustained_refuses_numbers_out_of_range():
    done = bench("--marks", "251", what="sustained")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bideval bench: out_of_range: --marks: must be from 1 to 250\n"


@pytest.mark.parametrize(
    ("options", "range_"),
    [
        (("--seats", "1"), "--seats: must be from 2 to 1000"),
        (("--seats", "1001"), "--seats: must be from 2 to 1000"),
        (("--marks", "0"), "--marks: must be from 1 to 10000"),
        (("--spread", "61"), "--spread: must be from 0 to 60.0"),
    ],
)
def test_load_out_of_range_is_one_line(options, range_):
    done = bench(*options)

    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line == f"bideval bench: out_of_range: {range_}"
