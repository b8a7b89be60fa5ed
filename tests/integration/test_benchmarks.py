"""The benchmarks with tiny numbers: that they measure, never how fast."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 150

pytestmark = pytest.mark.timeout(LIMIT_S + 20)


def measured(module: str, *options: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_catch_up_is_measured_beside_a_mirror():
    found = json.loads(measured("catch_up", "--entries", "700", "--json"))

    assert found["entries"] == 700
    assert found["bytes"] > 700 * 400
    for one in (found["venue"], found["nats"]):
        assert one["seconds"] > 0
        assert one["entries_per_s"] == pytest.approx(700 / one["seconds"], rel=0.02)
    expected = found["venue"]["seconds"] / found["nats"]["seconds"]
    assert found["ratio"]["seconds"] == pytest.approx(expected, rel=0.01)


def test_idle_seats_are_measured_beside_bare_sockets():
    found = json.loads(measured("idle_seats", "--seats", "60", "--settle", "0.5", "--json"))

    for one in (found["venue"], found["bare"]):
        assert one["resident_kib"] > one["resident_kib_alone"] > 10_000
    expected = found["venue"]["kib_per_seat"] / found["bare"]["kib_per_seat"]
    assert found["ratio"] == pytest.approx(expected, rel=0.01)


def test_every_step_of_recovery_is_measured():
    lines = measured("recovery", "--entries", "60").splitlines()

    steps = [line.split()[0] for line in lines if " entries " in line]
    assert steps == ["make", "backup", "restore", "recover", "rebuild", "start"]
