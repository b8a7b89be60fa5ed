"""The lock that one server process of a venue holds while it keeps the watch.

Decided here: a PostgreSQL advisory lock of a session of its own, which the database frees when
that session ends, however its process died, and when it asks nothing for long, as a process does
that hangs. Not decided here: what the watch is.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
import structlog

from bideval.store.answering import OPTIONS, AnsweringConnection
from bideval.store.engine import database_url

if TYPE_CHECKING:
    from sqlalchemy import URL

_log = structlog.get_logger(__name__)

WATCH_LOCK = 0x62696477
"""The advisory lock of the process that keeps the watch ("bidw")."""
_TAKE = "SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))"  # of one schema: one venue
_FREE = "SELECT pg_advisory_unlock_all()"

ANSWER_S = 5.0
"""Seconds in which the database must answer, or the lock counts as lost."""

SILENCE_S = 20
"""Seconds without a question after which the holder counts as hung, and the lock is freed."""
_FREE_WHEN_HUNG = (  # a setting of PostgreSQL since 14
    "SELECT set_config('idle_session_timeout', %s, false)"
    " WHERE current_setting('server_version_num')::int >= 140000"
)

_OPTIONS = OPTIONS | {"tcp_user_timeout": int(ANSWER_S * 1000)}


class _WatchConnection(AnsweringConnection):
    answer_s = ANSWER_S


class SoleProcess:
    """The lock of a venue that has one server process."""

    def take(self) -> bool:
        return True

    def leave(self) -> None:
        """Nobody waits for it."""


class PostgresWatchLock:
    """A `WatchLock` on a connection of its own, which lasts as long as the lock is held."""

    def __init__(self, url: str, *, silence_s: int = SILENCE_S) -> None:
        self._silence = f"{silence_s}s"
        self._address = _address(database_url(url))
        self._connection: psycopg.Connection | None = None
        self._held = False

    def take(self) -> bool:
        try:
            connection = self._connection or self._connect()
            if self._held:
                connection.execute("SELECT 1")
            else:
                row = connection.execute(_TAKE, (WATCH_LOCK,)).fetchone()
                self._held = row is not None and row[0] is True
        except psycopg.Error as error:
            _log.warning("the database does not answer for the watch", error=type(error).__name__)
            self._close()
        return self._held

    def leave(self) -> None:
        """Free the lock before the connection ends: the database sees its end some time later."""
        if self._connection is not None and self._held:
            with contextlib.suppress(psycopg.Error):
                self._connection.execute(_FREE)
        self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        self._held = False
        if connection is not None:
            connection.close()

    def _connect(self) -> psycopg.Connection:
        self._connection = _WatchConnection.connect(self._address, autocommit=True, **_OPTIONS)
        self._connection.execute(_FREE_WHEN_HUNG, (self._silence,))
        return self._connection


def _address(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
