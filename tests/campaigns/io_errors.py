"""IO errors: a venue's disk answers writes, syncs, reads or renames with an error, for a while.

    python -m tests.campaigns.io_errors --count 40 --seed 1

A library in front of the C library (`faulty_disk.c`, built with `cc`) fails the calls below one
venue's data folder at seeded moments: from the n-th on, so many, with EIO or ENOSPC, torn or clean.
People are refused meanwhile and send the same again; the server must go on by itself.
"""

from __future__ import annotations

import errno
import mmap
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.campaigns import private
from tests.campaigns.full_disk import RECOVERY_S, await_running
from tests.campaigns.judging import Slowest
from tests.campaigns.site import Site, command

SOURCE = Path(__file__).with_name("faulty_disk.c")
REQUEST = "BIDEVAL_FAULTY_DISK"
LAYOUT = struct.Struct("<6i488s")
FAILED_AT = 20
CALLS = {"write": 1, "sync": 2, "read": 4, "truncate": 8, "rename": 16, "write, sync": 3}
KINDS = ["write", "write", "sync", "sync", "read", "write, sync", "truncate", "rename"]
SKIPPED = 3
MOST_FAILURES = 12
LOOKED_S = 3.0
"""How long a fault waits for somebody to meet it."""


class FaultyDisk:
    """The library and its request; `ask` lets calls fail, `rest` ends that."""

    def __init__(self, folder):
        library, request = folder / "faulty_disk.so", folder / "request"
        command = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-o", library, SOURCE, "-ldl"]
        subprocess.run(command, check=True)
        request.write_bytes(bytes(LAYOUT.size))
        with request.open("r+b") as file:
            self._request = mmap.mmap(file.fileno(), LAYOUT.size)
        # For the servers, which are forked from a process that has not started yet.
        os.environ["LD_PRELOAD"] = str(library)
        os.environ[REQUEST] = str(request)

    def ask(self, folder, chances):
        """Let calls below a folder fail as the chances say; return what was asked, for people."""
        kind = chances.choice(KINDS)
        error = chances.choice([errno.EIO, errno.EIO, errno.ENOSPC])
        skip, times = chances.randrange(SKIPPED), chances.randint(1, MOST_FAILURES)
        torn = chances.random() < 0.5
        path = f"{folder}/".encode()
        words = LAYOUT.pack(0, skip, times, error, torn, 0, path)
        self._request[:] = words
        self._request[:4] = struct.pack("<i", CALLS[kind])
        return f"{kind} {errno.errorcode[error]}"

    @property
    def failed(self):
        return struct.unpack_from("<i", self._request, FAILED_AT)[0]

    def rest(self):
        self._request[:4] = bytes(4)


class FaultySite(Site):
    """Venues on disks that fail on request."""

    disk = None

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        names = ["faults met", "failed calls", "requests refused for storage"]
        self.figures = dict.fromkeys(names, 0) | {"slowest recovery s": Slowest(0.0)}

    def inflict(self, injury):
        chances = random.Random(repr(injury))
        server, before = self.servers[injury.victim], self.cut_off()
        refused = self.journal.passing
        kind = self.disk.ask(server.plan.folder / "data", chances)
        end = time.monotonic() + LOOKED_S
        while not self.disk.failed and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(chances.uniform(0, 1.5))
        self.disk.rest()
        began = time.monotonic()
        await_running(server, began + RECOVERY_S)
        self.figures["slowest recovery s"] += Slowest(time.monotonic() - began)
        self.figures["requests refused for storage"] += self.journal.passing - refused
        if self.disk.failed:
            self.figures["faults met"] += 1
            self.figures["failed calls"] += self.disk.failed
            self.figures[f"met: {kind}"] = self.figures.get(f"met: {kind}", 0) + 1
        self.check(before)


def make_site(folder, **more):
    return FaultySite(folder, **more)


def main():
    with tempfile.TemporaryDirectory(prefix="bideval-faulty-disk-") as folder:
        FaultySite.disk = FaultyDisk(Path(folder))
        return command(__doc__, make_site, count=40)


if __name__ == "__main__":
    private.enter(needed=False)
    sys.exit(main())
