"""A way to a PostgreSQL server that can fall silent: connections stay, nothing comes through."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading

import psycopg
from psycopg.conninfo import conninfo_to_dict

PIECE = 1 << 16
END_S = 30
"""Seconds for the threads of a way to end, on a very busy machine."""


class Way:
    """A port on loopback behind which a PostgreSQL server is, as long as nobody stops it."""

    def __init__(self, server):
        facts = conninfo_to_dict(server)
        self._path = f"{facts['host']}/.s.PGSQL.{facts.get('port') or 5432}"
        self._user, self._database = facts.get("user"), facts["dbname"]
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open = threading.Event()
        self._open.set()
        self._ended = False
        self._sockets = []
        self._threads = []
        self._begin(self._take)

    def _begin(self, work, *sides):
        self._threads.append(threading.Thread(target=work, args=sides, daemon=True))
        self._threads[-1].start()

    def url(self, schema):
        port = self._door.getsockname()[1]
        place = f"postgresql://{self._user}@127.0.0.1:{port}/{self._database}"
        return f"{place}?sslmode=disable&gssencmode=disable&options=-csearch_path%3D{schema}"

    def stop(self):
        """Let nothing through any more; what is sent is still taken, as a full network does."""
        self._open.clear()

    def go_on(self):
        self._open.set()

    def close(self):
        """End everything: whoever still carries something is waited for, or it complains later."""
        self._ended = True
        self._open.set()
        end(self._door)
        self._threads[0].join(END_S)  # from now on nobody comes any more
        for one in self._sockets:
            end(one)
        for thread in self._threads:
            thread.join(END_S)
        for one in [self._door, *self._sockets]:
            one.close()

    def _take(self):
        while not self._ended:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            self._sockets += [near, far]
            with contextlib.suppress(OSError):
                far.connect(self._path)
            self._begin(self._carry, near, far)

    def _carry(self, near, far):
        with contextlib.suppress(OSError), selectors.DefaultSelector() as chosen:
            chosen.register(near, selectors.EVENT_READ, far)
            chosen.register(far, selectors.EVENT_READ, near)
            while not self._ended:
                for key, _ in chosen.select(0.2):
                    data = key.fileobj.recv(PIECE)
                    self._open.wait()
                    if not data:
                        raise ConnectionResetError
                    key.data.sendall(data)
        end(near)
        end(far)


def end(one):
    """Let nobody wait on a socket any more; its number stays its own until it is closed."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def backends(server, schema):
    """Return the pids of the server processes that serve a schema's connections."""
    with psycopg.connect(server, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() AND application_name = %s",
            (schema,),
        ).fetchall()
    return [pid for (pid,) in rows]
