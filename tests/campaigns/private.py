"""A campaign's own corner of the machine: mounts, network and processes that nobody else sees.

What needs root (loop devices, small disks, cut lines) happens in namespaces of the campaign alone.
They end with its first process, however that ends, and the kernel takes everything in them away:
mounts with their loop devices, interfaces, rules, and whatever was still running.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile

INSIDE = "BIDEVAL_CAMPAIGN_INSIDE"
UNSHARE = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
PR_SET_PDEATHSIG = 1
SCRATCH = "/mnt"
"""Where the campaign's files are: in memory, seen by nobody else, gone at the end."""


def enter(*, needed=True):
    """Run this command again inside namespaces of its own, unless it is there already.

    Where it is not `needed` and the machine does not let us, go on outside.
    """
    if os.environ.get(INSIDE):
        # Nobody outside sees what is mounted from here on.
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", SCRATCH], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        tempfile.tempdir = os.environ["TMPDIR"] = SCRATCH
        return
    if not may_enter():
        if needed:
            sys.exit("this campaign mounts disks or cuts lines of its own: run it as root")
        return
    module = sys.modules["__main__"].__spec__.name
    command = [*UNSHARE, sys.executable, "-m", module, *sys.argv[1:]]
    environment = {**os.environ, INSIDE: "1"}
    done = subprocess.run(command, env=environment, check=False, preexec_fn=_end_with_parent)
    sys.exit(done.returncode)


def _end_with_parent():
    """Have the kernel end the namespaces when the command that made them is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def may_enter():
    """Whether this machine lets us have namespaces, loop devices and rules of our own."""
    if os.geteuid() != 0:
        return False
    trial = [*UNSHARE, "sh", "-c", "mount -t tmpfs tmpfs /mnt && ip link set lo up"]
    tried = subprocess.run(trial, check=False, capture_output=True)
    return tried.returncode == 0 and os.path.exists("/dev/loop-control")  # noqa: PTH110  # a device
