"""Connections to PostgreSQL on which nobody waits for ever.

Decided here: how long a connection may be silent before it counts as lost, whatever the reason: a
cable, a firewall that forgot it, a server process that stands still. The server's own time limits
are for servers that run; these are for those that do not.
Not decided here: what follows from a lost connection (writer, record_store, watch_lock).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg.abc import PQGen

T = TypeVar("T")

CONNECT_S: Final = 5
"""Seconds in which a connection must be made, log-in included."""

ANSWER_S: Final = 20.0
"""Seconds in which something must come from the server while an answer is awaited.

Longer than a statement may wait for a lock (`LOCK_TIMEOUT_MS`), so that a lock that another process
holds is not taken for a dead server. A long answer may take longer: it comes in pieces.
"""

KEEPALIVE_S: Final = 5
"""Seconds without traffic after which the operating system asks whether the other side lives, and
between two such questions."""
KEEPALIVES: Final = 3
"""Questions without an answer after which the connection is lost."""

OPTIONS: Final[dict[str, Any]] = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": KEEPALIVE_S,
    "keepalives_interval": KEEPALIVE_S,
    "keepalives_count": KEEPALIVES,
    "tcp_user_timeout": int(ANSWER_S * 1000),
}
"""What libpq is told; an address that names its own values keeps them."""


class SilentError(psycopg.OperationalError):
    """The server has not answered in time; whether it did what it was asked is not known."""


class AnsweringConnection(psycopg.Connection[Any]):
    """A connection that is closed when the server is silent for `answer_s` seconds.

    Every statement, commit and rollback then raises SilentError.
    """

    answer_s: float = ANSWER_S

    @override
    def wait(self, gen: PQGen[T], *args: Any, **options: Any) -> T:
        try:
            return super().wait(_while_heard(gen, self.answer_s), *args, **options)
        except SilentError:
            self.close()  # what would come now is the answer to something else
            raise


def _while_heard(gen: PQGen[T], within_s: float) -> Generator[Any, Any, T]:
    """Pass on what the driver waits for, and what has come; raise SilentError after a silence."""
    heard = time.monotonic()
    try:
        wanted = next(gen)
        while True:
            came = yield wanted
            if came:
                heard = time.monotonic()
            elif time.monotonic() - heard > within_s:
                raise SilentError(f"the database was silent for {within_s:g} seconds")
            wanted = gen.send(came)
    except StopIteration as end:
        result: T = end.value
        return result
