"""Asking for missing files."""

from __future__ import annotations

import pytest

from bideval.sync import limits
from bideval.sync.effects import WriteChunk
from bideval.sync.fetching import Fetching, MissingFile
from bideval.sync.messages import Absent, Chunk, Want
from tests.unit.sync.playbook import SESSION

K = limits.CHUNK_BYTES
A, B = b"a" * 32, b"b" * 32


def want(sha256, offset, length=K):
    return Want(SESSION, sha256, offset, length)


def chunk(sha256, offset, length=K):
    return Chunk(sha256, offset, b"x" * length)


def write(sha256, offset, length=K, *, last=False):
    return WriteChunk(SESSION, sha256, offset, b"x" * length, last)


def fetching(*missing, now=0):
    files = Fetching()
    files.told(missing, now)
    return files


def test_important_files_are_asked_for_first_and_a_few_chunks_at_a_time():
    files = fetching(
        MissingFile(SESSION, A, 3 * K + 1, priority=2), MissingFile(SESSION, B, K, priority=1)
    )
    assert files.next_wants(0) == [want(B, 0), want(A, 0), want(A, K), want(A, 2 * K)]
    assert files.next_wants(0) == []


def test_file_goes_on_where_it_had_stopped_and_ends_with_its_last_byte():
    files = fetching(MissingFile(SESSION, A, 2 * K + 5, have=K))
    assert files.next_wants(0) == [want(A, K), want(A, 2 * K, 5)]
    assert files.arrived(chunk(A, K), 0) == write(A, K)
    assert files.arrived(chunk(A, 2 * K, 5), 0) is None
    assert files.written(A, 2 * K, 0) == write(A, 2 * K, 5, last=True)
    assert files.written(A, 2 * K + 5, 0) is None
    assert files.written(A, 2 * K + 5, 0) is None
    files.told([MissingFile(SESSION, A, 2 * K + 5)], 0)
    assert files.next_wants(0) == [want(A, 0), want(A, K), want(A, 2 * K, 5)]


def test_storage_that_kept_more_than_was_asked_for_moves_the_file_on():
    files = fetching(MissingFile(SESSION, A, 3 * K))
    files.next_wants(0)
    files.arrived(chunk(A, 0), 0)
    files.absent(Absent(A, K), 0)
    assert files.written(A, K, 0) is None
    assert files.next_wants(limits.FILE_RETRY_MS) == [want(A, K), want(A, 2 * K)]


@pytest.mark.parametrize(
    "wrong", [chunk(A, K), chunk(A, 0, K - 1)], ids=["out of order", "too short"]
)
def test_wrong_chunk_sends_the_file_back_for_later(wrong):
    files = fetching(MissingFile(SESSION, A, 2 * K))
    files.next_wants(0)
    assert files.arrived(wrong, 0) is None
    assert files.arrived(chunk(A, 0), 0) is None
    assert files.next_wants(limits.FILE_RETRY_MS - 1) == []
    assert files.next_wants(limits.FILE_RETRY_MS) == [want(A, 0), want(A, K)]


def test_what_nobody_asked_for_is_dropped():
    files = fetching(MissingFile(SESSION, A, K))
    assert files.arrived(chunk(A, 0), 0) is None
    assert files.absent(Absent(B, 0), 0) is None
    assert files.written(B, 1, 0) is None


def test_wrong_digest_begins_again_from_nothing():
    files = fetching(MissingFile(SESSION, A, 2 * K, have=K))
    files.next_wants(0)
    files.arrived(chunk(A, K), 0)
    assert files.written(A, None, 0) is None
    assert files.next_wants(limits.FILE_RETRY_MS) == [want(A, 0), want(A, K)]


def test_file_that_fails_too_often_is_given_up_with_growing_pauses():
    missing = MissingFile(SESSION, A, K)
    files = fetching(missing)
    now, outcomes = 0, []
    for attempt in range(limits.FILE_TRIES):
        assert files.next_wants(now) == [want(A, 0)]
        outcomes.append(files.absent(Absent(A, 0), now))
        now += limits.FILE_RETRY_MS * 2**attempt
    assert outcomes == [None] * (limits.FILE_TRIES - 1) + [missing]
    assert files.next_wants(10 * now) == []


def test_file_that_waits_is_asked_for_at_once_when_there_is_news_of_it():
    missing = MissingFile(SESSION, A, K)
    files = fetching(missing)
    for now in range(limits.FILE_TRIES + 1):
        assert files.next_wants(now) == [want(A, 0)]
        assert files.absent(Absent(A, 0), now) is None
        assert files.next_wants(now) == []
        files.told([missing], now)


def test_late_chunk_is_asked_for_again():
    files = fetching(MissingFile(SESSION, A, K))
    files.next_wants(0)
    early = files.overdue(limits.CHUNK_MS - 1)
    late = files.overdue(limits.CHUNK_MS)
    again = files.next_wants(limits.CHUNK_MS + limits.FILE_RETRY_MS)
    assert (early, late, again) == ([], [], [want(A, 0)])


def test_late_chunks_of_a_file_are_reported_when_it_is_given_up():
    missing = MissingFile(SESSION, A, K)
    files = fetching(missing)
    now, failed = 0, []
    while not failed:
        files.next_wants(now)
        now += limits.CHUNK_MS
        failed = files.overdue(now)
        now += limits.FILE_RETRY_MS * 2**limits.FILE_TRIES
    assert failed == [missing]


def test_sizes_that_cannot_be_are_not_asked_for():
    impossible = [
        MissingFile(SESSION, A, 0),
        MissingFile(SESSION, A, K, have=K),
        MissingFile(SESSION, A, K, have=-1),
        MissingFile(SESSION, A, limits.FILE_BYTES + 1),
    ]
    assert fetching(*impossible).next_wants(0) == []


def test_only_so_many_files_are_remembered(monkeypatch):
    monkeypatch.setattr(limits, "FILES_WANTED", 1)
    files = fetching(MissingFile(SESSION, A, K), MissingFile(SESSION, B, K))
    assert files.next_wants(0) == [want(A, 0)]
