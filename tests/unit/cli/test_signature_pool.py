"""Processes that check signatures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ASKING = """
import multiprocessing, time
from bideval.cli.signature_pool import ready_checker
with ready_checker(2):
    print(*(one.pid for one in multiprocessing.active_children()), flush=True)
    time.sleep(60)
"""
PATIENCE_S = 20


def test_processes_end_with_the_one_that_asks():
    with subprocess.Popen([sys.executable, "-c", ASKING], stdout=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        workers = [int(pid) for pid in asking.stdout.readline().split()]
        assert workers
        os.kill(asking.pid, signal.SIGKILL)

    end = time.monotonic() + PATIENCE_S
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < end, f"{workers} are still there"
        time.sleep(0.1)
