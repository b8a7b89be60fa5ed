"""Disks of a campaign: an ext4 image that loses its power, and one that is small.

Only inside the campaign's own mount namespace (`private`).
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import time

EXT4_IOC_SHUTDOWN = 0x8004587D
"""`_IOR('X', 125, __u32)`: the file system ends where it is."""
NO_LOG_FLUSH = 2
"""Not even the journal is written: what was not synced is gone, as without power."""
UMOUNT_S = 60.0
SOME = 65_536


class Disk:
    """An ext4 file system in a file, mounted at a folder."""

    def __init__(self, image, folder, *, mebibytes=96):
        self.image = image
        self.folder = folder
        self._mebibytes = mebibytes

    def make(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.image.open("wb") as file:
            file.truncate(self._mebibytes << 20)
        # No lazy work in the background: only what is synced reaches the image.
        options = "lazy_itable_init=0,lazy_journal_init=0"
        subprocess.run(["mkfs.ext4", "-q", "-F", "-E", options, self.image], check=True)
        self.mount()

    def mount(self):
        # Unsynced data stays in memory for a long time, so that a cut takes as much as it can.
        options = "loop,noatime,commit=300"
        subprocess.run(["mount", "-o", options, self.image, self.folder], check=True)

    def cut_power(self):
        """End the file system at once; what was not synced is lost."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("<I", NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def remount(self):
        """Take the dead file system away and mount what is left on the image."""
        self.unmount()
        self.mount()

    def unmount(self):
        unmount(self.folder)


def unmount(folder):
    """Unmount; whoever was killed on it may still be going."""
    end = time.monotonic() + UMOUNT_S
    while subprocess.run(["umount", folder], check=False, capture_output=True).returncode:
        assert time.monotonic() < end, f"{folder} stays busy"
        time.sleep(0.1)


def small_disk(folder, mebibytes):
    """Mount a file system in memory that holds no more than that."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={mebibytes}m,mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


def fill(folder, leave):
    """Fill the disk of a folder with a file of somebody else's but for `leave` bytes."""
    facts = os.statvfs(folder)
    room = facts.f_bavail * facts.f_frsize - leave
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        while room > 0:
            try:
                os.posix_fallocate(file.fileno(), 0, room)
            except OSError:  # somebody has just taken some of it
                room -= SOME
            else:
                break
    return ballast
