"""Real processes killed with SIGKILL: what was acknowledged is there, whole, once.

`BIDEVAL_TEST_KILLS` and `BIDEVAL_TEST_SEED` make the loop longer or repeat it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from bideval.store.verification import verify_records

SCRIPT = Path(__file__).with_name("appending.py")
KILLS = int(os.environ.get("BIDEVAL_TEST_KILLS", "10"))
SEED = int(os.environ.get("BIDEVAL_TEST_SEED", "20261122"))


def append_and_kill(store_url, author, first, acks):
    """Start the appending process, kill it after so many acknowledgements; return them all."""
    command = [sys.executable, SCRIPT, store_url, author.session, "fenghua", "officer-a", first]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    told = []
    for line in process.stdout:
        told.append(line)
        if len(told) == acks:
            process.send_signal(signal.SIGKILL)
    process.stdout.close()
    assert process.wait(20) == -signal.SIGKILL
    return [line.split() for line in told if line.endswith("\n")]


@pytest.mark.timeout(60 + 10 * KILLS)
def test_acknowledged_entries_survive_kills(founded, store_url, author):
    chances = random.Random(SEED)
    numbers = count(0, 1_000_000)
    acknowledged = []
    for _ in range(KILLS):
        acks = chances.randint(1, 40)
        told = append_and_kill(store_url, author, next(numbers), acks)
        assert len(told) >= acks
        acknowledged += told
    with founded.read() as reader:
        verify_records(reader)
        lines = {line.entry_hash: line for line in reader.lines(author.session, 0, 1_000_000)}
    kept = [(str(lines[name].n), str(lines[name].position), name) for *_, name in acknowledged]
    assert kept == [tuple(told) for told in acknowledged]


def test_a_store_opens_and_writes_after_a_kill(founded, store_url, author):
    append_and_kill(store_url, author, 0, 20)
    n, position = founded.write(author.work(5_000_000)).result(timeout=20)
    with founded.read() as reader:
        verify_records(reader)
        head = reader.head(author.session)
    assert (head.size, position) == (n, n - 1)
