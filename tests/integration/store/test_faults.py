"""Storage faults: writing stops, what was acknowledged is there, and a verification resumes."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess

import pytest
from sqlalchemy import NullPool, create_engine, text

from bideval.store.engine import database_url
from bideval.store.record_store import SqlRecordStore
from bideval.store.schema import migrate
from bideval.store.verification import verify_records
from bideval.terms.errors import FaultError

BIG = 30_000
GONE_MS = 20_000
"""Milliseconds within which a server process that is told to end has ended."""


class FileSizeLimit:
    """Files of this process cannot grow past a size: a full disk for everybody."""

    def __init__(self, folder):
        self.folder = folder
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, size=1 << 20):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, self._before[1]))

    def free(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)

    def remove(self):
        self.free()


class SmallDisk:
    """A file system of 4 MiB, filled by somebody else's file; needs root."""

    def __init__(self, folder):
        self.folder = folder / "disk"
        self.folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(self.folder)]
        subprocess.run(command, check=True)
        self._ballast = self.folder / "ballast"

    def fill(self):
        facts = os.statvfs(self.folder)
        self._ballast.write_bytes(bytes(facts.f_bavail * facts.f_frsize - 200_000))

    def free(self):
        self._ballast.unlink()

    def remove(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


DISKS = [FileSizeLimit, SmallDisk] if os.geteuid() == 0 else [FileSizeLimit]


@pytest.fixture(params=DISKS)
def disk(request, tmp_path):
    made = request.param(tmp_path)
    yield made
    made.remove()


@pytest.fixture
def disk_store(disk, request, author):
    folder = request.getfixturevalue("migrations")
    url = f"sqlite:///{disk.folder / 'store.sqlite'}"
    migrate(url, folder)
    store = SqlRecordStore(url)
    store.write(lambda tx: tx.found(author.session, "fenghua")).result(timeout=20)
    yield store
    store.close()


def write_until_fault(store, author):
    """Append large entries one after another; return how many were acknowledged."""
    for number in range(1_000):
        entry = author.entry(number, text="x" * BIG)
        error = store.write(lambda tx, e=entry: author.add(tx, e)).exception(timeout=20)
        if error is not None:
            assert error.code == "storage_fault"
            return number
    raise AssertionError("the disk never filled")


def test_a_full_disk_stops_writing_until_verified(disk, disk_store, author):
    notices = []
    disk_store.on_fault(notices.append)
    disk.fill()
    acknowledged = write_until_fault(disk_store, author)
    disk.free()
    assert (disk_store.state, len(notices)) == ("faulted", 1)
    refusal = disk_store.write(lambda _tx: None).exception(timeout=20)
    assert refusal.code == "storage_fault"
    disk_store.reopen_and_verify(verify_records)
    assert disk_store.state == "running"
    with disk_store.read() as reader:
        assert reader.head(author.session).size == acknowledged
    assert disk_store.write(author.work(5_000)).result(timeout=20)[1] == acknowledged


@pytest.mark.parametrize("disk", [FileSizeLimit], indirect=True)
def test_a_disk_that_is_still_full_keeps_the_store_faulted(disk, disk_store, author):
    disk.fill()
    acknowledged = write_until_fault(disk_store, author)
    disk.fill(size=1_000)
    with pytest.raises(FaultError) as caught:
        disk_store.reopen_and_verify(lambda _reader: None)
    assert (caught.value.code, disk_store.state) == ("storage_fault", "faulted")
    disk.free()
    disk_store.reopen_and_verify(lambda _reader: None)
    with disk_store.read() as reader:
        assert reader.head(author.session).size == acknowledged


def test_a_failed_verification_leaves_the_store_faulted(disk, disk_store, author):
    def doubt(_reader):
        raise FaultError("record_damaged")

    disk.fill()
    write_until_fault(disk_store, author)
    disk.free()
    with pytest.raises(FaultError, match="record_damaged"):
        disk_store.reopen_and_verify(doubt)
    assert disk_store.state == "faulted"
    disk_store.reopen_and_verify(verify_records)
    assert disk_store.state == "running"


def test_queued_works_fail_with_the_fault(disk, disk_store, author):
    disk.fill()
    entries = [author.entry(number, text="x" * BIG) for number in range(400)]
    futures = [
        disk_store.write(lambda tx, e=entry: author.add(tx, e), weight=BIG) for entry in entries
    ]
    errors = [future.exception(timeout=30) for future in futures]
    disk.free()
    kept = errors.count(None)
    assert {error.code for error in errors[kept:]} == {"storage_fault"}
    disk_store.reopen_and_verify(verify_records)
    with disk_store.read() as reader:
        assert reader.head(author.session).size == kept


@pytest.fixture
def postgresql_store(new_postgresql_url, migrations, author):
    url = new_postgresql_url()
    migrate(url, migrations)
    store = SqlRecordStore(url)
    store.write(lambda tx: tx.found(author.session, "fenghua")).result(timeout=20)
    yield store, url
    store.close()


def test_a_lost_connection_stops_writing_until_verified(postgresql_store, author):
    store, url = postgresql_store
    store.write(author.work(1)).result(timeout=20)
    terminate_others(url)
    error = store.write(author.work(2)).exception(timeout=20)
    assert (error.code, store.state) == ("storage_fault", "faulted")
    store.reopen_and_verify(verify_records)
    assert store.write(author.work(2)).result(timeout=20) == (2, 1)


def test_a_reader_finds_a_new_connection_by_itself(postgresql_store, author):
    store, url = postgresql_store
    with store.read() as reader:
        assert reader.head(author.session).size == 0
    terminate_others(url)
    with store.read() as reader:
        assert reader.head(author.session).size == 0


def terminate_others(url):
    """End every other connection; return when they have ended."""
    engine = create_engine(database_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(
            text(
                f"SELECT pg_terminate_backend(pid, {GONE_MS}) FROM pg_stat_activity "  # noqa: S608  # our own number
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
    engine.dispose()


DAMAGES = {
    "head": "UPDATE head SET size = size + 1",
    "root": "UPDATE head SET frontier = (SELECT frontier FROM head WHERE session = 'b-session')",
    "origin": "UPDATE origin_head SET n = n + 1",
    "gap": "DELETE FROM line WHERE n = 2",
    "end": "DELETE FROM line WHERE n = 3",
    "chain": "UPDATE line SET chain = line WHERE n = 2",
    "text": "UPDATE line SET line = (SELECT line FROM line WHERE n = 1) WHERE n = 2",
    "leaf": "UPDATE place SET leaf = (SELECT leaf FROM place WHERE n = 1) WHERE n = 2",
    "place": "DELETE FROM place WHERE n = 2",
    "last place": "DELETE FROM place WHERE n = 3",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_found(damage, sqlite_template, tmp_path, author):
    path = tmp_path / "store.sqlite"
    shutil.copy(sqlite_template, path)
    store = SqlRecordStore(f"sqlite:///{path}")
    store.write(lambda tx: tx.found(author.session, "fenghua")).result(timeout=20)
    store.write(lambda tx: tx.found("b-session", "fenghua")).result(timeout=20)
    for number in range(3):
        store.write(author.work(number)).result(timeout=20)
    with store.read() as reader:
        verify_records(reader)
    with sqlite3.connect(path, isolation_level=None) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(DAMAGES[damage]).rowcount > 0
    connection.close()
    with store.read() as reader, pytest.raises(FaultError) as caught:
        verify_records(reader)
    store.close()
    assert caught.value.code == "record_damaged"
